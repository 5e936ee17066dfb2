import type { TestContext } from "node:test";
import type { Memcached } from "../support/memcached.ts";
import { COUNTER_KEY, MARKER_KEYS, OWN_KEYS, READ_ONLY_KEYS, SECRET } from "./generated-request.ts";
import { DirectConnection } from "./real-exchange.ts";

/** A request that policy allows and its reply, which nothing else looks like: ends a stream. */
export const TEXT_END = { bytes: "mg ok-none k Oend\r\n", reply: "EN kok-none Oend\r\n" };

/** A server with its markers, and a connection past the parser. */
export class MarkedServer {
  readonly direct: DirectConnection;
  readonly port: number;

  private constructor(port: number, direct: DirectConnection) {
    this.port = port;
    this.direct = direct;
  }

  static async open(t: TestContext, server: Memcached): Promise<MarkedServer> {
    const direct = await DirectConnection.open(server.port);
    t.after(() => direct.close());
    return new MarkedServer(server.port, direct);
  }

  /** The same state for every run; @returns the markers with their cas values, which change with every write. */
  async reset(): Promise<string> {
    const deletes = OWN_KEYS.map((key) => `delete ${key} noreply\r\n`).join("");
    const sets = MARKER_KEYS.map((key, index) => `set ${key} 0 0 7 noreply\r\n${SECRET}${index}\r\n`).join("");
    const readable = "set ro-1 0 0 8 noreply\r\nreadable\r\ndelete ro-none noreply\r\n";
    const counter = `set ${COUNTER_KEY} 0 0 6 noreply\r\n500000\r\n`;
    await this.direct.ask(
      `${deletes}${readable}${counter}set ok-1 0 0 1 noreply\r\n5\r\n${sets}${TEXT_END.bytes}`,
      TEXT_END.reply,
    );
    return this.markers();
  }

  markers(): Promise<string> {
    // t: a changed expiry; c: any write; k: a missing one answers with its key.
    const gets = [...MARKER_KEYS, ...READ_ONLY_KEYS].map((key) => `mg ${key} k v t c\r\n`).join("");
    return this.direct.ask(gets + TEXT_END.bytes, TEXT_END.reply);
  }
}
