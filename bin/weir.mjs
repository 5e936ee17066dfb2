#!/usr/bin/env node
// The `weir` command: the sources in a checkout, the built JavaScript in a published package.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runWithNode24 } from "./node24.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "src", "cli", "main.ts");
runWithNode24([existsSync(source) ? source : join(root, "dist", "cli", "main.js"), ...process.argv.slice(2)]);
