// The process that runs extensions: started by a built-in host, or by an agent that wants to know what they declare.
import { Socket } from "node:net";
import { namedReasonOf } from "../lib/error.ts";
import type { Extension } from "../proxylib/parser.ts";
import { ExtensionRegistry } from "../proxylib/registry.ts";
import { BOOTSTRAP_BYTES_MAX, type ExtensionHostAnswer, type ExtensionHostBootstrap } from "./bootstrap.ts";
import { checkDeclaration } from "./check-extension.ts";
import { loadModules } from "./extension-loader.ts";
import { encodeJsonMessage, JsonMessageReader } from "./json-message.ts";
import { LoadedCode } from "./loaded-code.ts";
import { serveExtensions } from "./serve-extensions.ts";

/** As `BOOTSTRAP_FD` of the hosts. */
const CHANNEL_FD = 3;
/** As Node's own for an exception that nobody has caught. */
const EXIT_UNCAUGHT = 1;

const channel = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
// Without its owner the process is of no use, whatever an extension would like to do yet.
channel.on("close", () => process.exit(0)).on("error", () => process.exit(0));
// First of its process namespace, it gets no signal that it does not ask for, but SIGKILL and SIGSTOP from outside.
process.on("SIGTERM", () => process.exit(0));
process.on("uncaughtException", (error) => {
  // One line: it is the reason that the owner tells, and what was thrown may have a stack of any length.
  process.stderr.write(`${namedReasonOf(error).split("\n", 1)[0]}\n`, () => process.exit(EXIT_UNCAUGHT));
});

const reader = new JsonMessageReader(BOOTSTRAP_BYTES_MAX);
channel.on("data", function begin(piece: Buffer) {
  const message = reader.take(piece);
  if (message === undefined) return;
  channel.off("data", begin);
  channel.pause();
  void run(message.value as ExtensionHostBootstrap, message.rest);
});

async function run({ mode, modules }: ExtensionHostBootstrap, rest: Uint8Array): Promise<void> {
  const registry = new ExtensionRegistry();
  const code = new LoadedCode();
  const failures = await loadModules(modules, registry);
  const extensions = [...registry.declarations().keys()].map((name) => registry.get(name) as Extension);
  const answer: ExtensionHostAnswer =
    failures.length > 0 ? { failures } : { extensions: extensions.map(checkDeclaration), code: code.hash() };
  channel.write(encodeJsonMessage(answer));
  if (mode === "declare" || failures.length > 0) channel.end(() => process.exit(0));
  else serveExtensions(channel, extensions, rest);
}
