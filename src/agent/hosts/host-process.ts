import type { HostBootstrap } from "../../host/bootstrap.ts";

/** A host process, whoever has started it. */
export interface HostProcess {
  readonly pid: number;
  /** Tells it from others that had or will have this number. */
  readonly start: string;
  /** Why it has ended: one sentence. Never rejects. */
  readonly ended: Promise<string>;
  /** Tells a new one what it must know. Settles when it can read it. */
  tell(bootstrap: HostBootstrap): Promise<void>;
  signal(signal: "SIGTERM" | "SIGKILL"): void;
  /** Looks whether it still runs, where nobody tells that. */
  look(): void;
  /** The agent may end before it. */
  release(): void;
}

/** Starts and finds host processes; handed in, so that decisions can be tested without any. */
export interface HostProcesses {
  /** Rejects if there can be none. It knows nothing yet, and ends by itself if it is never told. */
  start(index: number): Promise<HostProcess>;
  /** One that an agent before this one has started; undefined if it runs no more. */
  find(pid: number, start: string): HostProcess | undefined;
}
