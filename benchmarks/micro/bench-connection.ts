import type { NumericIdentity, PolicyRevision, Port } from "../../src/api/identity.ts";
import { EventRing } from "../../src/monitor/event-ring.ts";
import type { DirectionPolicy } from "../../src/policy/endpoint-policy.ts";
import { compileRequestMatcher } from "../../src/policy/request/compile.ts";
import type { ConnectionStream } from "../../src/proxylib/connection-stream.ts";
import { Instance } from "../../src/proxylib/instance.ts";
import type { CloseReason, ConnectionIo, Direction } from "../../src/proxylib/io.ts";
import type { Extension } from "../../src/proxylib/parser.ts";
import { PolicyMap } from "../../src/proxylib/policy-map.ts";
import { ExtensionRegistry } from "../../src/proxylib/registry.ts";

const ENDPOINT = "server";
const CLIENT_IDENTITY = 1000 as NumericIdentity;
const SERVER_IDENTITY = 1001 as NumericIdentity;
const PORT = 11211 as Port;

/** The owner of sockets that are not there: counts what the engine sends. */
class CountingIo implements ConnectionIo {
  /** By direction. */
  readonly sentBytes: [number, number] = [0, 0];
  closeReason: CloseReason | undefined;

  send(direction: Direction, bytes: Uint8Array): boolean {
    this.sentBytes[direction] += bytes.length;
    return true;
  }

  end(): void {}

  setPaused(): void {}

  /** The buffers of a benchmark are read only, as those of a relay that lends them. */
  keepChunk(): boolean {
    return true;
  }

  close(reason: CloseReason): void {
    this.closeReason = reason;
  }
}

export type RuleFields = Readonly<Record<string, string>>;

/** A connection through the real engine, with real policy and a real ring for its records; only the sockets are missing. */
export class BenchConnection {
  readonly stream: ConnectionStream;
  private readonly io = new CountingIo();
  private wake: (() => void) | undefined;

  constructor(extension: Extension, rules: readonly RuleFields[]) {
    const extensions = new ExtensionRegistry();
    extensions.add(extension);
    const policies = new PolicyMap();
    const ingress = l7Policy(extension, rules);
    policies.set({
      endpoint: ENDPOINT,
      identity: SERVER_IDENTITY,
      revision: 1 as PolicyRevision,
      ingress,
      egress: { enforced: false, lookup: () => ({ kind: "allowed", origin: undefined }) },
    });
    const instance = new Instance({ extensions, policies, records: this.makeRing() });
    const opened = instance.open(
      {
        id: 1,
        ingress: true,
        source: { identity: CLIENT_IDENTITY, labels: ["unspec:function=client"], address: "127.0.1.1:40000" },
        destination: { identity: SERVER_IDENTITY, labels: ["unspec:app=server"], address: `127.0.2.1:${PORT}` },
        policyName: ENDPOINT,
        port: PORT,
        proto: extension.name,
        config: {},
      },
      this.io,
    );
    if (!opened.ok) throw new Error(opened.reason);
    this.stream = opened.stream;
  }

  /** Runs `work` and throws unless the engine sent exactly so many bytes each way meanwhile and kept the connection. */
  expect(originalBytes: number, replyBytes: number, work: () => void): void {
    const [originalBefore, replyBefore] = this.io.sentBytes;
    work();
    if (this.io.closeReason !== undefined) throw new Error(`the connection was closed: ${this.io.closeReason.message}`);
    const [original, reply] = this.io.sentBytes;
    if (original - originalBefore === originalBytes && reply - replyBefore === replyBytes) return;
    throw new Error(
      `sent ${original - originalBefore} and ${reply - replyBefore} bytes, expected ${originalBytes} and ${replyBytes}`,
    );
  }

  /** Ends a turn of the event loop, which wakes the readers of the ring: the next record reads the clock again. */
  endTurn(): void {
    const { wake } = this;
    this.wake = undefined;
    wake?.();
  }

  /** Records are made, and read when the ring is full, but written nowhere. */
  private makeRing(): EventRing {
    const ring = new EventRing({
      schedule: (wake) => {
        this.wake = wake;
      },
    });
    const reader = ring.reader({ onReadable: () => {}, onFull: () => reader.read(() => true) });
    return ring;
  }
}

function l7Policy(extension: Extension, rules: readonly RuleFields[]): DirectionPolicy {
  const origins = rules.map((_, index) => ({
    policy: "benchmark",
    rule: `spec.ingress[0].toPorts[0].rules.l7[${index}]`,
    labels: [],
  }));
  const matcher = compileRequestMatcher(
    extension,
    rules.map((fields, index) => ({ fields, origin: origins[index]! })),
  );
  const verdict = { kind: "l7", parser: extension.name, matcher, origin: origins[0]!, mode: "enforce" } as const;
  return { enforced: true, lookup: () => verdict };
}
