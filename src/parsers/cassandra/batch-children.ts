import type { BatchChild } from "./batch-message.ts";
import { parseStatement } from "./cql/parse-statement.ts";
import type { Child } from "./judge.ts";
import { Form, inBatch, ResolvedStatement } from "./resolved-statement.ts";
import type { Session } from "./session.ts";

const EMPTY = "a batch without statements";
const USE = "a USE within a batch";
const BATCH = "a batch within a batch";

/** What the statements of one BATCH need, and what stands in the way of knowing it. */
export class BatchChildren {
  readonly known: Child[] = [];
  /** Why a statement is not understood: of the first such one. */
  reason: string | undefined = EMPTY;
  /** The first id that nobody knows. */
  unknownId: Uint8Array | undefined;
  /** Some name is in the keyspace in force. */
  open = false;
  private readonly session: Session;
  private readonly keyspaces: readonly (string | undefined)[];

  constructor(session: Session, keyspaces: readonly (string | undefined)[]) {
    this.session = session;
    this.keyspaces = keyspaces;
  }

  add(child: BatchChild, buffer: Buffer): void {
    if (this.reason === EMPTY) this.reason = undefined;
    if (child.kind === "id") this.addPrepared(child, buffer);
    else this.addText(child, buffer);
  }

  private addPrepared({ start, end }: BatchChild, buffer: Buffer): void {
    const prepared = this.session.prepared.get(buffer, start, end);
    if (prepared === undefined) this.unknownId ??= Buffer.from(buffer.subarray(start, end));
    else this.addResolved(prepared, Form.Execute);
  }

  private addText({ start, end }: BatchChild, buffer: Buffer): void {
    const statement = parseStatement(buffer, start, end);
    if (!statement.understood) {
      this.reason ??= statement.reason;
      return;
    }
    const { keyspaces, resolver } = this.session;
    const usual = this.keyspaces === keyspaces.possible;
    const resolved = usual ? resolver.resolve(statement, keyspaces) : new ResolvedStatement(statement, this.keyspaces);
    this.open ||= resolved.open;
    this.addResolved(resolved, Form.Query);
  }

  private addResolved({ needs, use, batch }: ResolvedStatement, form: Form): void {
    // No server takes it, and the keyspace would have to be followed.
    if (use !== undefined) this.reason ??= USE;
    // Nor this. A few bytes stand for all that a prepared batch needs, and may come any number of times: it is not judged.
    if (batch) {
      this.reason ??= BATCH;
      return;
    }
    for (const need of needs) this.known.push({ need, form: inBatch(form) });
  }
}
