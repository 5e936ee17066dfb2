import { LineBuffer } from "../../src/accesslog/line-buffer.ts";
import { LineRenderer } from "../../src/accesslog/line-renderer.ts";
import type { NumericIdentity } from "../../src/api/identity.ts";
import { EventRing } from "../../src/monitor/event-ring.ts";
import type { RecordedConnection } from "../../src/proxylib/record-sink.ts";
import { BatchDecoder } from "../../src/records/batch-decoder.ts";
import { BatchEncoder } from "../../src/records/batch-encoder.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { keyOf } from "./key-counter.ts";

/** What a busy host gathers in 20 ms. */
const BATCH_RECORDS = 1_000;
const CONNECTIONS = 50;
/** Records within one millisecond. */
const TOGETHER = 50;

const ORIGIN = { policy: "cache", rule: "spec.ingress[0].toPorts[0].rules.l7[0]", labels: [] };
const CLIENT = { identity: 257 as NumericIdentity, labels: ["k8s:app=web", "k8s:io.kubernetes.pod.namespace=shop"] };
const SERVER = {
  identity: 256 as NumericIdentity,
  labels: ["k8s:app=memcached", "k8s:io.kubernetes.pod.namespace=shop"],
  address: "10.0.0.7:11211",
  endpoint: "cache",
};

function connectionOf(index: number): RecordedConnection {
  const source = { ...CLIENT, address: `10.0.1.9:${40_000 + index}` };
  return { ingress: true, proto: "memcache", source, destination: SERVER };
}

/** Makes batches of requests of memcached, of connections that take turns. */
function batchMaker(): () => Uint8Array {
  const encoder = new BatchEncoder("a-host-of-the-benchmark");
  const connections = Array.from({ length: CONNECTIONS }, (_, index) => connectionOf(index));
  const fields = Array.from({ length: BATCH_RECORDS }, (_, index) => ({ command: "get", keys: keyOf(index) }));
  let timeMs = 1_767_225_600_000;
  return () => {
    for (let at = 0; at < BATCH_RECORDS; at++) {
      if (at % TOGETHER === 0) timeMs++;
      const added = encoder.add(
        timeMs,
        connections[at % CONNECTIONS]!,
        "Request",
        "Forwarded",
        ORIGIN,
        fields[at] as (typeof fields)[number],
      );
      if (added !== "added") throw new Error(`a record is ${added}`);
    }
    return encoder.take();
  };
}

/** The agent's ring, and lines that go nowhere. */
function lineLog(): { readonly ring: EventRing; readonly write: () => number } {
  const wakes: (() => void)[] = [];
  const ring = new EventRing({ schedule: (wake) => void wakes.push(wake) });
  const reader = ring.reader({ onReadable: () => undefined });
  const renderer = new LineRenderer();
  const buffer = new LineBuffer();
  const write = (): number => {
    let lines = 0;
    reader.read((event) => {
      if (event.agent === undefined) renderer.render(event, buffer);
      buffer.endLine();
    });
    for (const wake of wakes.splice(0)) wake();
    for (let batch = buffer.take(); batch !== undefined; batch = buffer.take()) {
      lines += batch.lines;
      buffer.giveBack(batch);
    }
    return lines;
  };
  return { ring, write };
}

/** What a record costs on its way from a host to the agent, but for the way itself. */
export function recordBenchmarks(): readonly MicroBenchmark[] {
  const encode = batchMaker();
  const batch = batchMaker()();
  const decoder = new BatchDecoder();
  let delivered = 0;
  const sink = { recordAt: () => void delivered++ };
  const log = lineLog();
  const inBatches = (name: string, work: () => void): MicroBenchmark => ({
    name,
    unit: "record",
    run(count) {
      const batches = Math.ceil(count / BATCH_RECORDS);
      for (let left = batches; left > 0; left--) work();
      return batches * BATCH_RECORDS;
    },
  });
  return [
    inBatches("record, encoded by a host", () => {
      if (encode().length < BATCH_RECORDS) throw new Error("the batch has no records");
    }),
    inBatches("record, decoded by the agent", () => {
      const before = delivered;
      const read = decoder.decode(batch);
      if ("malformed" in read) throw new Error(read.malformed);
      read.deliver(sink);
      if (delivered !== before + BATCH_RECORDS) throw new Error("the sink did not get the records");
    }),
    inBatches("record, from a host's batch to a line of the access log", () => {
      const read = decoder.decode(batch);
      if ("malformed" in read) throw new Error(read.malformed);
      read.deliver(log.ring);
      if (log.write() !== BATCH_RECORDS) throw new Error("the log did not get the records");
    }),
  ];
}
