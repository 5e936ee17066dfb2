import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A statement of a batch, or alone. Values are given where it is prepared. */
export interface DriverStatement {
  readonly cql: string;
  readonly values?: readonly (string | number | boolean)[];
}

/** What a driver's user sees: rows, each value as text; or the class of the error, by the names of CQL. */
export type DriverOutcome =
  | { readonly rows: readonly (readonly string[])[] }
  | { readonly error: string; readonly message: string };

export interface ConnectOptions {
  /** `address:port` of the first server that it asks. */
  readonly target: string;
  /** Highest version to speak; default: the driver decides. */
  readonly version?: number;
  /** Connections to each server; not all drivers can. */
  readonly connections?: number;
  /** The address to connect to, instead of an announced one. */
  readonly translate?: Readonly<Record<string, string>>;
}

/** A connected session of a driver. */
export interface DriverSession {
  /** The version that they agreed on. */
  readonly version: number;
  /** How bodies are compressed on the connection that it opened first; empty: not at all; undefined: the driver cannot. */
  readonly compression: string | undefined;
  execute(cql: string): Promise<DriverOutcome>;
  /** Prepares, unless this session has; or executes what another one has prepared, where the driver can. */
  executePrepared(statement: DriverStatement, preparedBy?: DriverSession): Promise<DriverOutcome>;
  batch(children: readonly DriverStatement[], prepared: boolean): Promise<DriverOutcome>;
  /** Addresses of servers that it knows, sorted. */
  servers(): Promise<string[]>;
  close(): Promise<void>;
}

/** A real client library in a process of its own, all of whose connections come from one address. */
export interface DriverProcess extends AsyncDisposable {
  /** Fails with a {@link DriverError} if there is no connection. */
  connect(options: ConnectOptions): Promise<DriverSession>;
}

/** What the driver said when it could not do what it was asked. */
export class DriverError extends Error {}

type Answer = Readonly<Record<string, unknown>> & { readonly failed?: string };

/** Talks with the program in lines of JSON: one command, one answer, in order. */
class Conversation {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;
  private readonly ended: Promise<unknown>;
  private errors = "";
  private last: Promise<unknown> = Promise.resolve();

  constructor(program: string, parameters: readonly string[], from: string) {
    const env = { ...process.env, WEIR_SOURCE_ADDRESS: from };
    this.child = spawn(program, parameters, { stdio: ["pipe", "pipe", "pipe"], env });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.errors = (this.errors + text).slice(-10_000);
    });
    this.child.stdin?.on("error", () => {});
    this.answers = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    this.ended = once(this.child, "close");
    // Errors of starting are told by the first command that has no answer.
    this.ended.catch(() => {});
    process.once("exit", this.kill);
  }

  private readonly kill = (): void => void this.child.kill("SIGKILL");

  ask(command: object): Promise<Answer> {
    const answer = this.last.then(async () => {
      this.child.stdin?.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await this.answers.next();
      if (done === true) throw new Error(`the driver's process ended:\n${this.errors}`);
      const parsed = JSON.parse(value) as Answer;
      if (parsed.failed !== undefined) throw new DriverError(parsed.failed);
      return parsed;
    });
    this.last = answer.catch(() => {});
    return answer;
  }

  async end(): Promise<void> {
    this.kill();
    await this.ended;
    process.off("exit", this.kill);
  }
}

/** Starts a program that reads commands (see cassandra-client.ts and python-client.py) from its standard input. */
export function startDriver(program: string, parameters: readonly string[], from: string): DriverProcess {
  const conversation = new Conversation(program, parameters, from);
  let sessions = 0;
  const names = new WeakMap<DriverSession, string>();
  const outcome = async (command: object): Promise<DriverOutcome> =>
    (await conversation.ask(command)) as unknown as DriverOutcome;
  return {
    async connect(options) {
      const session = String(sessions++);
      const { version, compression } = await conversation.ask({ op: "connect", session, ...options });
      const connected: DriverSession = {
        version: Number(version),
        compression: compression === undefined ? undefined : String(compression),
        execute: (cql) => outcome({ op: "execute", session, cql }),
        executePrepared: (statement, by) =>
          outcome({ op: "prepared", session, ...statement, by: by === undefined ? session : names.get(by) }),
        batch: (children, prepared) => outcome({ op: "batch", session, children, prepared }),
        servers: async () => (await conversation.ask({ op: "servers", session }))["servers"] as string[],
        close: async () => void (await conversation.ask({ op: "close", session })),
      };
      names.set(connected, session);
      return connected;
    },
    [Symbol.asyncDispose]: () => conversation.end(),
  };
}
