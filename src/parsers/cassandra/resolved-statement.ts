import type { LogFields } from "../../proxylib/connection.ts";
import { KeptRequest } from "../../proxylib/kept-request.ts";
import type { Need, Statement, Target } from "./cql/statement.ts";
import { Opcode } from "./frame.ts";

/** How a statement came, for its record. */
export const Form = { Query: 0, Prepare: 1, Execute: 2, BatchQuery: 3, BatchPrepare: 4, BatchExecute: 5 } as const;
export type Form = (typeof Form)[keyof typeof Form];

/** Of those, a request of its own. */
export type Sent = typeof Form.Query | typeof Form.Prepare | typeof Form.Execute;

/** The same as a child of a batch. */
export function inBatch(form: Form): Form {
  return form < Form.BatchQuery ? ((form + Form.BatchQuery) as Form) : form;
}

const MARKERS: readonly LogFields[] = [
  {},
  { prepared: "prepare" },
  { prepared: "execute" },
  { batch: "true" },
  { prepared: "prepare", batch: "true" },
  { prepared: "execute", batch: "true" },
];

/** Fields of the record of a request without a statement that was understood. */
export function markersOf(form: Form): LogFields {
  return MARKERS[form] as LogFields;
}

/** What one request asked for, as its answer needs it. */
export interface Asked {
  /** Of the request. */
  readonly opcode: number;
  /** For the record, should the server refuse. */
  readonly fields: LogFields;
  /** It may change the keyspace. */
  readonly use: boolean;
  /** What it does depends on the keyspace that is in force when the server comes to it, or changes that keyspace. */
  readonly open: boolean;
  /** The statement that the server's id will stand for. */
  readonly prepares: ResolvedStatement | undefined;
}

/** For records while several keyspaces are possible. */
const DOUBTFUL = "judged in every keyspace that the server may look in";

/** A need, with its names in one keyspace. Made once, used for every request that needs it. */
export class ResolvedNeed {
  /** One for each action; policy must allow all of them. */
  readonly requests: readonly KeptRequest[];
  private readonly label: LogFields;
  private readonly fields: (LogFields | undefined)[] = [];

  static of(need: Need, keyspace: string | undefined, doubtful: boolean): ResolvedNeed {
    const table = tableOf(need.target, keyspace);
    const requests = need.actions.map((action) => new KeptRequest({ query_action: action, query_table: table }));
    return new ResolvedNeed(requests, {
      query_action: need.actions.join(", "),
      ...(table !== undefined && { query_table: table }),
      ...(doubtful && { status: DOUBTFUL }),
    });
  }

  private constructor(requests: readonly KeptRequest[], label: LogFields) {
    this.requests = requests;
    this.label = label;
  }

  /** The same, for so many statements of a batch. */
  times(count: number): ResolvedNeed {
    return new ResolvedNeed(this.requests, { ...this.label, statements: String(count) });
  }

  /** Equal for needs of the same. */
  get key(): string {
    return JSON.stringify(this.label);
  }

  fieldsOf(form: Form): LogFields {
    let fields = this.fields[form];
    if (fields === undefined) {
      fields = Object.freeze({ ...this.label, ...MARKERS[form] });
      this.fields[form] = fields;
    }
    return fields;
  }
}

/** A statement, with its names in the keyspaces that may be in force. */
export class ResolvedStatement {
  /** At least one; of a need whose keyspace is not certain there is one for each. */
  readonly needs: readonly ResolvedNeed[];
  readonly batch: boolean;
  /** It has names in the keyspace in force. */
  readonly open: boolean;
  /** Those could be in several keyspaces. */
  readonly doubtful: boolean;
  /** The keyspace that it puts in force. */
  readonly use: string | undefined;
  private readonly asked: (Asked | undefined)[] = [];
  private once: readonly ResolvedNeed[] | undefined;

  constructor(statement: Statement, keyspaces: readonly (string | undefined)[]) {
    this.open = !isQualified(statement);
    this.doubtful = this.open && keyspaces.length > 1;
    this.needs = statement.needs.flatMap((need) =>
      isOpen(need.target)
        ? keyspaces.map((keyspace) => ResolvedNeed.of(need, keyspace, this.doubtful))
        : [ResolvedNeed.of(need, undefined, false)],
    );
    this.batch = statement.batch;
    const [first] = statement.needs;
    const uses = first?.actions[0] === "use" && first.target.kind === "keyspace";
    this.use = uses ? first.target.keyspace : undefined;
  }

  /**
   * What a request with it needs. An EXECUTE has a few bytes for any number of statements: those of a batch that need the
   * same are judged together and have one record, or a client could fill the access log with next to nothing.
   */
  neededBy(form: Sent): readonly ResolvedNeed[] {
    if (!this.batch || form !== Form.Execute) return this.needs;
    this.once ??= together(this.needs);
    return this.once;
  }

  /** What a request with it asks for. */
  askedBy(form: Sent): Asked {
    let asked = this.asked[form];
    if (asked === undefined) {
      asked = this.makeAsked(form);
      this.asked[form] = asked;
    }
    return asked;
  }

  private makeAsked(form: Sent): Asked {
    return {
      opcode: OPCODES[form],
      fields: this.fieldsOf(form),
      use: this.uses(form),
      // A prepared statement keeps the keyspace in which it was prepared.
      open: (this.open && form !== Form.Execute) || this.uses(form),
      prepares: form === Form.Prepare ? this : undefined,
    };
  }

  private uses(form: Form): boolean {
    return this.use !== undefined && form !== Form.Prepare;
  }

  /** Of the only need; a batch is more than its first child. */
  private fieldsOf(form: Form): LogFields {
    if (this.batch) return markersOf(inBatch(form));
    return this.needs[0]?.fieldsOf(form) ?? markersOf(form);
  }
}

/** Each need once, in the order in which they come up first. */
function together(needs: readonly ResolvedNeed[]): readonly ResolvedNeed[] {
  const groups = Map.groupBy(needs, (need) => need.key);
  return [...groups.values()].map((same) => (same.length > 1 ? same[0]!.times(same.length) : same[0]!));
}

const OPCODES = [Opcode.Query, Opcode.Prepare, Opcode.Execute] as const;

/** Whether the names mean the same in every keyspace. */
export function isQualified(statement: Statement): boolean {
  for (const { target } of statement.needs) if (isOpen(target)) return false;
  return true;
}

function isOpen(target: Target): boolean {
  return target.kind !== "none" && target.keyspace === undefined;
}

/** The text that `query_table` is matched against. */
function tableOf(target: Target, keyspace: string | undefined): string | undefined {
  if (target.kind === "none") return undefined;
  const where = target.keyspace ?? keyspace;
  return target.kind === "table" ? `${where ?? ""}.${target.table}` : where;
}
