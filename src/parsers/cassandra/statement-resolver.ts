import type { Statement } from "./cql/statement.ts";
import type { Keyspaces } from "./keyspaces.ts";
import { isQualified, ResolvedStatement } from "./resolved-statement.ts";

/** Sets of keyspaces that one statement is kept for. */
const KEPT_MAX = 64;
const NO_KEYSPACE: readonly undefined[] = [undefined];

/** Resolves statements, each once as long as somebody holds it: the frequent ones are one object however often they come. */
export class StatementResolver {
  private readonly qualified = new WeakMap<Statement, ResolvedStatement>();
  private readonly open = new WeakMap<Statement, Map<string, ResolvedStatement>>();

  resolve(statement: Statement, keyspaces: Keyspaces): ResolvedStatement {
    const known = this.qualified.get(statement);
    if (known !== undefined) return known;
    if (!isQualified(statement)) return this.resolveIn(statement, keyspaces.key, keyspaces.possible);
    const resolved = new ResolvedStatement(statement, NO_KEYSPACE);
    this.qualified.set(statement, resolved);
    return resolved;
  }

  private resolveIn(statement: Statement, key: string, possible: readonly (string | undefined)[]): ResolvedStatement {
    let known = this.open.get(statement);
    if (known === undefined) {
      known = new Map();
      this.open.set(statement, known);
    }
    let resolved = known.get(key);
    if (resolved === undefined) {
      resolved = new ResolvedStatement(statement, possible);
      if (known.size >= KEPT_MAX) known.clear();
      known.set(key, resolved);
    }
    return resolved;
  }
}
