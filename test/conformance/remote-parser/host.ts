// The extension host of weir with the reference extensions, on file descriptor 3: what `npm test` puts to the conformance test.
import { Socket } from "node:net";
import { createExtensionHostSession } from "../../../src/remote-parser/extension-host-session.ts";
import { forgetful, reference } from "./reference-extension.ts";

const socket = new Socket({ fd: 3 });
const session = createExtensionHostSession({
  extensions: [reference, forgetful],
  link: {
    send: (frames) => socket.write(frames),
    atTurnEnd: (flush) => void setImmediate(flush),
    broken: () => void socket.destroy(),
  },
});
socket.on("data", (bytes) => session.receive(bytes));
socket.on("drain", () => session.drained());
socket.on("error", () => socket.destroy());
