import assert from "node:assert/strict";
import { test } from "node:test";
import { Direction } from "./io.ts";
import { Outlet } from "./outlet.ts";

function outletOf(): { outlet: Outlet; sent: Uint8Array[]; texts: () => string[]; congest: (yes: boolean) => void } {
  const sent: Uint8Array[] = [];
  let free = true;
  const sender = {
    send: (direction: Direction, bytes: Uint8Array): boolean => {
      assert.equal(direction, Direction.Reply);
      sent.push(bytes);
      return free;
    },
  };
  return {
    outlet: new Outlet(Direction.Reply, sender),
    sent,
    texts: () => sent.map((bytes) => Buffer.from(bytes).toString()),
    congest: (yes) => {
      free = !yes;
    },
  };
}

test("what passed of a chunk leaves in one piece, as the chunk itself where it passed whole", () => {
  const { outlet, sent, texts } = outletOf();
  const chunk = Buffer.from("abcdef");
  outlet.pass(chunk, 0, 2);
  outlet.pass(chunk, 2, 6);
  outlet.release();
  assert.equal(sent[0], chunk);
  outlet.pass(chunk, 1, 3);
  outlet.release();
  outlet.release();
  assert.deepEqual(texts(), ["abcdef", "bc"]);
});

test("other bytes leave behind what passed before them", () => {
  const { outlet, texts } = outletOf();
  const chunk = Buffer.from("abcdef");
  outlet.pass(chunk, 0, 2);
  outlet.make(Buffer.from("MADE"));
  outlet.sendMade(2);
  outlet.sendMade(2);
  outlet.pass(chunk, 2, 4);
  outlet.send(Buffer.from("held"));
  outlet.pass(chunk, 4, 6);
  outlet.flush();
  assert.deepEqual(texts(), ["ab", "MADE".slice(0, 2), "MADE".slice(2), "cd", "held", "ef"]);
  assert.equal(outlet.madeLength, 0);
});

test("bytes that wait for the end of a frame block above a bound, and leave together", () => {
  const { outlet, texts, congest } = outletOf();
  outlet.insertLater(Buffer.from("123"), 5);
  assert.equal(outlet.blocked, false);
  outlet.insertLater(Buffer.from("456"), 5);
  assert.deepEqual([outlet.blocked, outlet.waitingLength], [true, 6]);
  assert.equal(outlet.endFrame(), true);
  assert.deepEqual([outlet.blocked, outlet.waitingLength], [false, 0]);
  assert.equal(outlet.endFrame(), false, "nothing waited");
  congest(true);
  outlet.insertLater(Buffer.from("7"), 5);
  assert.equal(outlet.endFrame(), false);
  assert.equal(outlet.blocked, true, "the receiver is slow");
  outlet.end();
  assert.equal(outlet.blocked, false);
  outlet.insert(Buffer.from("8"));
  assert.equal(outlet.blocked, true);
  assert.deepEqual(texts(), ["123", "456", "7", "8"]);
});
