import type { Message } from "@bufbuild/protobuf";
import type { Port } from "../../api/identity.ts";
import { TEXT_LENGTH_MAX } from "./limits.ts";

const PORT_MAX = 65_535;
const TEXT = /^[^\p{Cc}\p{Cs}]*$/u;

/** What is wrong with a policy that came from somewhere else. Caught where decoding begins. */
export class MalformedPolicy extends Error {}

/** Throws where somebody has said more than is understood here: to leave out a condition would allow too much. */
export function understood<T extends Message>(message: T, what: string): T {
  if (message.$unknown !== undefined && message.$unknown.length > 0) {
    throw new MalformedPolicy(`${what} says something that is not known here`);
  }
  return message;
}

export function checkedText(text: string, what: string): string {
  if (text.length > TEXT_LENGTH_MAX) {
    throw new MalformedPolicy(`${what} has ${text.length} characters, more than ${TEXT_LENGTH_MAX}`);
  }
  if (!TEXT.test(text)) throw new MalformedPolicy(`${what} holds control characters`);
  return text;
}

export function checkedPort(port: number): Port {
  if (port < 1 || port > PORT_MAX) throw new MalformedPolicy(`${port} is no port`);
  return port as Port;
}

/** The row that an index means. */
export function rowOf<Row>(rows: readonly Row[], index: number, what: string): Row {
  const row = rows[index];
  if (row === undefined) throw new MalformedPolicy(`there is no ${what} ${index}: the table has ${rows.length}`);
  return row;
}
