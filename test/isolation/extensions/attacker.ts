import { spawn } from "node:child_process";
import { closeSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { type Connection, defineExtension, drop, more, nop, pass, type Verdict } from "weir/proxylib";
import { fields, LinesParser } from "./lines.ts";

const CHANNEL_FD = 3;
const KEPT: unknown[] = [];
const BYTES = Buffer.alloc(65_536, "x\n");

/** What is no verdict. */
const NONSENSE: readonly unknown[] = [
  ...["pass", Number.NaN, -1, 0.5, {}, null, undefined, true, Symbol("pass"), () => pass(1), 10n],
  ...[pass(0), pass(-1), pass(1.5), pass(Number.POSITIVE_INFINITY), drop(Number.NaN), 2, 6, 7, 10.5],
];

type Attack = (connection: Connection, length: number, argument: string) => unknown;

/** What a line `!name argument` does in place of a decision. Without a result, the line is dropped. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  throw() {
    throw new Error("boom");
  },
  throwLater: () =>
    void setImmediate(() => {
      throw new Error("boom");
    }),
  rejectLater: () => void Promise.reject(new Error("boom")),
  reject: () => Promise.reject(new Error("boom")),
  never: () => new Promise(() => {}),
  nonsense: (_connection, _length, argument) => NONSENSE[Number(argument)],
  nonsenseLater: (_connection, _length, argument) => Promise.resolve(NONSENSE[Number(argument)]),
  passMore: () => pass(2 ** 40),
  dropMore: () => drop(2 ** 40),
  wait: () => more(2 ** 40),
  hold: () => nop,
  loop() {
    for (;;);
  },
  loopLater: () =>
    void setTimeout(() => {
      for (;;);
    }),
  sleep: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  leakHeap: () => void setInterval(() => KEPT.push(new Array(1e6).fill(Math.random())), 1),
  leakBuffers: () => void setInterval(() => KEPT.push(Buffer.alloc(1e7, 1)), 5),
  leakAtOnce() {
    for (;;) KEPT.push(Buffer.alloc(1e7, 1));
  },
  injectAtOnce(connection) {
    for (let count = 0; count < 10_000; count++) connection.inject(true, BYTES);
  },
  injectToServer(connection) {
    for (let count = 0; count < 10_000; count++) connection.inject(false, BYTES);
  },
  injectForEver: (connection) => void setInterval(() => connection.inject(true, BYTES), 0),
  wakeForEver(connection) {
    const wake = (): void => {
      for (let count = 0; count < 1_000; count++) connection.wakeUp(count % 2 === 0);
      setImmediate(wake);
    };
    wake();
  },
  logForEver(connection) {
    const log = (): void => {
      for (let count = 0; count < 1_000; count++) connection.log("Request", { line: `flood ${count}` });
      setImmediate(log);
    };
    log();
  },
  printForEver: () =>
    void setInterval(() => {
      for (let count = 0; count < 1_000; count++) process.stderr.write('{"level":"error","msg":"forged"}\r\u001b[2J\n');
    }, 1),
  exit: () => process.exit(7),
  abort: () => process.abort(),
  killItself: () => process.kill(process.pid, "SIGKILL"),
  killGroup: () => process.kill(0, "SIGKILL"),
  // DECIDED with nothing in them, of a connection that was there: for as long as anybody listens.
  noise() {
    const frame = Buffer.from([0, 0, 0, 14, 0x84, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
    const noise = Buffer.concat(Array(1000).fill(frame));
    for (let at = 0; ; ) {
      try {
        at = (at + writeSync(CHANNEL_FD, noise, at)) % noise.length;
      } catch {
        // It is full.
      }
    }
  },
  garbage: () => void writeSync(CHANNEL_FD, Buffer.alloc(100_000, 0xa5)),
  closeChannel: () => void closeSync(CHANNEL_FD),
  fork: () => void spawn("/bin/sh", ["-c", "sleep 600"]),
  write: (_connection, _length, path) => writeFileSync(path, "written"),
  read: (_connection, _length, path) => void readFileSync(path),
  signal: (_connection, _length, pid) => void process.kill(Number(pid), "SIGKILL"),
  addon: () => process.dlopen({ exports: {} }, "/lib/none.node"),
  tcp: (connection, length, argument) => {
    const [host, port] = argument.split(":");
    return reached(connection, length, connect(Number(port), host));
  },
  unix: (connection, length, path) => reached(connection, length, connect(path)),
};

/** Sends past weir what it would never have let through; a record tells what came of it. */
function reached(connection: Connection, length: number, socket: ReturnType<typeof connect>): Promise<Verdict> {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const tell = (result: string): void => {
    connection.log("Denied", { line: `reached: ${result}` });
    resolve(drop(length));
  };
  socket.on("connect", () => socket.end("smuggled\n", () => tell("yes")));
  socket.on("error", (error: NodeJS.ErrnoException) => tell(error.code ?? error.message));
  return promise;
}

class Attacker extends LinesParser {
  protected override onLine(line: string, length: number): Verdict | Promise<Verdict> {
    const [, name = "", argument = ""] = /^!(\w+) ?(.*)$/.exec(line) ?? [];
    const attack = ATTACKS[name];
    if (attack === undefined) return super.onLine(line, length);
    const result = attack(this.connection, length, argument);
    return result === undefined && !name.startsWith("nonsense") ? drop(length) : (result as Verdict);
  }
}

export default defineExtension({
  name: "attacker",
  version: "1.0.0",
  fields,
  create: (connection) => new Attacker(connection),
});
