// Replies that only a real server gives in full: dumps and the log stream.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { memcache } from "../../src/parsers/memcached/parser.ts";
import { ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { memcachedOrSkip } from "../support/memcached.ts";
import { DirectConnection, throughParser } from "./real-exchange.ts";

/** No crawler works by itself: it would answer BUSY to whoever wants a dump at that moment. */
const QUIET = { options: ["-o", "no_lru_maintainer"] };

describe("memcache: administration of a real server", () => {
  it("a dump, statistics of every kind, and what is behind them", async (t) => {
    const server = await memcachedOrSkip(t, QUIET);
    if (server === undefined) return;
    const bytes = [
      "set a 0 0 1\r\nx\r\n",
      "lru_crawler metadump all\r\n",
      "get a\r\n",
      ...["", " items", " slabs", " sizes", " conns", " settings", " cachedump 1 10", " detail on", " detail dump"].map(
        (group) => `stats${group}\r\n`,
      ),
      "stats reset\r\nstats sizes_enable\r\nstats nonsense\r\n",
      "verbosity 0\r\ncache_memlimit 64\r\nslabs automove 0\r\nlru tune 10 25 0.1 2.0\r\nlru_crawler tocrawl 0\r\nmisbehave\r\n",
      "flush_all\r\nversion\r\nmg last Oend\r\n",
    ].join("");
    const outcome = await throughParser(server.port, [{}], [Buffer.from(bytes)], "EN Oend\r\n");
    assert.equal(outcome.closeReason, undefined);
    assert.match(outcome.toClient, /^STORED\r\nkey=a exp=-1 .*\nEND\r\nVALUE a 0 1\r\nx\r\nEND\r\nSTAT pid/);
    assert.match(
      outcome.toClient,
      /RESET\r\nSTAT sizes_status enabled\r\nERROR\r\nOK\r\nOK\r\nOK\r\nOK\r\nOK\r\nERROR\r\nOK\r\nVERSION /,
    );
  });

  it("a denial behind each of them", async (t) => {
    const server = await memcachedOrSkip(t, QUIET);
    if (server === undefined) return;
    const rules = [{ command: "lru_crawler" }, { command: "stats" }, { command: "get" }];
    const bytes =
      "lru_crawler metadump all\r\nset a 0 0 1\r\nx\r\nstats sizes_enable\r\nset b 0 0 1\r\nx\r\nmg last Oend\r\n";
    const outcome = await throughParser(server.port, rules, [Buffer.from(bytes)], "EN Oend\r\n");
    const denied = "CLIENT_ERROR access denied\r\n";
    assert.equal(outcome.toClient, `END\r\n${denied}STAT sizes_status enabled\r\n${denied}EN Oend\r\n`);
  });

  it("watch shows what others do", async (t) => {
    const server = await memcachedOrSkip(t);
    if (server === undefined) return;
    const socket = connect(server.port, "127.0.0.1");
    t.after(() => socket.destroy());
    await once(socket, "connect");
    const connection = new ScriptedConnection(memcache);
    let toClient = "";
    const watched = new Promise<void>((resolve) => {
      socket.on("data", (bytes) => {
        connection.fromServer(bytes);
        toClient += connection.takeToClient();
        if (toClient === "OK\r\n") void work();
        if (toClient.includes("key=seen")) resolve();
      });
    });
    const work = async (): Promise<void> => {
      const direct = await DirectConnection.open(server.port);
      await direct.ask("get seen\r\n", "END\r\n");
      direct.close();
    };
    connection.fromClient("watch fetchers\r\n");
    socket.write(connection.takeToServer(), "latin1");
    await watched;
    assert.equal(connection.closeReason, undefined);
  });
});
