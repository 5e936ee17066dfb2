import type { Statement } from "./cql/statement.ts";
import type { Keyspaces } from "./keyspaces.ts";
import { RESOLVED_MAX } from "./limits.ts";
import { isQualified, ResolvedStatement } from "./resolved-statement.ts";

const NO_KEYSPACE: readonly undefined[] = [undefined];

/** Resolves statements, each once as long as somebody holds it: the frequent ones are one object however often they come. */
export class StatementResolver {
  private readonly qualified = new WeakMap<Statement, ResolvedStatement>();
  private open = new WeakMap<Statement, Map<string, ResolvedStatement>>();
  private openCount = 0;

  resolve(statement: Statement, keyspaces: Keyspaces): ResolvedStatement {
    const known = this.qualified.get(statement);
    if (known !== undefined) return known;
    if (!isQualified(statement)) return this.resolveIn(statement, keyspaces.key, keyspaces.possible);
    const resolved = new ResolvedStatement(statement, NO_KEYSPACE);
    this.qualified.set(statement, resolved);
    return resolved;
  }

  private resolveIn(statement: Statement, key: string, possible: readonly (string | undefined)[]): ResolvedStatement {
    const known = this.open.get(statement)?.get(key);
    if (known !== undefined) return known;
    const resolved = new ResolvedStatement(statement, possible);
    this.keep(statement, key, resolved);
    return resolved;
  }

  /** A client may send any number of keyspaces and tables: when too many are kept, all are forgotten. */
  private keep(statement: Statement, key: string, resolved: ResolvedStatement): void {
    if (this.openCount >= RESOLVED_MAX) {
      this.open = new WeakMap();
      this.openCount = 0;
    }
    this.openCount++;
    const kept = this.open.get(statement);
    if (kept === undefined) this.open.set(statement, new Map([[key, resolved]]));
    else kept.set(key, resolved);
  }
}
