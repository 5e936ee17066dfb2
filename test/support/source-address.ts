// Gives every outgoing TCP connection of this process the local address in WEIR_SOURCE_ADDRESS. On one machine each
// 127.x.y.z stands for a workload; client libraries rarely let their users choose it.
//   WEIR_SOURCE_ADDRESS=127.0.1.1 node --import ./test/support/source-address.ts client.js
import { connectFrom } from "./connect-from.ts";

const address = process.env["WEIR_SOURCE_ADDRESS"];
if (address === undefined) throw new Error("WEIR_SOURCE_ADDRESS names no local address");
connectFrom(() => address);
