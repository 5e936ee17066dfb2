import type { LogFields } from "../proxylib/connection.ts";
import type { FieldSource, JsonTarget } from "../proxylib/record-sink.ts";
import { ByteReader, wideText } from "./byte-reader.ts";
import type { RecordShape } from "./record-shape.ts";

const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * The fields of a batch's records. Most are written into the access log and looked at by nobody else: from bytes to bytes,
 * without a text in between. A record's place is that of its shape.
 */
export class BatchFields implements FieldSource {
  /** By their numbers. */
  readonly shapes: RecordShape[] = [];
  private readonly reader: ByteReader;

  /** @param bytes The batch, of which all that is read here has been checked. They must not change. */
  constructor(bytes: Buffer) {
    this.reader = new ByteReader(bytes);
  }

  read(at: number): LogFields {
    const shape = this.shapeAt(at);
    const fields = shape.make();
    for (const name of shape.names) fields[name] = this.reader.text();
    return fields;
  }

  addJson(at: number, json: JsonTarget): void {
    const { reader } = this;
    const { names, jsonNames } = this.shapeAt(at);
    for (let index = 0; index < names.length; index++) {
      if (jsonNames === undefined) addName(names[index] as string, index, json);
      else json.addBytes(jsonNames[index] as Uint8Array);
      const lengthAndEncoding = reader.varint();
      const start = reader.skip(Math.floor(lengthAndEncoding / 2));
      if (lengthAndEncoding % 2 === 0) json.addJsonLatin1(reader.bytes, start, reader.at);
      else json.addJsonText(wideText(reader.bytes, start, reader.at));
    }
  }

  /** The texts follow. */
  private shapeAt(at: number): RecordShape {
    this.reader.at = at;
    return this.shapes[this.reader.short()] as RecordShape;
  }
}

function addName(name: string, index: number, json: JsonTarget): void {
  if (index > 0) json.addByte(COMMA);
  json.addJsonText(name);
  json.addByte(COLON);
}
