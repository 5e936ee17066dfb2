import { createHash } from "node:crypto";
import { RESOURCE_KINDS, type Resource, type ResourceKind } from "../../xds/resource.ts";
import { HOST_PROTOCOL_VERSION } from "../bootstrap.ts";

// A file: the head (magic, version of this format, version of what the resources say, length of the epoch, epoch, number
// of resources), the resources (kind, lengths, name, version, value), and the SHA-256 of all that. Numbers are big-endian.

const MAGIC = "weirgood";
const FORMAT_VERSION = 1;
const CHECKSUM_BYTES = 32;
const HEAD_BYTES = 14;
const COUNT_BYTES = 4;
const RESOURCE_HEAD_BYTES = 9;
/** As long as an epoch, a name or a version can be told to be. */
const TEXT_BYTES_MAX = 65_535;

/** All that was in force together. */
export interface LastGood {
  readonly epoch: string;
  readonly resources: readonly KeptResource[];
}

export interface KeptResource extends Resource {
  readonly kind: ResourceKind;
}

/** How long the file will be. */
export function lastGoodBytes({ epoch, resources }: LastGood): number {
  let bytes = HEAD_BYTES + Buffer.byteLength(epoch) + COUNT_BYTES + CHECKSUM_BYTES;
  for (const { name, version, value } of resources) {
    bytes += RESOURCE_HEAD_BYTES + Buffer.byteLength(name) + Buffer.byteLength(version) + value.length;
  }
  return bytes;
}

/** The bytes of a file, piece by piece: nobody needs them in one. */
export function* encodeLastGood({ epoch, resources }: LastGood): Generator<Uint8Array> {
  const hash = createHash("sha256");
  const text = textBytes(epoch);
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, "latin1");
  head.writeUInt16BE(FORMAT_VERSION, 8);
  head.writeUInt16BE(HOST_PROTOCOL_VERSION, 10);
  head.writeUInt16BE(text.length, 12);
  const count = Buffer.alloc(COUNT_BYTES);
  count.writeUInt32BE(resources.length);
  for (const piece of [head, text, count]) {
    hash.update(piece);
    yield piece;
  }
  for (const { kind, name, version, value } of resources) {
    const [nameBytes, versionBytes] = [textBytes(name), textBytes(version)];
    const resourceHead = Buffer.alloc(RESOURCE_HEAD_BYTES);
    resourceHead.writeUInt8(RESOURCE_KINDS.indexOf(kind));
    resourceHead.writeUInt16BE(nameBytes.length, 1);
    resourceHead.writeUInt16BE(versionBytes.length, 3);
    resourceHead.writeUInt32BE(value.length, 5);
    for (const piece of [resourceHead, nameBytes, versionBytes, value]) {
      hash.update(piece);
      yield piece;
    }
  }
  yield hash.digest();
}

/** The error says what is wrong with the file. */
export function decodeLastGood(bytes: Buffer): { readonly lastGood: LastGood } | { readonly error: string } {
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) return { error: "it is no file of weir's last good policy" };
  if (bytes.length < HEAD_BYTES + CHECKSUM_BYTES) return { error: "it ends too early" };
  const versions = [bytes.readUInt16BE(8), bytes.readUInt16BE(10)];
  const known = [FORMAT_VERSION, HOST_PROTOCOL_VERSION];
  if (versions.join() !== known.join()) {
    return { error: `it is of version ${versions.join(".")}, and this weir reads ${known.join(".")}` };
  }
  const end = bytes.length - CHECKSUM_BYTES;
  const sum = createHash("sha256").update(bytes.subarray(0, end)).digest();
  if (!sum.equals(bytes.subarray(end))) return { error: "it is damaged: its checksum is another one" };
  // What follows can only be wrong if weir itself has written it so.
  const lastGood = new LastGoodReader(bytes.subarray(0, end)).read();
  return lastGood === undefined ? { error: "its parts do not fit together" } : { lastGood };
}

class LastGoodReader {
  private readonly bytes: Buffer;
  private at = HEAD_BYTES - 2;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** undefined: it is malformed. */
  read(): LastGood | undefined {
    try {
      const epoch = this.take(this.number(2)).toString();
      const count = this.number(COUNT_BYTES);
      const resources: KeptResource[] = [];
      for (let index = 0; index < count; index++) {
        const kind = RESOURCE_KINDS[this.number(1)];
        const [nameLength, versionLength, valueLength] = [this.number(2), this.number(2), this.number(4)];
        const name = this.take(nameLength).toString();
        const version = this.take(versionLength).toString();
        const value = this.take(valueLength);
        if (kind === undefined) return undefined;
        resources.push({ kind, name, version, value });
      }
      return this.at === this.bytes.length ? { epoch, resources } : undefined;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  private number(bytes: number): number {
    this.at += bytes;
    return this.bytes.readUIntBE(this.at - bytes, bytes);
  }

  private take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw new RangeError("the file ends here");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > TEXT_BYTES_MAX) throw new RangeError(`a name of ${bytes.length} bytes cannot be kept`);
  return bytes;
}
