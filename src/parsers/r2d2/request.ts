/** A line of the protocol: `READ <file>`, `WRITE <file>`, `HALT`, `RESET`. A type alias, so that it serves as `Request`. */
export type R2d2Request = {
  readonly cmd: string;
  /** Absent where the line does not consist of exactly a command and a file: then no rule with a `file` fits. */
  readonly file: string | undefined;
};

/** @param line Without its CRLF. */
export function parseRequest(line: string): R2d2Request {
  const fields = line.split(" ");
  return { cmd: fields[0] ?? "", file: fields.length === 2 ? fields[1] : undefined };
}
