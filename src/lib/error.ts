/** Every error code that weir can give; each is explained in docs/errors.md. */
export type ErrorCode =
  | "WEIR_CONFIG_INVALID"
  | "WEIR_POLICY_INVALID"
  | "WEIR_POLICY_NOT_FOUND"
  | "WEIR_POLICY_CONFLICT"
  | "WEIR_ENDPOINT_NOT_FOUND"
  | "WEIR_ENDPOINT_CONFLICT"
  | "WEIR_IDENTITY_NOT_FOUND"
  | "WEIR_REQUEST_INVALID"
  | "WEIR_EXTENSION_INVALID"
  | "WEIR_LIMIT_EXCEEDED"
  | "WEIR_IDENTITY_EXHAUSTED"
  | "WEIR_FILE_UNREADABLE"
  | "WEIR_ADDRESS_INVALID"
  | "WEIR_REGEX_INVALID"
  | "WEIR_NOTHING_OBSERVED"
  | "WEIR_AGENT_UNREACHABLE"
  | "WEIR_API_FAILED"
  | "WEIR_TIMEOUT";

/** The one error class: a stable `code` for programs, a message that says what is wrong, where, and what to do. */
export class WeirError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WeirError";
    this.code = code;
  }
}

/** What something that was thrown says. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The same with the error's name, for what code that is not ours has thrown. */
export function namedReasonOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
