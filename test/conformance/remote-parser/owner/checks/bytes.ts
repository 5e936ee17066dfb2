import type { OwnerCheck } from "../check.ts";
import { DROP, INJECT, INSERT, LOG, MORE, NOP, PASS, STATE, TAKEN, WAIT } from "../operations.ts";
import type { OwnerUnderTest, Talk } from "../owner-under-test.ts";
import type { Peer } from "../peer.ts";

const BODY_BYTES = 1_000_000;
const FOR_EVER = 2 ** 48;

/** Who says it, and who hears it, by direction. */
function sides(talk: Talk, direction: 0 | 1): readonly [Peer, Peer] {
  return direction === 0 ? [talk.client, talk.server] : [talk.server, talk.client];
}

/** The same for both directions. */
function bothWays(
  name: string,
  run: (owner: OwnerUnderTest, direction: 0 | 1) => Promise<void>,
): readonly OwnerCheck[] {
  return [
    { name: `${name} (original)`, run: (owner) => run(owner, 0) },
    { name: `${name} (reply)`, run: (owner) => run(owner, 1) },
  ];
}

/** What becomes of bytes. */
export const BYTES: readonly OwnerCheck[] = [
  ...bothWays("bytes go on when they are passed, and as they are", async (owner, direction) => {
    const talk = await owner.connect(await owner.host());
    const [source, sink] = sides(talk, direction);
    source.write("abcdef");
    await talk.shown.shown(direction, 6);
    talk.shown.decide(direction, PASS(2));
    await sink.gets("ab");
    talk.shown.decide(direction, PASS(1), MORE(8), TAKEN);
    await sink.gets("c");
    source.write("gh");
    await talk.shown.shown(direction, 8);
    talk.shown.decide(direction, WAIT, TAKEN);
    talk.shown.decide(direction, PASS(4), NOP);
    await sink.gets("defg");
  }),
  ...bothWays("bytes that are dropped do not go on", async (owner, direction) => {
    const talk = await owner.connect(await owner.host());
    const [source, sink] = sides(talk, direction);
    source.write("abcdef");
    await talk.shown.shown(direction, 6);
    talk.shown.decide(direction, DROP(2), PASS(1), DROP(2), PASS(1), NOP, TAKEN);
    await sink.gets("cf");
    source.write("ghi");
    await talk.shown.shown(direction, 9);
    talk.shown.decide(direction, DROP(10), TAKEN);
    source.write("1234567");
    source.write("next");
    await talk.shown.shown(direction, 20);
    talk.shown.decide(direction, PASS(4), NOP, TAKEN);
    await sink.gets("next");
  }),
  ...bothWays("what is injected has its place in either direction", async (owner, direction) => {
    const host = await owner.host();
    const talk = await owner.connect(host);
    const [source, sink] = sides(talk, direction);
    source.write("abcdef");
    await talk.shown.shown(direction, 6);
    talk.shown.decide(
      direction,
      ...[INJECT("1"), PASS(2), INSERT(1 - direction, "x"), LOG(), INJECT("2"), INJECT("3"), PASS(1)],
      ...[INSERT(1 - direction, "y"), PASS(1), INJECT("4"), STATE(""), NOP, TAKEN],
    );
    await sink.gets("1ab23cd4");
    await source.gets("xy");
    talk.shown.decide(2, INSERT(direction, "5"), INSERT(1 - direction, "z"));
    await sink.gets("5");
    await source.gets("z");
  }),
  ...bothWays("what is inserted leaves behind the frame that is under way", async (owner, direction) => {
    const talk = await owner.connect(await owner.host());
    const [source, sink] = sides(talk, direction);
    source.write("abcd");
    await talk.shown.shown(direction, 4);
    talk.shown.decide(direction, PASS(8), TAKEN);
    await sink.gets("abcd");
    talk.shown.decide(2, INSERT(direction, "INSERTED"));
    source.write("efghij");
    await sink.gets("efghINSERTED");
    await talk.shown.shown(direction, 10);
    talk.shown.decide(direction, PASS(2), NOP, TAKEN);
    await sink.gets("ij");
  }),
  ...bothWays("bytes that are passed ahead never cross", async (owner, direction) => {
    const talk = await owner.connect(await owner.host());
    const [source, sink] = sides(talk, direction);
    source.write("head");
    await talk.shown.shown(direction, 4);
    talk.shown.decide(direction, PASS(4 + BODY_BYTES), TAKEN);
    await sink.gets("head");
    talk.shown.told();
    const body = Buffer.alloc(BODY_BYTES, "body");
    source.write(body);
    source.write("next");
    await sink.gets(body);
    await talk.shown.shown(direction, BODY_BYTES + 8);
    talk.shown.decide(direction, PASS(4), NOP, ...talk.shown.halves[direction].inFlight.map(() => TAKEN));
    await sink.gets("next");
  }),
  ...bothWays("of a direction that is passed for ever nothing crosses", async (owner, direction) => {
    const talk = await owner.connect(await owner.host());
    const [source, sink] = sides(talk, direction);
    source.write("first");
    await talk.shown.shown(direction, 5);
    talk.shown.decide(direction, PASS(FOR_EVER), TAKEN);
    await sink.gets("first");
    talk.shown.told();
    for (let count = 0; count < 5; count++) {
      const more = Buffer.alloc(BODY_BYTES, `${count}`);
      source.write(more);
      await sink.gets(more);
    }
    source.end();
    await sink.isEnded();
  }),
  ...bothWays("the host is called where what was decided ahead has come", async (owner, direction) => {
    const talk = await owner.connect(await owner.host());
    const [source, sink] = sides(talk, direction);
    source.write("abc");
    await talk.shown.shown(direction, 3);
    talk.shown.decide(direction, PASS(6), TAKEN);
    await sink.gets("abc");
    talk.shown.told();
    source.write("def");
    await talk.shown.framesShown(direction, 2);
    await sink.gets("def");
    talk.shown.decide(direction, NOP, TAKEN);
    source.write("g");
    await talk.shown.shown(direction, 7);
    talk.shown.decide(direction, PASS(1), NOP, TAKEN);
    await sink.gets("g");
  }),
  {
    name: "many connections are kept apart",
    async run(owner) {
      const host = await owner.host();
      const talks: Talk[] = [];
      for (let count = 0; count < 20; count++) talks.push(await owner.connect(host));
      for (const [at, { client, server }] of talks.entries()) {
        client.write(`to server ${at}`);
        server.write(`to client ${at}`);
      }
      for (const { shown } of [...talks].reverse()) {
        shown.passAll(1);
        shown.passAll(0);
      }
      for (const [at, { client, server }] of talks.entries()) {
        await server.gets(`to server ${at}`);
        await client.gets(`to client ${at}`);
      }
    },
  },
];
