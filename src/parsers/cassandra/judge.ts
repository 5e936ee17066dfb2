import type { Connection, Decided, LogFields } from "../../proxylib/connection.ts";
import { type Form, markersOf, type ResolvedNeed } from "./resolved-statement.ts";

/** A need of a request, and how it came. */
export interface Child {
  readonly need: ResolvedNeed;
  readonly form: Form;
}

/** A request of which nothing is known fits only rules without conditions. */
const UNKNOWN_REQUEST = Object.freeze({});
const NOT_SENT = "not sent: another part of its request is refused";

/** Judges statements by the policy of their connection, and writes the records of requests. */
export class Judge {
  /** Of the last request: what let it pass; of several needs, the one that is audited, else the first. */
  decided: Decided;
  /** The last need passes only because what would refuse it is audited. */
  private audited = false;
  private readonly connection: Connection;
  /** Of the children of one request, while it is judged: used again for the next one. */
  private readonly passes: boolean[] = [];
  private readonly decisions: Decided[] = [];

  constructor(connection: Connection) {
    this.decided = connection.decided;
    this.connection = connection;
  }

  /** Whether policy allows all of it. One record for each need, with its own verdict. */
  allows(needs: readonly ResolvedNeed[], form: Form): boolean {
    if (needs.length === 1) return this.allowsOne(needs[0]!, form);
    return this.allowsAll(needs.map((need) => ({ need, form })));
  }

  /** @param sent false: their request is refused whatever policy says of these. */
  allowsAll(children: readonly Child[], sent = true): boolean {
    const { passes, decisions } = this;
    let allowed = true;
    let audited = false;
    let decided = this.decided;
    for (let index = 0; index < children.length; index++) {
      passes[index] = this.ask(children[index]!.need);
      decisions[index] = this.decided;
      allowed &&= passes[index]!;
      if (index === 0 || (!audited && this.audited)) decided = this.decided;
      audited ||= this.audited;
    }
    this.decided = decided;
    for (let index = 0; index < children.length; index++) {
      const { need, form } = children[index]!;
      const fields = need.fieldsOf(form);
      if (!passes[index]) this.connection.log("Denied", fields, decisions[index]);
      else this.connection.log("Request", allowed && sent ? fields : { ...fields, status: NOT_SENT }, decisions[index]);
    }
    passes.length = 0;
    decisions.length = 0;
    return allowed;
  }

  /** The record of a request that is refused whatever policy says, or that passes unjudged because all does. */
  recordUnjudged(form: Form, more: LogFields): void {
    this.connection.matches(UNKNOWN_REQUEST);
    this.decided = this.connection.decided;
    this.connection.log(this.connection.observed ? "Request" : "Denied", { ...markersOf(form), ...more });
  }

  private allowsOne(need: ResolvedNeed, form: Form): boolean {
    const allowed = this.ask(need);
    this.connection.log(allowed ? "Request" : "Denied", need.fieldsOf(form), this.decided);
    return allowed;
  }

  /** `decided` is what refuses; else what passes only because it is audited; else what allows the first action. */
  private ask(need: ResolvedNeed): boolean {
    const { connection } = this;
    const { requests } = need;
    this.audited = false;
    for (let index = 0; index < requests.length; index++) {
      const allowed = connection.matches(requests[index]!);
      if (!allowed || index === 0 || (!this.audited && connection.audited)) this.decided = connection.decided;
      if (!allowed) return false;
      this.audited ||= connection.audited;
    }
    return true;
  }
}
