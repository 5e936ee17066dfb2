import assert from "node:assert/strict";
import type { OwnerCheck } from "../check.ts";
import { DROP, INSERT, LOG, MORE, NOP, PASS, SAME, STATE, TAKEN } from "../operations.ts";
import { DECLARED } from "../scripted-host.ts";

/** With what kernels take, more than a client that reads nothing; less than an owner may keep of one connection. */
const ANSWERS = 28;
const ANSWER = Buffer.alloc(262_144, "answer\n");

/** What becomes of connections when their host ends. */
export const RESTARTS: readonly OwnerCheck[] = [
  {
    name: "the next host goes on with the last state, and is shown what was undecided",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const talk = await owner.connect(first);
      talk.client.write("passedundecided");
      talk.server.write("reply");
      await talk.shown.shown(0, 15);
      await talk.shown.shown(1, 5);
      talk.shown.decide(0, PASS(3), INSERT(1, "hello"), STATE("old"));
      talk.shown.decide(0, PASS(3), STATE("remembered"));
      talk.shown.decide(1, LOG(), SAME, MORE(6), TAKEN);
      await talk.server.gets("passed");
      await talk.client.gets("hello");
      first.die();
      talk.client.write("more");
      const next = await owner.resumed(talk, await owner.host(1));
      assert.deepEqual([next.open.state?.toString(), next.open.decided], ["remembered", [6, 0]]);
      await next.shown(0, 19);
      await next.shown(1, 5);
      next.passAll(0);
      next.passAll(1);
      await talk.server.gets("undecidedmore");
      await talk.client.gets("reply");
    },
  },
  {
    name: "a connection of which nothing was told begins anew",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const talk = await owner.connect(first, false);
      talk.client.write("all of it");
      await talk.shown.shown(0, 9);
      talk.shown.decide(0, MORE(20), TAKEN);
      first.die();
      const next = await owner.resumed(talk, await owner.host(1));
      assert.deepEqual([next.open.state, next.open.decided], [undefined, [0, 0]]);
      await next.shown(0, 9);
      next.passAll(0);
      await talk.server.gets("all of it");
    },
  },
  {
    name: "a connection that is resumed is called in both directions, also without bytes",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const talk = await owner.connect(first);
      await talk.passes("done");
      first.die();
      const next = await owner.resumed(talk, await owner.host(1));
      await next.framesShown(0, 1);
      await next.framesShown(1, 1);
      await talk.passes("goes on");
    },
  },
  {
    name: "what was decided ahead holds for the next host",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const talk = await owner.connect(first);
      talk.client.write("head");
      await talk.shown.shown(0, 4);
      talk.shown.decide(0, PASS(100), STATE("within"), TAKEN);
      await talk.server.gets("head");
      first.die();
      const next = await owner.resumed(talk, await owner.host(1));
      assert.deepEqual(next.open.decided, [100, 0]);
      next.told();
      const body = "b".repeat(96);
      talk.client.write(`${body}behind`);
      await talk.server.gets(body);
      await next.shown(0, 106);
      next.passAll(0);
      await talk.server.gets("behind");
    },
  },
  {
    name: "what waits for a slow client is decided for the next host, and gets there",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const talk = await owner.connect(first);
      const { client } = talk;
      client.pause();
      client.write("?".repeat(ANSWERS));
      await talk.shown.shown(0, ANSWERS);
      for (let count = 0; count < ANSWERS; count++) talk.shown.decide(0, INSERT(1, ANSWER), DROP(1), STATE(""));
      first.die();
      const next = await owner.resumed(talk, await owner.host(1));
      assert.deepEqual(next.open.decided, [ANSWERS, 0]);
      client.resume();
      await client.gets(Buffer.concat(Array(ANSWERS).fill(ANSWER)));
      await talk.passes("goes on");
    },
  },
  {
    name: "the end of a direction is told to the next host as well",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const talk = await owner.connect(first);
      talk.client.write("passedheld");
      talk.client.end();
      await talk.shown.endShown(0);
      talk.shown.decide(0, PASS(6), STATE(""), NOP, ...talk.shown.halves[0].inFlight.map(() => TAKEN));
      await talk.server.gets("passed");
      first.die();
      const next = await owner.resumed(talk, await owner.host(1));
      await next.endShown(0);
      next.passAll(0);
      await talk.server.gets("held");
      await talk.server.isEnded();
    },
  },
  {
    name: "whole frames hold, also if the host ends right behind them; half a frame does not",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const talk = await owner.connect(first);
      talk.client.write("wholehalf");
      await talk.shown.shown(0, 9);
      const whole = talk.shown.decided(0, PASS(5), STATE("whole"));
      const half = talk.shown.decided(0, PASS(4), STATE("half"), NOP, TAKEN);
      first.die(Buffer.concat([whole, half.subarray(0, -3)]));
      await talk.server.gets("whole");
      const next = await owner.resumed(talk, await owner.host(1));
      assert.deepEqual(next.open.decided, [5, 0]);
      await next.shown(0, 9);
      next.decide(0, DROP(4), STATE(""), NOP, TAKEN);
    },
  },
  {
    name: "connections that cannot be resumed are closed, and no other",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const other = await owner.connect(first);
      await other.passes("other");
      const behind = await owner.connect(first);
      const forgetful = await owner.connect(first, false);
      for (const talk of [behind, forgetful]) {
        talk.client.write("passedHELD");
        await talk.shown.shown(0, 10);
        talk.shown.decide(0, PASS(3), STATE("told"));
        talk.shown.decide(0, PASS(3), ...(talk === forgetful ? [STATE("last")] : []), MORE(20), TAKEN);
        await talk.server.gets("passed");
      }
      first.die();
      await behind.isOver();
      await forgetful.isOver();
      await owner.resumed(other, await owner.host(1));
      await other.passes("goes on");
      assert.equal(owner.hosts[1]!.connections.size, 1, "the next host was told of others");
    },
  },
  {
    name: "another version of the extension takes over nothing but what begins",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const used = await owner.connect(first);
      await used.passes("used");
      const fresh = await owner.connect(first);
      fresh.client.write("fresh");
      await fresh.shown.shown(0, 5);
      fresh.shown.decide(0, MORE(6), TAKEN);
      first.die();
      const second = owner.hosts[1]!;
      await second.greeted();
      second.ready(1, [{ ...DECLARED, version: "1.0.1" }]);
      await used.isOver();
      const next = await owner.resumed(fresh, second);
      await next.shown(0, 5);
      next.passAll(0);
      await fresh.server.gets("fresh");
    },
  },
  {
    name: "between two hosts nothing goes on, and nothing is lost",
    hosts: 2,
    async run(owner) {
      const first = await owner.host();
      const talk = await owner.connect(first);
      await talk.passes("first ");
      first.die();
      const second = owner.hosts[1]!;
      await second.greeted();
      talk.client.write("between ");
      const late = await owner.through();
      late.client.write("late");
      second.ready();
      await owner.resumed(talk, second);
      await talk.shown.shown(0, talk.client.length);
      talk.shown.passAll(0);
      await talk.server.gets("between ");
      await owner.resumed(late, second);
      late.shown.passAll(0);
      await late.server.gets("late");
    },
  },
  {
    name: "those that the host was working on go first, one at a time; who ends it twice is closed",
    hosts: 3,
    async run(owner) {
      const first = await owner.host();
      const talks = [await owner.connect(first), await owner.connect(first), await owner.connect(first)] as const;
      for (const talk of talks) await talk.passes("before ");
      const [idle, one, two] = talks;
      const busy = [one, two] as const;
      for (const { client, shown } of busy) {
        client.write("deadly?");
        await shown.shown(0, 14);
      }
      first.die();
      const second = await owner.host(1);
      await owner.watch.until(
        () => second.connections.size > 0,
        () => "OPEN of one of them",
      );
      const [guilty, innocent] = second.isGiven(one.client) ? [one, two] : [two, one];
      await (await owner.resumed(guilty, second)).shown(0, 14);
      assert.equal(second.connections.size, 1, "others are given to the host, too");
      second.die();
      await guilty.isOver();
      const third = await owner.host(2);
      await (await owner.resumed(innocent, third)).shown(0, 14);
      innocent.shown.passAll(0);
      innocent.shown.passAll(1);
      await innocent.server.gets("deadly?");
      await owner.resumed(idle, third);
      await idle.passes("after");
    },
  },
  {
    name: "a host that answers nothing for too long is ended; nothing goes on meanwhile",
    hosts: 2,
    stuckMs: 1000,
    async run(owner) {
      const first = await owner.host();
      const talk = await owner.connect(first);
      talk.client.write("undecided");
      await talk.shown.shown(0, 9);
      await first.isEnded();
      const next = await owner.resumed(talk, await owner.host(1));
      await next.shown(0, 9);
      next.decide(0, DROP(2), STATE(""), PASS(7), STATE(""), NOP, TAKEN);
      await talk.server.gets("decided");
    },
  },
];
