import assert from "node:assert/strict";
import type { OwnerCheck } from "../check.ts";
import { FAIL, LOG, NOP, PASS, STATE, TAKEN } from "../operations.ts";
import { RULES } from "../owner-under-test.ts";
import { DECLARED } from "../scripted-host.ts";

/** How a stream and its connections begin, and what is told of policy. */
export const OPENING: readonly OwnerCheck[] = [
  {
    name: "HELLO tells the limits; nothing follows before READY",
    async run(owner) {
      const [host] = owner.hosts;
      const hello = await host!.greeted();
      for (const [name, value] of Object.entries(hello)) assert.ok(value > 0, `HELLO: ${name} is ${value}`);
      const talk = await owner.through();
      talk.client.write("early");
      await owner.watch.lull();
      talk.shown = (await host!.ready().opened(talk.client)).opened();
      await talk.shown.shown(0, 5);
    },
  },
  {
    name: "OPEN tells whose connection it is, and RULES by what it is judged",
    async run(owner) {
      const host = await owner.host();
      const { client, server, shown } = await owner.connect(host);
      const { info, state, observed, decided, rules } = shown.open;
      assert.deepEqual([observed, state, decided], [false, undefined, [0, 0]]);
      assert.equal(info.source.address, `127.0.0.1:${client.port}`);
      assert.equal(info.destination.address, `127.0.0.1:${owner.upstream}`);
      assert.equal(info.port, owner.upstream);
      assert.equal(info.proto, DECLARED.name);
      const told = host.rules.get(rules)!;
      assert.equal(told.extension, DECLARED.name);
      assert.deepEqual(
        told.rules.map(({ fields, deny }) => ({ fields, ...(deny === true && { deny }) })),
        RULES,
      );
      for (const { decision } of told.rules) {
        assert.ok(decision > 0, "a rule without a number");
        shown.decide(0, LOG(rules, decision, { word: "yes" }));
      }
      client.write("on");
      await shown.shown(0, 2);
      shown.decide(0, PASS(2), NOP, TAKEN);
      await server.gets("on");
    },
  },
  {
    name: "connections have numbers of their own, and rules are told once",
    async run(owner) {
      const host = await owner.host();
      const talks = [await owner.connect(host), await owner.connect(host), await owner.connect(host)];
      assert.equal(new Set(talks.map(({ shown }) => shown.open.info.id)).size, 3, "two connections have one id");
      assert.equal(host.rules.size, 1, "the same rules have two numbers");
      for (const [at, talk] of talks.entries()) await talk.passes(`connection ${at}`);
    },
  },
  {
    name: "a host that speaks another version is not used",
    hosts: 2,
    async run(owner) {
      const [first] = owner.hosts;
      const talk = await owner.through();
      talk.client.write("waits");
      await first!.greeted();
      first!.ready(2);
      await first!.isEnded();
      assert.equal(first!.connections.size, 0, "it was given a connection");
      const next = await owner.host(1);
      await (await owner.resumed(talk, next)).shown(0, 5);
    },
  },
  ...[
    { which: "with other fields", declared: [{ ...DECLARED, version: "2.0.0", fields: {} }] },
    { which: "without the extension", declared: [{ ...DECLARED, name: "weir.other" }] },
  ].map(
    ({ which, declared }): OwnerCheck => ({
      name: `a host ${which} gets no connection`,
      async run(owner) {
        const host = owner.hosts[0]!;
        await host.greeted();
        const early = await owner.through();
        early.client.write("early");
        await owner.watch.lull();
        host.ready(1, declared);
        await early.client.isEnded();
        const late = await owner.dial();
        late.client.write("late");
        await late.client.isEnded();
        assert.equal(host.connections.size, 0, "it was given a connection");
      },
    }),
  ),
  {
    name: "a connection that is REFUSED is closed, and no other",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      for (const why of [1, 2, 3, 4]) {
        const talk = await owner.through();
        talk.client.write("refused");
        talk.shown = await host.opened(talk.client);
        talk.shown.refused(why, "because");
        await talk.isOver();
        await talk.shown.closed();
        await other.passes(`${why}`);
      }
    },
  },
  {
    name: "an error verdict closes the connection behind what was decided before, and no other",
    async run(owner) {
      const host = await owner.host();
      const other = await owner.connect(host);
      const talk = await owner.connect(host);
      talk.client.write("goodBAD");
      await talk.shown.shown(0, 7);
      talk.shown.fail(0, PASS(4), STATE(""), FAIL("bad"), PASS(3));
      await talk.server.gets("good");
      await talk.isOver();
      await talk.shown.closed();
      await other.passes("other");
    },
  },
  {
    name: "other rules are told at once, and hold for the next bytes",
    async run(owner) {
      const host = await owner.host();
      const talk = await owner.connect(host);
      await talk.passes("before");
      const first = talk.shown.rules;
      owner.change([{ fields: { word: "other" } }]);
      await owner.watch.until(
        () => talk.shown.rules !== first,
        () => "UPDATE",
      );
      const [rule] = host.rules.get(talk.shown.rules)!.rules;
      assert.deepEqual(rule?.fields, { word: "other" });
      await talk.passes("after");
      const next = await owner.connect(host);
      assert.equal(next.shown.rules, talk.shown.rules);
      await next.passes("next");
      await owner.watch.until(
        () => !host.rules.has(first),
        () => `FORGET of rules ${first}, which nobody goes by`,
      );
    },
  },
];
