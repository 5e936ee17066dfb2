import type { ServerHttp2Session } from "node:http2";

export interface GuardTimes {
  readonly authenticateMs: number;
  readonly pingMs: number;
}

/** Ends a connection on which nobody shows a token, or nobody is there any more. */
export class SessionGuard {
  private readonly session: ServerHttp2Session;
  private readonly timers: NodeJS.Timeout[] = [];
  private isAuthenticated = false;
  private isAsked = false;

  constructor(session: ServerHttp2Session, times: GuardTimes) {
    this.session = session;
    this.every(setTimeout(() => !this.isAuthenticated && session.destroy(), times.authenticateMs));
    this.every(setInterval(() => this.ping(), times.pingMs));
    session.on("close", () => {
      for (const timer of this.timers) clearTimeout(timer);
    });
  }

  /** A call on it has shown a token. */
  authenticated(): void {
    this.isAuthenticated = true;
  }

  private ping(): void {
    if (this.session.destroyed) return;
    // The last one was not answered.
    if (this.isAsked) {
      this.session.destroy();
      return;
    }
    this.isAsked = true;
    this.session.ping(() => {
      this.isAsked = false;
    });
  }

  private every(timer: NodeJS.Timeout): void {
    timer.unref();
    this.timers.push(timer);
  }
}
