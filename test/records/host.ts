// Makes numbered records as fast as it is told to, and sends them to whichever agent is there.
// Arguments: socket, instance, file of the tally, records a turn.
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { RecordSpool, type SpooledBatch } from "../../src/host/records/record-spool.ts";
import { TallyFile } from "../../src/host/records/tally-file.ts";
import { anyConnection } from "../../src/monitor/testing/any-connection.ts";
import { frame, readFrames } from "./wire.ts";

const [socketPath = "", instance = "", tallyPath = "", recordsEach = ""] = process.argv.slice(2);
const RETRY_MS = 5;
const connection = anyConnection();

const tally = new TallyFile(tallyPath, instance, (error) => {
  throw error;
});
const spool = new RecordSpool({ instance, onTurn: (made, acknowledged) => tally.write(made, acknowledged) });

/** One connection to an agent, from its beginning to its end. */
async function talk(): Promise<void> {
  const socket = connect(socketPath);
  const ended = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => {});
  socket.on("connect", () => {
    socket.write(frame(Buffer.from(instance)));
    spool.attach(({ bytes }: SpooledBatch) => void socket.write(frame(bytes)));
  });
  readFrames(socket, (bytes) => spool.acknowledge(bytes.readDoubleBE(0)));
  await ended;
  spool.detach();
}

let stopping = false;
let name = 0;

function make(): void {
  if (stopping) return;
  for (let left = Number(recordsEach); left > 0; left--) {
    spool.record(connection, "Request", "Forwarded", undefined, { instance, name: String(name++) });
  }
  setTimeout(make, 1);
}

process.on("message", async () => {
  stopping = true;
  await spool.settled();
  process.send?.(spool.counts);
});
process.on("disconnect", () => process.exit());
make();
for (;;) {
  await talk();
  await delay(RETRY_MS);
}
