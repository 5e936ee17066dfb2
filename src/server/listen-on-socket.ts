import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { SOCKET_PATH_BYTES_MAX } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";

/** A server of whatever kind. */
interface Listening {
  listen(where: { readonly path: string }): Promise<unknown>;
}

/**
 * Opens the server on a Unix socket that only the owner can connect to (mode 0600 from the first moment on). A socket
 * that a dead agent left is replaced. Throws WEIR_CONFIG_INVALID where a live one answers or the path is no socket.
 */
export async function listenOnSocket(server: Listening, path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new WeirError(
      "WEIR_CONFIG_INVALID",
      `the socket path ${path} is longer than ${SOCKET_PATH_BYTES_MAX} bytes, which Linux does not allow: choose a shorter stateDir`,
    );
  }
  await removeStale(path);
  const before = process.umask(0o177);
  try {
    await server.listen({ path });
  } finally {
    process.umask(before);
  }
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new WeirError("WEIR_CONFIG_INVALID", `${path} exists and is not a socket: move it away`);
  }
  if (await answers(path)) {
    throw new WeirError(
      "WEIR_CONFIG_INVALID",
      `another agent listens on ${path}: stop it, or give this one another stateDir`,
    );
  }
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
