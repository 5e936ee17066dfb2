import { jsonText } from "../lib/json-text.ts";
import { FIELDS_MAX } from "./batch-layout.ts";
import { ByteReader, MalformedBatch } from "./byte-reader.ts";

/** More names than any protocol has: what would make them quicker to write takes too much memory. */
const PREPARED_NAMES_MAX = 64;
/** What a shape takes for each of its names, besides their characters; roughly, and rather more. */
const NAME_BYTES = 256;

/** The names of a record's fields: all records that have the same ones are made alike, so that they take little time and memory. */
export class RecordShape {
  readonly names: readonly string[];
  /** `"name":` for each, with a comma before all but the first: bytes of ASCII. undefined: they are too many. */
  readonly jsonNames: readonly Uint8Array[] | undefined;
  /** Made where somebody looks. */
  private template: Readonly<Record<string, string>> | undefined;

  constructor(names: readonly string[]) {
    this.names = names;
    this.jsonNames = names.length > PREPARED_NAMES_MAX ? undefined : names.map(jsonNameOf);
  }

  /** What it takes of memory, in bytes, besides the names' characters: names come from extensions, and may be short and many. */
  get weight(): number {
    return this.names.length * NAME_BYTES;
  }

  /** Fields with these names, to be filled. */
  make(): Record<string, string> {
    this.template ??= templateOf(this.names);
    return { ...this.template };
  }
}

function jsonNameOf(name: string, at: number): Uint8Array {
  return Buffer.from(`${at > 0 ? "," : ""}${jsonText(name)}:`, "latin1");
}

function templateOf(names: readonly string[]): Readonly<Record<string, string>> {
  const template: Record<string, string> = {};
  // A name like `__proto__` is a name.
  for (const name of names) {
    Object.defineProperty(template, name, { value: "", enumerable: true, configurable: true, writable: true });
  }
  return template;
}

/** Varint count · names. Throws MalformedBatch. */
export function readShape(bytes: Buffer): RecordShape {
  const reader = new ByteReader(bytes);
  const count = reader.varint();
  if (count > FIELDS_MAX) throw new MalformedBatch(`${count} fields of a record`);
  const names: string[] = [];
  for (let left = count; left > 0; left--) names.push(reader.text());
  if (reader.at !== reader.end) throw new MalformedBatch("names of fields are longer than what they say");
  if (new Set(names).size !== names.length) throw new MalformedBatch("a record has two fields of one name");
  return new RecordShape(names);
}
