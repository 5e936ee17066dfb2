import { describe } from "node:test";
import { exchangeTests } from "./exchange-case.ts";

const DENIED = "CLIENT_ERROR access denied\r\n";

describe("memcache, text: administration", () => {
  exchangeTests([
    {
      name: "statistics end with END, RESET, OK or an error",
      l7: [{ command: "stats" }],
      steps: [
        ["client", "stats\r\nstats reset\r\nstats detail on\r\nstats detail dump\r\nstats items\r\nget a\r\n"],
        ["server", "STAT pid 1\r\nSTAT END 2\r\nEND\r\n"],
        ["server", "RESET\r\nOK\r\nPREFIX a get 1\r\nEND\r\nEND\r\n"],
      ],
      toClient: `STAT pid 1\r\nSTAT END 2\r\nEND\r\nRESET\r\nOK\r\nPREFIX a get 1\r\nEND\r\nEND\r\n${DENIED}`,
    },
    {
      name: "a statistics group whose reply has no END: the denial behind it comes behind a fence",
      l7: [{ command: "stats" }],
      steps: [
        ["client", "stats sizes_enable\r\nget a\r\n"],
        ["server", "STAT sizes_status enabled\r\n"],
        ["server", "MN\r\n"],
      ],
      toServer: "stats sizes_enable\r\nmn\r\n",
      toClient: `STAT sizes_status enabled\r\n${DENIED}`,
    },
    {
      name: "requests behind a dump wait for its end",
      steps: [
        ["client", "lru_crawler metadump all\r\nget a\r\n"],
        ["server", "key=a exp=-1 la=1 cas=1 fetch=no cls=1 size=62\nkey=END exp=-1\nEND\r\n"],
        ["server", "END\r\n"],
      ],
      toServer: "lru_crawler metadump all\r\nget a\r\n",
      log: ["Request lru_crawler", "Request get a"],
    },
    {
      name: "a dump waits for what is outstanding; meanwhile nothing behind it passes",
      steps: [["client", "get a\r\nlru_crawler metadump all\r\nget b\r\n"]],
      toServer: "get a\r\n",
    },
    {
      name: "a dump that is refused is one line",
      l7: [{ command: "lru_crawler" }],
      steps: [
        ["client", "lru_crawler metadump all\r\n"],
        ["server", "BUSY currently processing crawler request\r\n"],
        ["client", "lru_crawler crawl all\r\nget a\r\n"],
        ["server", "OK\r\n"],
      ],
      toClient: `BUSY currently processing crawler request\r\nOK\r\n${DENIED}`,
    },
    {
      name: "watch turns the connection into a stream of lines",
      steps: [
        ["client", "watch fetchers\r\n"],
        ["server", "OK\r\nts=1.0 gid=1 type=item_get key=a status=found\n"],
        ["server", "VALUE a 0 100\r\n"],
      ],
      toClient: "OK\r\nts=1.0 gid=1 type=item_get key=a status=found\nVALUE a 0 100\r\n",
    },
    {
      name: "bytes behind watch",
      steps: [
        ["client", "watch fetchers\r\n"],
        ["server", "OK\r\n"],
        ["client", "get a\r\n"],
      ],
      toServer: "watch fetchers\r\n",
      closed: /behind watch/,
    },
    {
      name: "a watch that is refused leaves the connection as it is",
      steps: [
        ["client", "watch fetchers\r\nget a\r\n"],
        ["server", "CLIENT_ERROR watch commands not allowed\r\n"],
        ["server", "END\r\n"],
      ],
      toServer: "watch fetchers\r\nget a\r\n",
      toClient: "CLIENT_ERROR watch commands not allowed\r\nEND\r\n",
    },
    {
      name: "a denied quit is answered and the connection stays",
      l7: [{ command: "get" }],
      steps: [
        ["client", "quit\r\nget a\r\n"],
        ["server", "END\r\n"],
      ],
      toServer: "get a\r\n",
      toClient: `${DENIED}END\r\n`,
    },
    {
      name: "an allowed quit passes",
      steps: [["client", "quit\r\n"]],
      toServer: "quit\r\n",
      toClient: "",
    },
    {
      name: "administration is one line each",
      steps: [
        [
          "client",
          "verbosity 1\r\ncache_memlimit 64\r\nslabs automove 0\r\nlru mode flat\r\nversion\r\nflush_all -1\r\nmisbehave\r\nshutdown x\r\n",
        ],
        ["server", "OK\r\nOK\r\nOK\r\nOK\r\nVERSION 1.6.18\r\nOK\r\nERROR\r\nCLIENT_ERROR invalid shutdown mode\r\n"],
      ],
      toClient: "OK\r\nOK\r\nOK\r\nOK\r\nVERSION 1.6.18\r\nOK\r\nERROR\r\nCLIENT_ERROR invalid shutdown mode\r\n",
    },
  ]);
});
