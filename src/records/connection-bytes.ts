import type { RecordPeer } from "../api/access-log-record.ts";
import type { NumericIdentity } from "../api/identity.ts";
import type { RecordedConnection } from "../proxylib/record-sink.ts";
import type { BatchBuffer } from "./batch-buffer.ts";
import { ByteReader, MalformedBatch } from "./byte-reader.ts";

/** Bits of the first byte. */
const INGRESS = 1;
const SOURCE_ENDPOINT = 2;
const DESTINATION_ENDPOINT = 4;
const ALL = INGRESS | SOURCE_ENDPOINT | DESTINATION_ENDPOINT;
const IDENTITY_MAX = 0xffff_ffff;

/** Bits · protocol · source · destination; a side: identity, number of labels, labels, address, endpoint if it has one. */
export function addConnection(connection: RecordedConnection, buffer: BatchBuffer): void {
  const { source, destination } = connection;
  buffer.addByte(
    (connection.ingress ? INGRESS : 0) |
      (source.endpoint === undefined ? 0 : SOURCE_ENDPOINT) |
      (destination.endpoint === undefined ? 0 : DESTINATION_ENDPOINT),
  );
  buffer.addText(connection.proto);
  addPeer(source, buffer);
  addPeer(destination, buffer);
}

/** Throws MalformedBatch. */
export function readConnection(bytes: Buffer): RecordedConnection {
  const reader = new ByteReader(bytes);
  const bits = reader.byte();
  if (bits > ALL) throw new MalformedBatch(`a connection of an unknown kind ${bits}`);
  const proto = reader.text();
  const source = readPeer(reader, (bits & SOURCE_ENDPOINT) !== 0);
  const destination = readPeer(reader, (bits & DESTINATION_ENDPOINT) !== 0);
  if (reader.at !== reader.end) throw new MalformedBatch("a connection is longer than what it says");
  return { ingress: (bits & INGRESS) !== 0, source, destination, proto };
}

function addPeer({ identity, labels, address, endpoint }: RecordPeer, buffer: BatchBuffer): void {
  buffer.addVarint(identity);
  buffer.addVarint(labels.length);
  for (const label of labels) buffer.addText(label);
  buffer.addText(address);
  if (endpoint !== undefined) buffer.addText(endpoint);
}

function readPeer(reader: ByteReader, hasEndpoint: boolean): RecordPeer {
  const identity = reader.varint();
  if (identity > IDENTITY_MAX) throw new MalformedBatch(`${identity} is no identity`);
  const labels: string[] = [];
  // Each takes a byte at least: their number is bounded by the bytes that there are.
  for (let left = reader.varint(); left > 0; left--) labels.push(reader.text());
  const address = reader.text();
  const sides = { identity: identity as NumericIdentity, labels, address };
  return hasEndpoint ? { ...sides, endpoint: reader.text() } : sides;
}
