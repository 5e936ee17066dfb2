// Speaks memcached's text protocol as a workload of your choice:
//   node bin/node24.mjs examples/demo/ask.ts 127.0.1.2 127.0.0.1:21211 get alliance/fleet/red-five
// For set, give the value behind the key.
import { connect } from "node:net";
import { parseSocketAddress } from "../../src/lib/ip/address.ts";

const [from, to = "", command, key, value] = process.argv.slice(2);
const server = parseSocketAddress(to);
if (from === undefined || server === undefined || command === undefined) {
  console.error("usage: ask.ts FROM-ADDRESS TO-ADDRESS:PORT COMMAND [KEY [VALUE]]");
  process.exit(2);
}
const line = [command, key, ...(value === undefined ? [] : ["0", "0", String(Buffer.byteLength(value))])];
const request = `${line.filter((part) => part !== undefined).join(" ")}\r\n${value === undefined ? "" : `${value}\r\n`}`;

const socket = connect({ host: server.address.toString(), port: server.port, localAddress: from });
socket.on("data", (chunk) => process.stdout.write(chunk));
socket.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
socket.end(request);
