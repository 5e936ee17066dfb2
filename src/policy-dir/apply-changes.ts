import { reasonOf } from "../lib/error.ts";
import type { Schedule } from "../lib/schedule.ts";
import type { DocumentSource, PolicyDocument } from "../policy/rule.ts";
import type { FileChange, FileLedger } from "./file-ledger.ts";
import { independentChanges } from "./independent-changes.ts";

/** What takes the documents: the policy importer. */
export interface DocumentSink {
  /** From now on exactly these documents come from each source, all sources at once. */
  replace(
    updates: readonly { readonly source: DocumentSource; readonly documents: readonly PolicyDocument[] }[],
  ): Promise<unknown>;
}

/** Puts in force what the ledger plans, and tells it what was taken and what was refused. Never rejects. */
export async function applyChanges(
  ledger: FileLedger,
  sink: DocumentSink,
  schedule: Schedule,
  waitMs: number,
): Promise<void> {
  const changes = ledger.plan();
  if (changes.length === 0) return;
  const apply = async (together: readonly FileChange[]): Promise<string | undefined> => {
    const refusal = await replace(together, sink, schedule, waitMs);
    if (refusal === undefined) for (const change of together) ledger.committed(change);
    return refusal;
  };
  if ((await apply(changes)) === undefined) return;
  // One file must not keep the others out.
  for (const together of independentChanges(changes)) {
    const refusal = await apply(together);
    if (refusal !== undefined) for (const change of together) ledger.refused(change, refusal);
  }
}

export function sourceOf(file: string): DocumentSource {
  return { kind: "file", name: file };
}

/**
 * Why the change is refused; undefined: it is not. What the importer refuses it refuses at once; what takes long is only
 * that every data plane has the change, so it counts as made after a while.
 */
async function replace(
  changes: readonly FileChange[],
  sink: DocumentSink,
  schedule: Schedule,
  waitMs: number,
): Promise<string | undefined> {
  const waited = Promise.withResolvers<void>();
  const cancel = schedule(waitMs, waited.resolve);
  try {
    const updates = changes.map(({ file, documents }) => ({ source: sourceOf(file), documents }));
    await Promise.race([sink.replace(updates), waited.promise]);
    return undefined;
  } catch (error) {
    return `not put in force: ${reasonOf(error)}`;
  } finally {
    cancel();
  }
}
