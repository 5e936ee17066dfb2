import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import { WeirError } from "../lib/error.ts";
import { draftFile, type FileDraft } from "./file-draft.ts";

/** All entries together; as many bytes are read back at the start. */
const BYTES_MAX = 64 * 1_048_576;
const VERSION = 1;
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

export interface StateFileOptions<Entry> {
  /** What the list is called in the file. */
  readonly member: string;
  readonly entry: z.ZodType<Entry>;
  /** What the entries are, for messages: `the endpoints added through the API`. */
  readonly what: string;
  /** What to do where there are too many. */
  readonly instead: string;
}

/** Keeps a list over restarts in a file that only its owner can read. The file is replaced as a whole. */
export class StateFile<Entry> {
  readonly path: string;
  private readonly options: StateFileOptions<Entry>;

  constructor(path: string, options: StateFileOptions<Entry>) {
    this.path = path;
    this.options = options;
  }

  /** Nothing where there is no file. Throws an Error with the reason where it cannot be understood. */
  async load(): Promise<readonly Entry[]> {
    let text: string;
    try {
      text = await readPlain(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    const { member, entry } = this.options;
    const schema = z.strictObject({ version: z.literal(VERSION), [member]: z.array(entry) });
    const parsed = schema.safeParse(JSON.parse(text));
    if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
    return parsed.data[member] as readonly Entry[];
  }

  /** Writes the list beside the file; `commit` puts it in its place. Throws WEIR_LIMIT_EXCEEDED, WEIR_API_FAILED. */
  async prepare(entries: readonly Entry[]): Promise<FileDraft> {
    const { member, what, instead } = this.options;
    const content = `${JSON.stringify({ version: VERSION, [member]: entries })}\n`;
    if (Buffer.byteLength(content) > BYTES_MAX) {
      throw new WeirError("WEIR_LIMIT_EXCEEDED", `${what} would need more than ${BYTES_MAX} bytes; ${instead}`);
    }
    return draftFile(this.path, content);
  }
}

/** A file as the agent writes it: no link, no pipe and no device is read, and nothing that could not have been saved. */
async function readPlain(path: string): Promise<string> {
  await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ELOOP" ? new Error("it is a symbolic link") : error;
  });
  const found = await file.stat();
  if (!found.isFile()) throw new Error("it is not a plain file");
  if (found.size > BYTES_MAX) throw new Error(`it has ${found.size} bytes, more than the limit of ${BYTES_MAX}`);
  return file.readFile("utf8");
}
