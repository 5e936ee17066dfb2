import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConnectionRow } from "../client/client-connection.ts";
import type { ClientAnswer, ClientBegin, ClientEnded, ClientOrder } from "../client/messages.ts";
import { within } from "./until.ts";
import { Worker } from "./worker.ts";

const MAIN = fileURLToPath(new URL("../client/main.ts", import.meta.url));

type Order = ClientOrder extends infer One ? (One extends ClientOrder ? Omit<One, "id"> : never) : never;

/** The process that holds the client's connections of one protocol. */
export class Clients {
  /** Of all connections that have ended, in the order of their ends. */
  readonly rows: ConnectionRow[] = [];
  private readonly worker: Worker;
  private readonly logFile: string;
  private readonly wrongByte = Promise.withResolvers<never>();
  private readonly waiting = new Map<number, (answer: ClientAnswer) => void>();
  private ids = 0;

  constructor(begin: ClientBegin, folder: string) {
    this.logFile = join(folder, `${begin.load.protocol}-clients.log`);
    this.worker = new Worker(MAIN, this.logFile);
    this.worker.process.on("message", (message: ClientAnswer | ClientEnded) => {
      if (message.kind === "ended") return this.ended(message.row);
      this.waiting.get(message.id)?.(message);
      this.waiting.delete(message.id);
    });
    this.wrongByte.promise.catch(() => {});
    this.worker.send(begin);
  }

  /** Settles when the order is carried out. A failure tells what every connection does. */
  async order(order: Order, timeoutMs?: number): Promise<ClientAnswer> {
    try {
      return await within(`${order.kind} of clients`, this.ask(order), timeoutMs);
    } catch (error) {
      const lines = await within("a description", this.ask({ kind: "describe" }), 10_000).then(
        (answer) => answer.lines,
        () => [`their process does not answer: ${this.log()}`],
      );
      throw new Error(`${(error as Error).message}\n${lines.join("\n")}`);
    }
  }

  async stop(): Promise<void> {
    await this.worker.stop();
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }

  private ended(row: ConnectionRow): void {
    this.rows.push(row);
    // There is nothing to wait for any more.
    if (row.end === "wrong") this.wrongByte.reject(new Error(`wrong bytes for a client: ${JSON.stringify(row)}`));
  }

  private async ask(order: Order): Promise<ClientAnswer> {
    const id = ++this.ids;
    const answer = new Promise<ClientAnswer>((resolve) => this.waiting.set(id, resolve));
    this.worker.send({ ...order, id });
    const ended = this.worker.ended.then(() => Promise.reject(new Error(`the clients' process ended: ${this.log()}`)));
    return await Promise.race([answer, ended, this.wrongByte.promise]);
  }
}
