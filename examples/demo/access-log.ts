import { watch } from "node:fs";
import { open } from "node:fs/promises";
import type { AccessLogRecord } from "../../src/api/access-log-record.ts";

const WAIT_MS = 10_000;

/** Follows the access log's file: JSON lines. */
export class AccessLogFollower {
  readonly records: AccessLogRecord[] = [];
  readonly lines: string[] = [];
  private readonly path: string;
  private offset = 0;
  private rest = "";

  constructor(path: string) {
    this.path = path;
  }

  /** The first record from index `from` that fits, as soon as it is in the file; undefined if it does not come. */
  async find(from: number, fits: (record: AccessLogRecord) => boolean): Promise<AccessLogRecord | undefined> {
    const { promise, resolve } = Promise.withResolvers<AccessLogRecord | undefined>();
    let busy = false;
    let again = false;
    const look = async (): Promise<void> => {
      again = true;
      if (busy) return;
      busy = true;
      while (again) {
        again = false;
        await this.read();
        const found = this.records.slice(from).find(fits);
        if (found !== undefined) resolve(found);
      }
      busy = false;
    };
    const watcher = watch(this.path, () => void look());
    const timer = setTimeout(() => resolve(undefined), WAIT_MS);
    await look();
    return await promise.finally(() => {
      clearTimeout(timer);
      watcher.close();
    });
  }

  private async read(): Promise<void> {
    await using file = await open(this.path);
    const { size } = await file.stat();
    if (size <= this.offset) return;
    const chunk = Buffer.alloc(size - this.offset);
    const { bytesRead } = await file.read(chunk, 0, chunk.length, this.offset);
    this.offset += bytesRead;
    const lines = (this.rest + chunk.toString("utf8", 0, bytesRead)).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      this.lines.push(line);
      this.records.push(JSON.parse(line) as AccessLogRecord);
    }
  }
}
