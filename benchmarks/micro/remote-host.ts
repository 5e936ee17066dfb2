import type { Extension } from "../../src/proxylib/parser.ts";
import { createExtensionHostSession } from "../../src/remote-parser/extension-host-session.ts";
import { FrameWriter } from "../../src/remote-parser/frame-writer.ts";
import { CREDIT_STEP_BYTES, Frame, HEAD_BYTES, LENGTH_BYTES } from "../../src/remote-parser/protocol.ts";
import type { RuleFields } from "./bench-connection.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { type ExchangeOptions, exchangeBenchmark, lengthOf } from "./exchange-benchmark.ts";
import { keyCounter } from "./key-counter.ts";
import { MemoryLink } from "./memory-link.ts";
import { RemotePair } from "./remote-pair.ts";

/** So many exchanges before the one that is recorded: the first ones bring what is told only once. */
const EXCHANGES_BEFORE = 3;
const TYPE_AT = LENGTH_BYTES;
const DIRECTION_AT = LENGTH_BYTES + HEAD_BYTES;
/** Behind direction and flags. */
const OFFSET_AT = DIRECTION_AT + 2;

interface ReplayOptions extends Pick<ExchangeOptions, "exchanges" | "vary" | "requestsEach"> {
  readonly name: string;
  readonly extension: Extension;
  readonly rules: readonly RuleFields[];
}

/** Where the offset of a DATA frame stands, which must go on from exchange to exchange. */
interface Place {
  readonly chunk: Buffer;
  readonly at: number;
  readonly step: number;
}

/**
 * The extension host's side alone: what an owner sent for one exchange is recorded, and a host without an owner gets it
 * over and over, with offsets that go on.
 */
export function replayBenchmark(options: ReplayOptions): MicroBenchmark {
  // Recorded with one key, which varies when it is played.
  const { vary, ...constant } = options;
  const { extension, exchanges, requestsEach = 1 } = constant;
  const recorded: Buffer[] = [];
  const pair = new RemotePair(extension, (bytes) => recorded.push(Buffer.from(bytes)));
  const before = exchangeBenchmark({ ...constant, extension: pair.extension, deliver: () => pair.deliver() });
  before.run(requestsEach * EXCHANGES_BEFORE);
  const beginning = recorded.splice(0);
  const answeredBefore = pair.toOwner.carriedBytes;
  before.run(requestsEach);
  const chunks = recorded;
  const answerBytes = pair.toOwner.carriedBytes - answeredBefore;

  const [exchange] = exchanges;
  const steps = [lengthOf(exchange!.request), lengthOf(exchange!.reply)];
  const places = chunks.flatMap((chunk) => placesOf(chunk, steps));
  const toOwner = new MemoryLink(() => {});
  const host = createExtensionHostSession({ extensions: [extension], link: toOwner });
  for (const bytes of beginning) {
    host.receive(bytes);
    toOwner.deliver();
  }
  const credit = creditFrame();
  const next = vary === undefined ? undefined : keyCounter(chunks);
  let uncredited = 0;
  return {
    name: options.name,
    unit: "request",
    run(count) {
      const batches = Math.ceil(count / requestsEach);
      const carriedBefore = toOwner.carriedBytes;
      for (let batch = 0; batch < batches; batch++) {
        next?.();
        for (let index = 0; index < chunks.length; index++) {
          host.receive(chunks[index]!);
          toOwner.deliver();
        }
        for (let index = 0; index < places.length; index++) goOn(places[index]!);
        uncredited += answerBytes;
        if (uncredited < CREDIT_STEP_BYTES) continue;
        uncredited -= CREDIT_STEP_BYTES;
        host.receive(credit);
      }
      const carried = toOwner.carriedBytes - carriedBefore;
      if (carried === batches * answerBytes) return batches * requestsEach;
      throw new Error(`the host answered with ${carried} bytes, expected ${batches * answerBytes}`);
    },
  };
}

function placesOf(chunk: Buffer, steps: readonly number[]): readonly Place[] {
  const places: Place[] = [];
  for (let at = 0; at < chunk.length; at += LENGTH_BYTES + chunk.readUInt32BE(at)) {
    if (chunk[at + TYPE_AT] !== Frame.Data) continue;
    places.push({ chunk, at: at + OFFSET_AT, step: steps[chunk[at + DIRECTION_AT] as number] as number });
  }
  return places;
}

function goOn({ chunk, at, step }: Place): void {
  const low = chunk.readUInt32BE(at + 4) + step;
  chunk.writeUInt32BE(low >>> 0, at + 4);
  if (low >= 2 ** 32) chunk.writeUInt32BE(chunk.readUInt32BE(at) + 1, at);
}

function creditFrame(): Buffer {
  const writer = new FrameWriter();
  writer.begin(Frame.Credit, 0).u32(CREDIT_STEP_BYTES).end();
  return writer.take();
}
