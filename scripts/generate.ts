// `npm run generate`: writes src/api/proto from the schemas in proto/.
import { execFile } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Where generated code is kept, in the repository. */
export const GENERATED = "src/api/proto";

/** Writes what `GENERATED` should hold into that folder below `base`, in place of what is there. */
export async function generate(base: string): Promise<void> {
  const proto = join(root, "proto");
  // buf.gen.yaml says `../src/api/proto`, seen from proto/.
  await promisify(execFile)(
    process.execPath,
    [join(root, "node_modules/@bufbuild/buf/bin/buf"), "generate", "--output", join(base, "proto")],
    // The plugin runs with the same Node, whatever the first one of the path is.
    {
      cwd: proto,
      env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}` },
    },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate(root);
