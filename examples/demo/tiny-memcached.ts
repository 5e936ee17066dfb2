import { createServer, type Server, type Socket } from "node:net";

const ITEMS_MAX = 10_000;
const VALUE_BYTES_MAX = 1_048_576;
const LINE_BYTES_MAX = 2_048;

interface Item {
  readonly flags: string;
  readonly value: Buffer;
}

/**
 * As much of a memcached as the demo's story needs, for machines that have none: the text commands get, gets, set, add,
 * replace, delete, flush_all, version and quit, without expiry. Not for any other use.
 */
export function createTinyMemcached(): Server {
  const items = new Map<string, Item>();
  return createServer((socket) => {
    const conversation = new Conversation(items, socket);
    socket.on("data", (chunk) => conversation.receive(chunk));
    socket.on("error", () => socket.destroy());
  });
}

/** One connection: lines, and behind some of them a body. */
class Conversation {
  private readonly items: Map<string, Item>;
  private readonly socket: Socket;
  private undecided: Buffer = Buffer.alloc(0);

  constructor(items: Map<string, Item>, socket: Socket) {
    this.items = items;
    this.socket = socket;
  }

  receive(chunk: Buffer): void {
    this.undecided = Buffer.concat([this.undecided, chunk]);
    while (!this.socket.destroyed) {
      const end = this.undecided.indexOf("\r\n");
      if (end < 0) {
        if (this.undecided.length > LINE_BYTES_MAX) this.refuse("CLIENT_ERROR line too long");
        return;
      }
      const [command = "", ...parameters] = this.undecided.toString("latin1", 0, end).split(" ");
      const used = this.execute(command, parameters, end + 2);
      if (used === 0) return;
      this.undecided = this.undecided.subarray(used);
    }
  }

  /** @returns Bytes of the request with its body; 0 if the body is not complete yet. */
  private execute(command: string, parameters: readonly string[], lineBytes: number): number {
    switch (command) {
      case "get":
      case "gets":
        this.retrieve(parameters, command === "gets");
        return lineBytes;
      case "set":
      case "add":
      case "replace":
        return this.store(command, parameters, lineBytes);
      case "delete":
        this.answer(this.items.delete(parameters[0] ?? "") ? "DELETED" : "NOT_FOUND");
        return lineBytes;
      case "flush_all":
        this.items.clear();
        this.answer("OK");
        return lineBytes;
      case "version":
        this.answer("VERSION 0.0.0-tiny");
        return lineBytes;
      case "quit":
        this.socket.end();
        return lineBytes;
      default:
        this.answer("ERROR");
        return lineBytes;
    }
  }

  private retrieve(keys: readonly string[], withUnique: boolean): void {
    for (const key of keys) {
      const item = this.items.get(key);
      if (item === undefined) continue;
      this.answer(`VALUE ${key} ${item.flags} ${item.value.length}${withUnique ? " 1" : ""}`);
      this.socket.write(item.value);
      this.answer("");
    }
    this.answer("END");
  }

  private store(command: string, parameters: readonly string[], lineBytes: number): number {
    const [key = "", flags = "", , lengthText = "", noreply] = parameters;
    const length = /^\d{1,7}$/.test(lengthText) ? Number(lengthText) : Number.POSITIVE_INFINITY;
    if (key === "" || !(length <= VALUE_BYTES_MAX)) {
      this.refuse("CLIENT_ERROR bad command line format");
      return 0;
    }
    const whole = lineBytes + length + 2;
    if (this.undecided.length < whole) return 0;
    const wanted = command === "set" || (command === "add") !== this.items.has(key);
    const stored = wanted && (this.items.has(key) || this.items.size < ITEMS_MAX);
    if (stored)
      this.items.set(key, { flags, value: Buffer.from(this.undecided.subarray(lineBytes, lineBytes + length)) });
    if (noreply !== "noreply") this.answer(stored ? "STORED" : "NOT_STORED");
    return whole;
  }

  private answer(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  private refuse(line: string): void {
    this.socket.end(`${line}\r\n`);
    this.socket.destroySoon();
  }
}
