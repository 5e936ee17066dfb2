// Takes the records of hosts into an access log, as an agent does. Arguments: socket, access log, directory of the tallies.
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { AccessLog } from "../../src/accesslog/access-log.ts";
import { LoggedTail } from "../../src/accesslog/logged-tail.ts";
import { readTallyFile } from "../../src/agent/records/read-tally-file.ts";
import { RecordReceiver } from "../../src/agent/records/record-receiver.ts";
import type { HostIdentity } from "../../src/api/host-identity.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { EventRing } from "../../src/monitor/event-ring.ts";
import { frame, readFrames } from "./wire.ts";

const [socketPath = "", logPath = "", tallies = ""] = process.argv.slice(2);
const ring = new EventRing();
const fail = (reason: unknown): void => {
  throw new Error(String(reason));
};
const log = await AccessLog.open(ring, { path: logPath, onFailure: fail, onRecovered: fail });
const tail = await LoggedTail.open(logPath);
const receiver = new RecordReceiver({
  sink: ring,
  logged: () => log.logged(),
  tail,
  tallyOf: ({ index }) => readTallyFile(join(tallies, `records-${index}`)),
  logger: silentLogger,
});

rmSync(socketPath, { force: true });
createServer((socket) => {
  let owner: HostIdentity | undefined;
  socket.on("error", () => {});
  socket.on("close", () => owner !== undefined && receiver.closed(owner));
  readFrames(socket, (bytes) => {
    if (owner === undefined) {
      const instance = bytes.toString();
      owner = { instance, index: Number(instance.split("-")[0]) };
      return;
    }
    const { instance } = owner;
    receiver.receive(owner, Buffer.from(bytes)).then(
      (next) => {
        const answer = Buffer.alloc(8);
        answer.writeDoubleBE(next);
        socket.write(frame(answer));
        process.send?.({ heard: instance });
      },
      () => socket.destroy(),
    );
  });
}).listen(socketPath, () => process.send?.({ ready: true }));

process.on("message", async (ended: HostIdentity) => {
  process.send?.({ ended: ended.instance, lost: await receiver.hostEnded(ended), unread: receiver.refused + log.lost });
});
process.on("disconnect", () => process.exit());
