import { Socket } from "node:net";
import { z } from "zod";
import { checkDeclaration } from "../extension-host/check-extension.ts";
import { LOG_LEVELS } from "../lib/log.ts";
import { BOOTSTRAP_FD, HOST_PROTOCOL_VERSION, type HostBootstrap } from "./bootstrap.ts";

/** Twice what extensions may declare. */
const BYTES_MAX = 4_194_304;
/** An agent that was killed before it had told anything leaves nobody who could. */
const WAIT_MS_MAX = 30_000;

const texts = z.array(z.string());
const count = z.int().positive();

const schema = z.object({
  version: z.literal(HOST_PROTOCOL_VERSION),
  index: z.int().nonnegative(),
  instance: z.string().min(1),
  token: z.string().min(1),
  stateDir: z.string().min(1),
  configFile: z.string().min(1),
  configKey: z.string().min(1),
  extensions: z.array(
    z.object({
      module: z.string().min(1),
      group: z.string().min(1),
      allow: z.object({
        read: texts,
        write: texts,
        network: z.boolean(),
        childProcess: z.boolean(),
        nativeAddons: z.boolean(),
        worker: z.boolean(),
      }),
      declaration: z.unknown().transform(checkDeclaration),
      code: z.string(),
    }),
  ),
  extensionLimits: z.object({
    memoryBytesMax: count,
    bufferedBytesMax: count,
    connectionsMax: count,
    callMs: count,
    answerMs: count,
  }),
  resume: z.boolean(),
  logLevel: z.enum(LOG_LEVELS),
});

/** Reads what the agent tells. Rejects if it tells nothing in time, or something else. */
export async function readBootstrap(): Promise<HostBootstrap> {
  const pieces: Buffer[] = [];
  let length = 0;
  const channel = new Socket({ fd: BOOTSTRAP_FD, readable: true, writable: false });
  const late = setTimeout(
    () => channel.destroy(new Error(`the agent told nothing for ${WAIT_MS_MAX} ms`)),
    WAIT_MS_MAX,
  );
  for await (const piece of channel as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > BYTES_MAX) throw new Error(`the agent told more than ${BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  clearTimeout(late);
  return schema.parse(JSON.parse(Buffer.concat(pieces).toString()));
}
