import assert from "node:assert/strict";
import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import { until } from "../reliability/rig/until.ts";
import type { AttackCase, Outcome } from "./attacks.ts";
import type { AttackedWeir } from "./rig/attacked-weir.ts";
import { LineClient } from "./rig/line-client.ts";

/** Right answers that each neighbour gets at least before an attack counts as survived. */
const ANSWERS_MIN = 20;

let attacks = 0;

/** Has the extension attack, and looks at everybody whom it is none of the business of. Throws an AssertionError. */
export async function runAttack(weir: AttackedWeir, attack: AttackCase): Promise<void> {
  const name = `ok ${++attacks}`;
  const line = await attack.line(weir);
  const client = await connect(weir, name);
  const before = await weir.extensionHost();
  const answers = weir.neighbours.map((neighbour) => neighbour.answers);

  // The last line is never complete: whatever the extension does, nobody has decided it.
  const sentAt = Date.now();
  client.send(`${line}\nok after\nundecided`);
  const said = await outcomeOf(weir, attack.outcome, client, before.restarts);
  for (const [at, neighbour] of weir.neighbours.entries()) {
    // Between the attack and its end they did not stand still, nor do they now.
    if (attack.outcome.kind === "ended")
      assert.ok(neighbour.answers > (answers[at] ?? 0), `${neighbour.name} stood still`);
    await until(`${neighbour.name} to go on`, () => neighbour.answers >= (answers[at] ?? 0) + ANSWERS_MIN);
    assert.deepEqual(neighbour.problems, []);
  }
  if (attack.outcome.kind !== "free") assert.match(said, attack.outcome.says);

  if (attack.endsWithinMs !== undefined) {
    const { lastEnd } = await weir.extensionHost();
    const livedMs = Date.parse(lastEnd?.time ?? "") - sentAt;
    assert.ok(livedMs <= attack.endsWithinMs, `it was ended after ${livedMs} ms`);
  }

  const passesAll = line === "!passMore";
  if (passesAll) await until("what it passed", () => weir.upstream.receivedFrom(`${name}\n`).endsWith("undecided"));
  const decided = passesAll ? [`${name}\n!passMore\nok after\nundecided`] : [`${name}\n`, `${name}\nok after\n`];
  const got = weir.upstream.receivedFrom(`${name}\n`);
  assert.ok(decided.includes(got), `the server got ${JSON.stringify(got)}`);
  assert.ok(!weir.upstream.received.some(({ text }) => text.includes("smuggled")), "the server was reached past weir");
  client.close();

  if (attack.lasts) await restart(weir);
  // Whoever comes next finds everything as it should be.
  (await connect(weir, "ok next")).close();
}

/** @returns What was said of it; empty: nothing. */
async function outcomeOf(weir: AttackedWeir, outcome: Outcome, client: LineClient, restarts: number): Promise<string> {
  switch (outcome.kind) {
    case "ended": {
      const after = await until("the end of the process", async () => {
        const now = await weir.extensionHost();
        return now.restarts > restarts && now;
      });
      return after.lastEnd?.reason ?? "";
    }
    case "closed":
      await client.ended;
      return await found(weir, client, ({ verdict, fields }) => (verdict === "Error" ? fields["status"] : undefined));
    case "records":
      return await found(weir, client, ({ fields }) =>
        fields["line"]?.startsWith("reached: ") ? fields["line"] : undefined,
      );
    default:
      return "";
  }
}

async function found(
  weir: AttackedWeir,
  { address }: LineClient,
  find: (record: AccessLogRecord) => string | undefined,
): Promise<string> {
  return await until("a record of it", async () => {
    for (const record of await weir.recordsOf(address)) {
      const text = find(record);
      if (text !== undefined) return text;
    }
    return undefined;
  });
}

/** The process may be on its way back. */
async function connect(weir: AttackedWeir, firstLine: string): Promise<LineClient> {
  return await until("a connection under the extension", async () => {
    const client = await LineClient.connect(weir.listen);
    const answer = await client.ask(firstLine).catch((error: Error) => error.message);
    if (answer === `re ${firstLine}`) return client;
    client.close();
    return undefined;
  });
}

async function restart(weir: AttackedWeir): Promise<void> {
  const { pid, restarts } = await weir.extensionHost();
  // 0 stands for one that is down already, and for everybody where signals are sent.
  if (pid > 0) process.kill(pid, "SIGKILL");
  await until("the process to come back", async () => {
    const now = await weir.extensionHost();
    return (pid === 0 || now.restarts > restarts) && now.state === "running";
  });
}
