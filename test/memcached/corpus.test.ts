// What real clients send and get, captured between them and a real memcached: all of it must be understood.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cuts } from "../../src/proxylib/testing/index.ts";
import { provenConnection } from "./proven-connection.ts";

interface Capture {
  readonly client: string;
  readonly server: string;
  /** The log of all its connections. */
  readonly log: readonly string[];
  readonly connections: readonly (readonly { readonly from: "client" | "server"; readonly hex: string }[])[];
}

const folder = join(import.meta.dirname, "corpus");

function replay(capture: Capture, way: number): readonly string[] {
  const log: string[] = [];
  for (const exchange of capture.connections) {
    const connection = provenConnection([{}], Buffer.from(exchange[0]?.hex ?? "", "hex").toString("latin1"));
    for (const { from, hex } of exchange) {
      const bytes = Buffer.from(hex, "hex");
      for (const piece of cuts(bytes)[way]?.pieces ?? []) {
        if (from === "client") connection.fromClient(piece);
        else connection.fromServer(piece);
      }
      const passed = from === "client" ? connection.takeToServer() : connection.takeToClient();
      assert.equal(connection.closeReason?.message, undefined);
      assert.equal(passed, bytes.toString("latin1"));
    }
    log.push(...connection.records.map(({ type, fields }) => `${type} ${Object.values(fields).join(" ")}`));
  }
  return log;
}

describe("memcache: captured talks of real clients pass unchanged", () => {
  for (const file of readdirSync(folder)) {
    const capture = JSON.parse(readFileSync(join(folder, file), "utf8")) as Capture;
    it(`${capture.client} with ${capture.server}`, () => {
      for (let way = 0; way < cuts("").length; way++) assert.deepEqual(replay(capture, way), capture.log);
    });
  }
});
