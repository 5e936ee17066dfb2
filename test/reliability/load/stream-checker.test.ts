import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bodies } from "./bodies.ts";
import { PROTOCOLS } from "./protocols.ts";
import { askedAt, type LoadShape } from "./request.ts";
import { StreamChecker } from "./stream-checker.ts";

const SEED = 3;
const REQUESTS = 60;
const bodies = new Bodies(SEED);

for (const protocol of Object.values(PROTOCOLS)) {
  const shape: LoadShape = { seed: SEED, commands: protocol.commands, deniedEvery: 5, requestsMax: 100 };
  const all = Array.from({ length: REQUESTS }, (_, sequence) => askedAt(shape, 7, sequence));
  const stream = Buffer.concat(all.flatMap((asked) => [...protocol.request(asked, bodies)]));

  /** Feeds bytes in pieces; what was whole, and the first wrong byte. */
  function check(bytes: Buffer, pieceBytes: number): { whole: number; wrongAt: number | undefined } {
    let whole = 0;
    let next = 0;
    const checker = new StreamChecker(() => {
      const asked = all[next++];
      if (asked === undefined) return undefined;
      return {
        what: `request ${asked.sequence}`,
        segments: protocol.request(asked, bodies),
        begun: () => {},
        whole: () => whole++,
      };
    });
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const mismatch = checker.feed(bytes.subarray(at, at + pieceBytes));
      if (mismatch !== undefined) return { whole, wrongAt: mismatch.streamOffset };
    }
    return { whole, wrongAt: undefined };
  }

  describe(`a checked stream of ${protocol.name}`, () => {
    it("is right, in whatever pieces it comes", () => {
      for (const pieceBytes of [stream.length, 65_536, 1_021, 7])
        assert.deepEqual(check(stream, pieceBytes), { whole: REQUESTS, wrongAt: undefined });
    });

    it("is wrong at the byte that was changed, left out, or added", () => {
      for (let index = 0; index < 200; index++) {
        const at = Math.floor((stream.length * index) / 200);
        const changed = Buffer.from(stream);
        changed[at] = (changed[at] as number) ^ 0x20;
        assert.equal(check(changed, 4_099).wrongAt, at);
        const short = Buffer.concat([stream.subarray(0, at), stream.subarray(at + 1)]);
        // The byte left out may equal the ones behind it.
        assert.notEqual(check(short, 4_099).whole, REQUESTS);
      }
      assert.equal(check(Buffer.concat([stream, Buffer.from("x")]), 4_099).wrongAt, stream.length);
    });

    it("tells whose it is as soon as its first key is there", () => {
      const first = all.find(({ allowed }) => allowed);
      assert.ok(first !== undefined);
      const bytes = Buffer.concat(protocol.request(first, bodies));
      const known = [...bytes.keys()].findIndex((end) => protocol.connectionOf(bytes.subarray(0, end)) !== undefined);
      assert.ok(known > 0);
      assert.equal(protocol.connectionOf(bytes.subarray(0, known)), 7);
      const denied = all.find(({ allowed }) => !allowed);
      assert.ok(denied !== undefined);
      assert.equal(protocol.connectionOf(Buffer.concat(protocol.request(denied, bodies))), null);
    });
  });
}
