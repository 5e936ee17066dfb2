import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteView } from "../lib/bytes/byte-view.ts";
import type { Connection } from "./connection.ts";
import type { Extension } from "./parser.ts";
import { ScriptedConnection } from "./testing/index.ts";
import { panicParser } from "./testing/parsers/panic-parser.ts";
import { error, inject, more, nop, ParseError, pass, type Verdict } from "./verdict.ts";

type OnData = (reply: boolean, endStream: boolean, data: ByteView) => Verdict | Promise<Verdict>;

function extensionOf(create: (connection: Connection) => OnData): Extension {
  return {
    name: "test.function",
    version: "1.0.0",
    fields: {},
    create: (connection) => ({ onData: create(connection) }),
  };
}

/** Lets settled promises run their handlers. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a parser that throws closes its connection, with its name and message on record", () => {
  const connection = new ScriptedConnection(panicParser);
  connection.fromServer("hello");
  assert.equal(connection.takeToClient(), "hello");
  connection.fromClient("x");
  assert.equal(connection.closeReason?.kind, "parser-error");
  assert.equal(connection.takeToServer(), "");
  assert.deepEqual(connection.records, [
    {
      type: "Denied",
      verdict: "Error",
      rule: undefined,
      fields: { status: "the parser threw Error: the panic parser panics" },
    },
  ]);
  connection.fromClient("more");
  connection.fromServer("more");
  assert.equal(connection.takeToClient(), "", "nothing passes a closed connection");
});

test("what was passed before an exception leaves, nothing behind it does", () => {
  let calls = 0;
  const connection = new ScriptedConnection(
    extensionOf(() => () => {
      if (++calls === 2) throw new TypeError("late");
      return pass(2);
    }),
  );
  connection.fromClient("abcd");
  assert.equal(connection.takeToServer(), "ab");
  assert.match(connection.closeReason?.message ?? "", /TypeError: late/);
});

test("an error reply that was injected leaves before the close", () => {
  const order: string[] = [];
  const connection = new ScriptedConnection(
    extensionOf((own) => (_reply, _end, _data) => {
      own.inject(true, Buffer.from("sorry"));
      return own.fail(ParseError.InvalidFrameType, "no such command", { command: "x" });
    }),
  );
  const { send, close } = connection;
  connection.send = (direction, bytes) => {
    order.push(`send ${Buffer.from(bytes).toString()}`);
    return send.call(connection, direction, bytes);
  };
  connection.close = (reason) => {
    order.push(`close ${reason.message}`);
    close.call(connection, reason);
  };
  connection.fromClient("x");
  assert.deepEqual(order, ["send sorry", "close no such command"]);
  assert.deepEqual(connection.records[0]?.fields, { command: "x", status: "no such command" });
});

test("an error ends the call: the parser is not called again", () => {
  let calls = 0;
  const connection = new ScriptedConnection(
    extensionOf(() => () => {
      calls++;
      return error(ParseError.InvalidFrameType);
    }),
  );
  connection.fromClient("abc");
  connection.fromClient("abc");
  assert.equal(calls, 1);
  assert.equal(connection.closeReason?.kind, "protocol-error");
  assert.equal(connection.records.length, 1);
});

test("counts of zero, below zero and fractions close the connection", () => {
  for (const verdict of [pass(0), pass(-30), more(0), pass(1.5), pass(Number.NaN), 6 as Verdict, -8 as Verdict]) {
    const connection = new ScriptedConnection(extensionOf(() => () => verdict));
    connection.fromClient("abc");
    assert.equal(connection.closeReason?.kind, "parser-error", `verdict ${verdict}`);
    assert.equal(connection.takeToServer(), "");
  }
});

test("what is no verdict at all closes the connection", () => {
  for (const nonsense of [undefined, null, "pass", {}, []]) {
    const connection = new ScriptedConnection(extensionOf(() => () => nonsense as unknown as Verdict));
    connection.fromClient("abc");
    assert.equal(connection.closeReason?.kind, "parser-error", String(nonsense));
    assert.equal(connection.takeToServer(), "");
  }
});

test("what is injected must be bytes", () => {
  const connection = new ScriptedConnection(
    extensionOf((own) => (_reply, _end, data) => {
      own.inject(true, "ERROR\r\n" as unknown as Uint8Array);
      return pass(data.length);
    }),
  );
  connection.fromClient("x");
  assert.match(connection.closeReason?.message ?? "", /TypeError: inject takes bytes/);
  assert.equal(connection.takeToClient() + connection.takeToServer(), "");
});

test("a parser that makes no progress is ended", () => {
  const connection = new ScriptedConnection(
    extensionOf((own) => () => {
      own.inject(false, Buffer.from("!"));
      return inject(1);
    }),
  );
  connection.fromClient("x");
  assert.equal(connection.closeReason?.kind, "parser-error");
  assert.match(connection.closeReason?.message ?? "", /in a row without taking a byte/);
});

test("a promise pauses its direction; the other one goes on", async () => {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const connection = new ScriptedConnection(
    extensionOf(() => (reply, _end, data) => {
      if (data.length === 0) return nop;
      if (reply) return pass(data.length);
      return data.at(0) === 0x3f ? promise : pass(data.length);
    }),
  );
  connection.fromClient("ok");
  connection.fromClient("?");
  connection.fromClient("later");
  assert.equal(connection.takeToServer(), "ok");
  assert.equal(connection.paused.original, true);
  connection.fromServer("reply");
  assert.equal(connection.takeToClient(), "reply");
  resolve(pass(1));
  await settled();
  assert.equal(connection.paused.original, false);
  assert.equal(connection.takeToServer(), "?later");
});

test("the bytes that a promise decides on stay as they were, whatever happens to the chunk", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = "";
  const connection = new ScriptedConnection(
    extensionOf(() => async (_reply, _end, data) => {
      await promise;
      seen = data.text();
      return data.length > 0 ? pass(data.length) : nop;
    }),
  );
  connection.fromClient("abc");
  connection.fromClient("def", true);
  resolve();
  await settled();
  assert.equal(seen === "abcdef" || seen === "", true);
  assert.equal(connection.takeToServer(), "abcdef");
  assert.equal(connection.endSent.original, true, "the end that arrived meanwhile is sent on behind them");
});

test("a promise that rejects closes the connection", async () => {
  const connection = new ScriptedConnection(extensionOf(() => () => Promise.reject(new Error("service is away"))));
  connection.fromClient("abc");
  await settled();
  assert.match(connection.closeReason?.message ?? "", /service is away/);
  assert.equal(connection.takeToServer(), "");
});

test("a promise that settles after the close changes nothing", async () => {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const connection = new ScriptedConnection(
    extensionOf(() => (reply) => (reply ? error(ParseError.InvalidFrameType) : promise)),
  );
  connection.fromClient("abc");
  connection.fromServer("x");
  resolve(pass(3));
  await settled();
  assert.equal(connection.takeToServer(), "");
  assert.equal(connection.records.length, 1);
});

test("a wake-up calls the other direction with what is buffered", () => {
  let release = false;
  const connection = new ScriptedConnection(
    extensionOf((own) => (reply, _end, data) => {
      if (reply) {
        release = true;
        own.wakeUp(false);
        return data.length > 0 ? pass(data.length) : nop;
      }
      if (!release || data.length === 0) return nop;
      return pass(data.length);
    }),
  );
  connection.fromClient("held");
  assert.equal(connection.takeToServer(), "");
  connection.fromServer("go");
  assert.equal(connection.takeToClient(), "go");
  assert.equal(connection.takeToServer(), "held");
});

test("bytes held with nop outlive the end of their stream until the other direction has ended", () => {
  const make = () =>
    new ScriptedConnection(
      extensionOf((own) => {
        let release = false;
        return (reply, _end, data) => {
          if (reply) {
            if (data.length === 0) return nop;
            release = true;
            own.wakeUp(false);
            return pass(data.length);
          }
          return release && data.length > 0 ? pass(data.length) : nop;
        };
      }),
    );
  const woken = make();
  woken.fromClient("held", true);
  assert.equal(woken.endSent.original, false);
  woken.fromServer("go");
  assert.equal(woken.takeToServer(), "held");
  assert.equal(woken.endSent.original, true);

  const ended = make();
  ended.fromClient("held", true);
  ended.fromServer("", true);
  assert.equal(ended.takeToServer(), "", "nothing can wake it any more");
  assert.equal(ended.endSent.original, true);
});

test("a wake-up from outside of any call happens at once; one that never rests closes the connection", () => {
  let own: Connection | undefined;
  let calls = 0;
  let restless = false;
  const connection = new ScriptedConnection(
    extensionOf((created) => {
      own = created;
      return () => {
        calls++;
        if (restless) created.wakeUp(false);
        return nop;
      };
    }),
  );
  own?.wakeUp(false);
  assert.equal(calls, 1, "an empty call without any byte");
  restless = true;
  own?.wakeUp(false);
  assert.equal(connection.closeReason?.kind, "parser-error");
  assert.match(connection.closeReason?.message ?? "", /woke itself/);
});

test("after closed() nothing is called or sent", () => {
  let own: Connection | undefined;
  const connection = new ScriptedConnection(
    extensionOf((created) => {
      own = created;
      return (_reply, _end, data) => (data.length > 0 ? pass(data.length) : nop);
    }),
  );
  connection.fromClient("abc");
  connection.takeToServer();
  connection.disconnect();
  own?.inject(true, Buffer.from("late"));
  own?.wakeUp(false);
  connection.fromClient("abc");
  assert.equal(connection.takeToServer() + connection.takeToClient(), "");
});

test("what a parser injects toward a slow receiver is bounded, whenever it does", () => {
  let connected: Connection | undefined;
  const connection = new ScriptedConnection(
    extensionOf((made) => {
      connected = made;
      return (_reply, _end, data) => (data.length > 0 ? pass(data.length) : nop);
    }),
    { limits: { injectBytesMax: 1000 } },
  );
  connection.congested.reply = true;
  const inject = (): void => connected?.inject(true, Buffer.alloc(400));
  const end = (): string | undefined => connection.closeReason?.kind;
  inject();
  inject();
  assert.equal(end(), undefined);
  connection.drain("reply", true);
  inject();
  inject();
  assert.equal(end(), undefined, "what the receiver has taken does not count");
  inject();
  assert.equal(end(), "limit");
});

test("what a parser injects toward a slow receiver with verdicts is bounded, too", () => {
  const connection = new ScriptedConnection(
    extensionOf((made) => (reply, _end, data) => {
      if (!reply || data.length === 0) return data.length > 0 ? pass(data.length) : nop;
      made.inject(true, Buffer.alloc(400));
      return inject(400);
    }),
    { limits: { injectBytesMax: 1000 } },
  );
  connection.congested.reply = true;
  connection.fromServer("x");
  assert.equal(connection.closeReason?.kind, "limit");
  assert.equal(connection.takeToClient().length, 1200);
});

test("a parser hears once that its connection is over, and may fail at it", () => {
  const heard: string[] = [];
  const hearing = (name: string): Extension => ({
    ...extensionOf(() => () => nop),
    create: () => ({
      onData: () => error(ParseError.InvalidFrameType),
      closed: () => {
        heard.push(name);
        throw new Error("too late");
      },
    }),
  });
  const gone = new ScriptedConnection(hearing("gone"));
  gone.disconnect();
  gone.disconnect();
  const failed = new ScriptedConnection(hearing("failed"));
  failed.fromClient("x");
  failed.disconnect();
  assert.equal(failed.closeReason?.kind, "protocol-error");
  assert.deepEqual(heard, ["gone", "failed"]);
});

test("a direction that ends behind the other one does not wait for it", async () => {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const connection = new ScriptedConnection(extensionOf(() => (reply) => (reply ? nop : promise)));
  connection.fromClient("held", true);
  connection.fromServer("", true);
  assert.deepEqual(connection.endSent, { original: false, reply: true });
  resolve(nop);
  await settled();
  assert.deepEqual(connection.endSent, { original: true, reply: true });
});

test("a parser that remembers goes on in another one's place", () => {
  const counting: Extension = {
    ...extensionOf(() => () => nop),
    create: (connection) => counter(connection, 0),
    restore: (connection, state) => (state.length === 1 ? counter(connection, state[0] as number) : undefined),
  };
  function counter(connection: Connection, from: number): ReturnType<Extension["create"]> {
    let count = from;
    return {
      onData: (_reply, _end, data) => {
        if (data.indexOf(0x0a) < 0) return data.length > 0 ? more(1) : nop;
        count++;
        connection.inject(true, Buffer.from(`${count}\n`));
        return pass(data.indexOf(0x0a) + 1);
      },
      snapshot: () => Buffer.of(count),
    };
  }
  const connection = new ScriptedConnection(counting);
  connection.fromClient("a\nb\nc");
  connection.takeOps();
  assert.equal(connection.restart(), true);
  assert.deepEqual(connection.takeOps(), ["MORE 1", "NOP"], "both directions are called");
  connection.fromClient("\nd\n");
  assert.equal(connection.takeToServer(), "a\nb\nc\nd\n");
  assert.equal(connection.takeToClient(), "1\n2\n3\n4\n");
  assert.equal(new ScriptedConnection(panicParser).restart(), false, "this one remembers nothing");
});
