// One workload of the story, in a process of its own: does what it is told over IPC, with an ordinary client library that
// knows nothing of weir. The server is the first argument; the workload's address comes from the preload.
import { MemcacheClient } from "memcache-client";
import type { Attempt } from "./story.ts";

/** What came of one attempt, as the client library tells it. */
export type ClientResult =
  | { readonly kind: "value"; readonly value: string | null }
  | { readonly kind: "done" }
  | { readonly kind: "error"; readonly message: string };

const server = process.argv[2];
if (server === undefined) throw new Error("usage: client.ts ADDRESS:PORT");
const library = new MemcacheClient({ server, cmdTimeout: 5_000, connectTimeout: 5_000 });

async function attempt({ command, key = "", value = "" }: Attempt): Promise<ClientResult> {
  try {
    switch (command) {
      case "get": {
        // Typed as if there always was one.
        const item = (await library.get<string>(key)) as { value: string } | undefined;
        return { kind: "value", value: item?.value ?? null };
      }
      case "set":
        await library.set(key, value);
        return { kind: "done" };
      case "delete":
        await library.delete(key);
        return { kind: "done" };
      case "version":
        await library.version();
        return { kind: "done" };
    }
  } catch (error) {
    return { kind: "error", message: error instanceof Error ? error.message : String(error) };
  }
}

process.on("message", (message: Attempt) => void attempt(message).then((result) => process.send?.(result)));
process.on("disconnect", () => process.exit(0));
