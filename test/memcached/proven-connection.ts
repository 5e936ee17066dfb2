import { memcache } from "../../src/parsers/memcached/parser.ts";
import type { ScriptedConnection, ScriptedRules } from "../../src/proxylib/testing/index.ts";
import { type Connect, connectInProcess } from "../support/talk-tests.ts";
import { packet, response } from "./binary-packet.ts";

/** What the parser sends before the first binary request, and what a binary server answers. */
export const PROBE: string = packet(0x0b, { opaque: 0x0a });
export const PROBE_REPLY: string = response(0x0b, { opaque: 0x0a, value: "1.6.18" });

/** What it sends before the first `ms`. */
export const META_PROBE = "ms weir 0 MZ\r\n\r\nmn\r\n";

/**
 * A connection whose server has shown that it reads the protocol of these bytes, as it has behind the first reply:
 * nothing is held back for that any more.
 */
export function provenConnection(
  l7: ScriptedRules,
  bytes: string,
  connect: Connect = connectInProcess,
): ScriptedConnection {
  const connection = connect(memcache);
  const first = bytes.charCodeAt(0);
  if (first === 0x80) {
    connection.fromClient(packet(0x0b));
    connection.fromServer(PROBE_REPLY);
    connection.fromServer(response(0x0b, { value: "1.6.18" }));
  } else if (first < 0x80) {
    connection.fromClient("ms a 1\r\nx\r\n");
    connection.fromServer("CLIENT_ERROR invalid mode for ms M token\r\nMN\r\n");
    connection.fromServer("HD\r\n");
  }
  connection.takeToServer();
  connection.takeToClient();
  connection.takeOps();
  connection.records.length = 0;
  connection.setPolicy(l7);
  return connection;
}
