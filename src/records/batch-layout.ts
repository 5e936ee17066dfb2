// A batch of records, byte by byte. Whole numbers are big-endian; a varint has seven bits a byte, the lowest first, the
// top bit set in all bytes but the last.
//
//   header   version (1 byte) · 1 if the batch was sent before, or 0 (1) · length of the instance's name (1) · its name,
//            ASCII · number of the first record (8) · records in the batch (4) · records that were lost instead of being in
//            it (8) · records that were lost before it (8). Behind it, items
//   item     connection: 0x01 · varint length · bytes, see connection-bytes.ts. The next free number is its own, from 0
//            rule's origin: 0x02 · varint length · bytes, see origin-bytes.ts. Numbered in the same way
//            shape: 0x03 · varint length · bytes: varint count, names of fields as texts. Numbered in the same way
//            time: 0x04 · milliseconds since the epoch, as a double (8). In force until the next one
//            record: 0x80 + type × 4 + verdict, + 0x40 with origin · varint connection · varint origin, where there is one
//            · shape (2) · a text for each name of the shape
//   text     varint 2 × bytes + encoding · bytes; encoding 0: Latin-1, 1: UTF-16, little-endian
//
// A batch is whole in itself: it can be read without any other, sent again, or dropped.

import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";

export const BATCH_VERSION = 1;

/** Longest batch. What does not fit into one alone is lost. */
export const BATCH_BYTES_MAX = 1_048_576;
/** Most records of one batch. */
export const BATCH_RECORDS_MAX = 65_536;
/** Longest name of a host's instance. */
export const INSTANCE_LENGTH_MAX = 64;
/** Most fields of one record. */
export const FIELDS_MAX = 1_024;
/** Most different lists of names in one batch: their numbers have two bytes. */
export const SHAPES_MAX = 4_096;

export const CONNECTION_ITEM = 0x01;
export const ORIGIN_ITEM = 0x02;
export const SHAPE_ITEM = 0x03;
export const TIME_ITEM = 0x04;
export const RECORD_ITEM = 0x80;
export const WITH_ORIGIN = 0x40;

/** Their places are their codes. */
export const TYPES: readonly RecordType[] = ["Request", "Response", "Denied", "Connection"];
export const VERDICTS: readonly RecordVerdict[] = ["Forwarded", "Denied", "Error", "Audit"];
