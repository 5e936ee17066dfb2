import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
const OWNER_ONLY = 0o600;
const WRITABLE_BY_OTHERS = 0o022;
const NEWLINE = 0x0a;

const NO_PLAIN_FILE = "it is no plain file; name one, and use `weir monitor --json` for records on standard output";
/** Links of the system to a process's own open files. */
const STREAMS = /^\/dev\/(stdin|stdout|stderr|fd\/)|^\/proc\//;
const CAUSES: Readonly<Record<string, string>> = {
  ELOOP: "it is a symbolic link, which somebody could turn elsewhere; name the file itself",
  EISDIR: "it is a directory; name a file in it",
  ENOENT: "its directory does not exist; make it first",
  ENOTDIR: "a part of its path is no directory",
};

/** An open log file. */
export interface LogFile {
  /** The last line has no end: somebody was interrupted while writing it. */
  readonly torn: boolean;
  /** Appends the bytes from `offset` on, perhaps not all of them. @returns How many. */
  append(bytes: Uint8Array, offset: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens the file at a path for appending. */
export type OpenLogFile = (path: string) => Promise<LogFile>;

/**
 * Opens a log file; makes it, readable by its owner alone, where there is none. What stands there must be a plain file of
 * ours that nobody else can write: who reads the log must be able to trust it, and a link or a pipe put there by somebody
 * else must not make us write elsewhere or wait.
 */
export const openLogFile: OpenLogFile = async (path) => {
  const file = await openNoLink(path);
  try {
    const torn = await isTorn(file, await checkedSize(file));
    return {
      torn,
      append: async (bytes, offset) => (await file.write(bytes, offset)).bytesWritten,
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** Names the code of the system's error, too: it can be looked up. */
async function openNoLink(path: string): Promise<FileHandle> {
  try {
    return await open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, OWNER_ONLY);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const cause = code === "ELOOP" && STREAMS.test(path) ? NO_PLAIN_FILE : CAUSES[code];
    throw new Error(cause === undefined ? message : `${cause} (${code})`, { cause: error });
  }
}

async function checkedSize(file: FileHandle): Promise<number> {
  const stats = await file.stat();
  if (!stats.isFile()) throw new Error(NO_PLAIN_FILE);
  const ours = process.geteuid?.();
  if (ours !== undefined && stats.uid !== ours) {
    throw new Error(`the file belongs to user ${stats.uid}, and weir runs as user ${ours}`);
  }
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) throw new Error("others may write to it; run `chmod go-w` on it");
  return stats.size;
}

async function isTorn(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] !== NEWLINE;
}
