import { type FileHandle, open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { AccessLogRecord } from "../../../src/api/access-log-record.ts";
import type { ExtensionHostReport, HostReport } from "../../../src/api/rest.ts";
import { createClient } from "../../../src/client/client.ts";
import { type AgentOptions, type RunningAgent, startAgent } from "../../support/agent.ts";
import { LineUpstream } from "./line-upstream.ts";
import { LINES, Neighbour, R2D2 } from "./neighbour.ts";
import { policyText } from "./policy-text.ts";

const ADDRESSES = { attacker: "127.0.2.1", healthy: "127.0.2.2", r2d2: "127.0.2.3" } as const;
type Name = keyof typeof ADDRESSES;
const NAMES = Object.keys(ADDRESSES) as Name[];

/** Enough: what tells of an attack comes last. */
const RECORDS_MAX = 10;
const PIECE_BYTES = 1_048_576;

const RULES: Readonly<Record<Name, string>> = {
  attacker: "{line: ok}",
  healthy: "{line: ok}",
  r2d2: "{cmd: READ}",
};

/** A real weir with one built-in host, an extension that can be told to attack, and two neighbours. */
export interface AttackedWeir extends AsyncDisposable {
  readonly agent: RunningAgent;
  readonly upstream: LineUpstream;
  readonly neighbours: readonly Neighbour[];
  /** Where connections under the attacker are taken. */
  readonly listen: string;
  host(): Promise<HostReport>;
  /** Of the attacker. */
  extensionHost(): Promise<ExtensionHostReport>;
  /** The last records of a client's connection, by its address and port. */
  recordsOf(source: string): Promise<readonly AccessLogRecord[]>;
}

/** @param way How the agent is run, see `AgentOptions`. */
export async function startAttackedWeir(way?: AgentOptions["way"]): Promise<AttackedWeir> {
  await using taken = new AsyncDisposableStack();
  const upstreams = {} as Record<Name, LineUpstream>;
  for (const name of NAMES) {
    upstreams[name] = await LineUpstream.listen(ADDRESSES[name]);
    taken.defer(() => upstreams[name].close());
  }
  const agent = taken.use(
    await startAgent({
      ...(way === undefined ? {} : { way }),
      configuration: configuration(upstreams),
      files: {
        "policy.yaml": NAMES.map((name) => policyText(name, upstreams[name].port, name, RULES[name])).join("---\n"),
      },
    }),
  );
  const client = createClient(`${agent.folder}/run/weir.sock`);
  const neighbours: Neighbour[] = [];
  for (const [name, talk] of [
    ["healthy", LINES],
    ["r2d2", R2D2],
  ] as const) {
    const neighbour = await Neighbour.start(name, agent.listenerOf(name), talk);
    neighbours.push(neighbour);
    taken.defer(() => neighbour.stop());
  }
  const host = async (): Promise<HostReport> => {
    const [plane] = (await client.status()).dataPlanes;
    const [only] = plane?.hosts ?? [];
    if (only === undefined) throw new Error("weir runs without hosts");
    return only;
  };
  const log = await open(`${agent.folder}/run/access.log`);
  taken.defer(() => log.close());
  let rest = "";
  const records = new Map<string, readonly AccessLogRecord[]>();
  const owned = taken.move();
  return {
    agent,
    upstream: upstreams.attacker,
    neighbours,
    listen: agent.listenerOf("attacker"),
    host,
    async extensionHost() {
      const found = (await host()).extensionHosts.find(({ extensions }) => extensions.join().includes("attacker"));
      if (found === undefined) throw new Error("the extension host is not reported");
      return found;
    },
    async recordsOf(source) {
      const lines = (rest + (await readOn(log))).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const record = JSON.parse(line) as AccessLogRecord;
        // What weir tells of itself is there as well.
        if (record.proto !== "attacker") continue;
        const { address } = record.source;
        records.set(address, [...(records.get(address) ?? []), record].slice(-RECORDS_MAX));
      }
      return records.get(source) ?? [];
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** From where it was read to, up to the present end. */
async function readOn(file: FileHandle): Promise<string> {
  const pieces: Buffer[] = [];
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, null);
    if (bytesRead === 0) return Buffer.concat(pieces).toString();
    pieces.push(buffer.subarray(0, bytesRead));
  }
}

function configuration(upstreams: Readonly<Record<Name, LineUpstream>>): string {
  const modules = ["attacker", "healthy"].map((name) =>
    fileURLToPath(new URL(`../extensions/${name}.ts`, import.meta.url)),
  );
  return `
hosts: 1
drainMs: 100
endpoints:
${NAMES.map((name) => `  - {name: ${name}, addresses: [${ADDRESSES[name]}], labels: ["app=${name}"]}`).join("\n")}
  - {name: client, addresses: [127.0.1.1], labels: ["app=client"]}
redirects:
${NAMES.map((name) => `  - {listen: "127.0.0.1:0", upstream: "${ADDRESSES[name]}:${upstreams[name].port}", endpoint: ${name}}`).join("\n")}
policies: [./policy.yaml]
extensions: ${JSON.stringify(modules)}
extensionHosts: {memoryMiB: 192, answerMs: 500}
accessLog: ./run/access.log
`;
}
