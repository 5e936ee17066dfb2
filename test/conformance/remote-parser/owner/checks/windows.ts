import assert from "node:assert/strict";
import type { OwnerCheck } from "../check.ts";
import { DROP, INSERT, LOG, MORE, NOP, PASS, STATE, TAKEN } from "../operations.ts";

const WINDOW_FRAMES = 64;
const REQUEST_BYTES = 300_000;
const ANSWER = Buffer.alloc(65_536, "answer\n");
/** More answers than all kernels between owner and client take. */
const ANSWERS_MAX = 1000;
/** An owner that shows nothing for so long shows nothing more. */
const QUIET_MS = 200;

/** What may be on its way. */
export const WINDOWS: readonly OwnerCheck[] = [
  {
    name: "64 KiB of a direction are shown without TAKEN, and no more",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      const { client, server, shown } = await owner.connect(host);
      for (const [direction, source, sink] of [[0, client, server] as const, [1, server, client] as const]) {
        const half = shown.halves[direction];
        const request = Buffer.alloc(REQUEST_BYTES, direction === 0 ? "question" : "answer");
        source.write(request);
        await shown.shown(direction, 1);
        // Whoever does not wait for TAKEN has time to show more.
        for (let round = 0; round < 3; round++) await other.passes(`${round}`);
        shown.decide(direction, MORE(REQUEST_BYTES), TAKEN);
        while (half.shown < REQUEST_BYTES) {
          if (half.inFlight.length === 0) await shown.shown(direction, half.shown + 1);
          shown.decide(direction, TAKEN);
        }
        shown.decide(direction, PASS(REQUEST_BYTES), NOP, ...half.inFlight.map(() => TAKEN));
        await sink.gets(request);
      }
    },
  },
  {
    name: "64 DATA of a direction are without TAKEN, and no more",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      const { client, server, shown } = await owner.connect(host);
      for (let count = 1; count <= WINDOW_FRAMES; count++) {
        client.write("x");
        await shown.shown(0, count);
      }
      for (let count = 0; count < 3; count++) {
        client.write("y");
        // The owner has gone round.
        await other.passes(`${count}`);
      }
      shown.decide(0, NOP, TAKEN);
      await shown.shown(0, WINDOW_FRAMES + 1);
      shown.passAll(0);
      await server.gets(`${"x".repeat(WINDOW_FRAMES)}yyy`);
    },
  },
  ...[0, 1].map(
    (direction): OwnerCheck => ({
      name: `what is not decided is not read for ever (${direction === 0 ? "original" : "reply"})`,
      async run(owner) {
        const host = await owner.host();
        const other = await owner.connect(host);
        const { client, server, shown } = await owner.connect(host);
        const [source, sink] = direction === 0 ? [client, server] : [server, client];
        const half = direction as 0 | 1;
        await source.writeUntilStuck();
        await other.passes("other");
        shown.decide(half, PASS(2 ** 48), ...shown.halves[half].inFlight.map(() => TAKEN));
        await sink.gets(source.said(0, source.length));
      },
    }),
  ),
  ...[0, 1].flatMap((direction) =>
    [false, true].map(
      (ahead): OwnerCheck => ({
        name: `a receiver that takes nothing holds its sender up (${direction === 0 ? "original" : "reply"}, ${ahead ? "passed ahead" : "passed when shown"})`,
        async run(owner) {
          const host = await owner.host();
          const other = await owner.connect(host);
          const { client, server, shown } = await owner.connect(host);
          const [source, sink] = direction === 0 ? [client, server] : [server, client];
          const half = direction as 0 | 1;
          source.write("....");
          await shown.shown(half, 4);
          sink.pause();
          if (ahead) shown.decide(half, PASS(2 ** 48), TAKEN);
          else shown.passAll(half);
          await source.writeUntilStuck();
          await other.passes("other");
          sink.resume();
          await sink.gets(source.said(0, source.length));
        },
      }),
    ),
  ),
  {
    name: "a client that takes no answers is shown to the host no further",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      const { client, shown } = await owner.connect(host);
      client.pause();
      let answers = 0;
      for (;;) {
        client.write("?");
        const before = shown.halves[0].shown;
        if (!(await owner.watch.within(QUIET_MS, () => shown.halves[0].shown > before))) break;
        shown.decide(0, INSERT(1, ANSWER), DROP(shown.halves[0].shown - before), STATE(""), NOP, TAKEN);
        answers++;
        assert.ok(
          answers < ANSWERS_MAX,
          `${answers} answers of ${ANSWER.length} bytes were taken, and nobody read them`,
        );
      }
      await other.passes("other");
      client.resume();
      await client.gets(Buffer.concat(Array(answers).fill(ANSWER)));
      await shown.shown(0, client.length);
      const rest = client.length - shown.halves[0].decided;
      shown.decide(0, DROP(rest), STATE(""), NOP, TAKEN);
    },
  },
  {
    name: "CREDIT is given for what was read, and no more",
    async run(owner) {
      const host = await owner.host();
      const talk = await owner.connect(host);
      const { credit } = await host.greeted();
      const record = LOG(0, 0, { text: "x".repeat(100_000) });
      for (let round = 1; round <= 3; round++) {
        while (host.sent < credit + host.granted) talk.shown.decide(2, record);
        const before = host.granted;
        await owner.watch.until(
          () => host.granted > before,
          () => `CREDIT, after ${host.sent} bytes, of ${credit + host.granted} that may be sent`,
        );
      }
      talk.shown.decide(2, STATE(""));
      await talk.passes("still there");
    },
  },
];
