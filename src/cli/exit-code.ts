/** How the command ends; documented in docs/cli.md. */
export const ExitCode = { Ok: 0, Failure: 1, Usage: 2, Denied: 3, Undecided: 4 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** For docs/cli.md. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [ExitCode.Ok]: "done; for `status`: ready",
  [ExitCode.Failure]: "failed: standard error has a line `error: CODE: …`, explained in [errors.md](errors.md)",
  [ExitCode.Usage]: "the command line is wrong",
  [ExitCode.Denied]: "`policy trace`: the verdict is DENIED",
  [ExitCode.Undecided]: "`policy trace`: the verdict depends on the request, and none was given",
};
