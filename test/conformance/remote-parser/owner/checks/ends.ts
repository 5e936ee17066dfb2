import assert from "node:assert/strict";
import type { OwnerCheck } from "../check.ts";
import { DROP, MORE, NOP, PASS, TAKEN, WAIT } from "../operations.ts";

/** How connections end. */
export const ENDS: readonly OwnerCheck[] = [
  {
    name: "the end of one direction goes on behind its bytes, and the other direction goes on",
    async run(owner) {
      const { client, server, shown } = await owner.connect(await owner.host());
      client.write("question");
      client.end();
      await shown.endShown(0);
      const { inFlight } = shown.halves[0];
      shown.decide(0, PASS(8), NOP, ...inFlight.map(() => TAKEN));
      await server.gets("question");
      await server.isEnded();
      server.write("answer");
      await shown.shown(1, 6);
      shown.passAll(1);
      await client.gets("answer");
      assert.ok(!shown.isClosed, "CLOSE before the reply has ended");
      server.end();
      await client.isEnded();
      await shown.closed();
    },
  },
  {
    name: "the end of the reply goes on, and the original direction goes on",
    async run(owner) {
      const { client, server, shown } = await owner.connect(await owner.host());
      server.end();
      await shown.endShown(1);
      shown.decide(1, NOP, TAKEN);
      await client.isEnded();
      client.write("still");
      await shown.shown(0, 5);
      shown.passAll(0);
      await server.gets("still");
      client.end();
      await server.isEnded();
      await shown.closed();
    },
  },
  {
    name: "bytes that are undecided at the end are not sent on",
    async run(owner) {
      const { client, server, shown } = await owner.connect(await owner.host());
      client.write("passedHELD");
      client.end();
      await shown.endShown(0);
      shown.decide(0, PASS(6), MORE(11), ...shown.halves[0].inFlight.map(() => TAKEN));
      await server.gets("passed");
      await server.isEnded();
    },
  },
  {
    name: "a promise that is owed at the end is waited for",
    async run(owner) {
      const { client, server, shown } = await owner.connect(await owner.host());
      client.write("promised");
      client.end();
      await shown.endShown(0);
      shown.decide(0, WAIT, ...shown.halves[0].inFlight.map(() => TAKEN));
      await owner.watch.lull();
      shown.decide(0, PASS(8), NOP);
      await server.gets("promised");
      await server.isEnded();
    },
  },
  {
    name: "the host hears no more of a direction that ends within what was decided ahead",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      for (const [decides, expected] of [[PASS(100), "abcdef"] as const, [DROP(100), ""] as const]) {
        const { client, server, shown } = await owner.connect(host);
        client.write("abc");
        await shown.shown(0, 3);
        shown.decide(0, decides, TAKEN);
        await other.passes("known");
        shown.told();
        client.write("def");
        client.end();
        await server.gets(expected);
        await server.isEnded();
        await other.passes("round");
        assert.equal(shown.halves[0].frames, 1);
      }
    },
  },
  ...(["client", "server"] as const).map(
    (who): OwnerCheck => ({
      name: `a reset by the ${who} ends the connection, and no other`,
      async run(owner) {
        const host = await owner.host();
        const other = await owner.connect(host);
        const talk = await owner.connect(host);
        talk.client.write("undecided");
        await talk.shown.shown(0, 9);
        talk[who].reset();
        await talk.isOver();
        await talk.shown.closed();
        await other.passes("other");
      },
    }),
  ),
  {
    name: "what is still said of a connection that is closed is ignored",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      const talk = await owner.connect(host);
      talk.client.write("abc");
      await talk.shown.shown(0, 3);
      talk.client.reset();
      await talk.shown.closed();
      talk.shown.decide(0, PASS(3), NOP, TAKEN);
      talk.shown.claim(0, 77, PASS(0));
      await talk.isOver();
      await other.passes("other");
    },
  },
];
