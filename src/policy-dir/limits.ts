/** Bounds on what the policy files may cost. */
export interface PolicyDirLimits {
  /** Bytes of one file, checked before it is read. */
  readonly fileBytesMax: number;
  /** Policy files of all paths together. */
  readonly filesMax: number;
  /** Entries looked at in one directory. */
  readonly directoryEntriesMax: number;
  /** From a change that the kernel tells of to the next look: editors and copies make many small changes. */
  readonly debounceMs: number;
  /** A look without being told: catches what the kernel does not tell, for example changes behind a symbolic link. */
  readonly rescanMs: number;
  /** A file must be gone for so long before its policies are removed: editors move a file away and write it anew. */
  readonly goneAfterMs: number;
  /** A data plane that does not answer holds up the next look for so long; what it was told stays told. */
  readonly applyWaitMs: number;
}

export const POLICY_DIR_LIMITS: PolicyDirLimits = {
  fileBytesMax: 4 * 1024 * 1024,
  filesMax: 1000,
  directoryEntriesMax: 10_000,
  debounceMs: 100,
  rescanMs: 2000,
  goneAfterMs: 1000,
  applyWaitMs: 10_000,
};
