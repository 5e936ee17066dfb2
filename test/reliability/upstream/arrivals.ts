import { appendFileSync, closeSync, openSync, readFileSync, writeSync } from "node:fs";

const ROW_BYTES = 8;

/** How many requests of a connection have arrived; those that policy denies are passed over in counting. */
export interface Arrived {
  /** The header of all requests below this one, and the whole of all below the other. */
  readonly begun: number;
  readonly whole: number;
}

/**
 * What an upstream has seen, in a file: every number is written before its answer leaves, so that it outlives the process,
 * however that ends.
 */
export class ArrivalsWriter {
  private readonly file: number;
  private readonly problemsPath: string;
  private readonly row: Buffer = Buffer.alloc(ROW_BYTES);

  /** @param path May hold what one before has seen. */
  constructor(path: string, problemsPath: string) {
    this.file = openSync(path, "r+");
    this.problemsPath = problemsPath;
  }

  write(connection: number, { begun, whole }: Arrived): void {
    this.row.writeUInt32LE(begun, 0);
    this.row.writeUInt32LE(whole, 4);
    writeSync(this.file, this.row, 0, ROW_BYTES, connection * ROW_BYTES);
  }

  problem(text: string): void {
    appendFileSync(this.problemsPath, `${text}\n`);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** What arrived, by connection. */
export function readArrivals(path: string): (connection: number) => Arrived {
  const bytes = readFileSync(path);
  return (connection) => {
    const at = connection * ROW_BYTES;
    if (at + ROW_BYTES > bytes.length) return { begun: 0, whole: 0 };
    return { begun: bytes.readUInt32LE(at), whole: bytes.readUInt32LE(at + 4) };
  };
}
