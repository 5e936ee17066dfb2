// One workload of the story, in a process of its own: does what it is told over IPC, with an ordinary driver. The server is
// the first argument; the workload's address comes from the preload.
import cassandra from "cassandra-driver";
import { createDriver, messageOf } from "./driver.ts";
import type { Attempt } from "./story.ts";

/** What came of one attempt, as the driver tells it. */
export type ClientResult =
  | { readonly kind: "done"; readonly rows: readonly string[] }
  | { readonly kind: "error"; readonly message: string; readonly code: number | undefined };

const server = process.argv[2];
if (server === undefined) throw new Error("usage: client.ts ADDRESS:PORT");
const driver = createDriver(server);

async function send({ how, statements }: Attempt): Promise<cassandra.types.ResultSet> {
  const prepare = how.startsWith("prepared");
  if (how.endsWith("batch")) {
    const children = statements.map(({ cql, values }) => ({ query: cql, params: [...(values ?? [])] }));
    return await driver.batch(children, { prepare });
  }
  const [first] = statements;
  if (first === undefined) throw new Error("an attempt has a statement");
  return await driver.execute(first.cql, [...(first.values ?? [])], { prepare });
}

async function attempt(message: Attempt): Promise<ClientResult> {
  try {
    const { rows } = await send(message);
    return { kind: "done", rows: (rows ?? []).map((row) => row.values().map(String).join(", ")) };
  } catch (error) {
    const code = error instanceof cassandra.errors.ResponseError ? error.code : undefined;
    return { kind: "error", message: messageOf(error), code };
  }
}

process.on("message", (message: Attempt) => void attempt(message).then((result) => process.send?.(result)));
process.on("disconnect", () => process.exit(0));
