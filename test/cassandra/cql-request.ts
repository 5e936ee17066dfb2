// Requests of the CQL binary protocol, versions 3 and 4, as latin1 text. Layout: native_protocol_v4.spec, section 4.1.
import {
  byte,
  type FrameOptions,
  int,
  long,
  longString,
  Opcode,
  request,
  short,
  string,
  stringList,
  stringMap,
  utf8,
  value,
} from "./cql-frame.ts";

/** A value as latin1 bytes, null, or not set. */
export type Value = string | null | undefined;

const Parameter = {
  Values: 0x01,
  SkipMetadata: 0x02,
  PageSize: 0x04,
  PagingState: 0x08,
  SerialConsistency: 0x10,
  Timestamp: 0x20,
  Names: 0x40,
  Keyspace: 0x80,
} as const;

/** <query_parameters> of QUERY and EXECUTE. Flags follow from what is given. */
export interface QueryParameters {
  /** Default: ONE. */
  readonly consistency?: number;
  readonly values?: readonly Value[];
  /** One for each value. */
  readonly names?: readonly string[];
  readonly skipMetadata?: boolean;
  readonly pageSize?: number;
  readonly pagingState?: string;
  readonly serialConsistency?: number;
  readonly timestamp?: bigint;
  /** Given to version 5 by the documents, honoured in 3 and 4 by servers. */
  readonly keyspace?: string;
  /** Further bits than those that follow from the rest. */
  readonly parameterFlags?: number;
}

function valuesOf(values: readonly Value[], names: readonly string[] | undefined): string {
  const named = (index: number): string => (names === undefined ? "" : string(utf8(names[index] ?? "")));
  return short(values.length) + values.map((one, index) => named(index) + value(one)).join("");
}

/** What QUERY, EXECUTE and BATCH have in common behind flags and values. */
function tail(parameters: Pick<QueryParameters, "serialConsistency" | "timestamp" | "keyspace">): [number, string] {
  const { serialConsistency, timestamp, keyspace } = parameters;
  let flags = 0;
  let bytes = "";
  if (serialConsistency !== undefined) {
    flags |= Parameter.SerialConsistency;
    bytes += short(serialConsistency);
  }
  if (timestamp !== undefined) {
    flags |= Parameter.Timestamp;
    bytes += long(timestamp);
  }
  if (keyspace !== undefined) {
    flags |= Parameter.Keyspace;
    bytes += string(utf8(keyspace));
  }
  return [flags, bytes];
}

/** <query_parameters> alone. */
export function queryParameters(parameters: QueryParameters = {}): string {
  const { consistency = 1, values, names, pageSize, pagingState } = parameters;
  const [tailFlags, tailBytes] = tail(parameters);
  let flags = (parameters.parameterFlags ?? 0) | tailFlags;
  let bytes = "";
  if (values !== undefined) {
    flags |= Parameter.Values | (names === undefined ? 0 : Parameter.Names);
    bytes += valuesOf(values, names);
  }
  if (parameters.skipMetadata) flags |= Parameter.SkipMetadata;
  if (pageSize !== undefined) {
    flags |= Parameter.PageSize;
    bytes += int(pageSize);
  }
  if (pagingState !== undefined) {
    flags |= Parameter.PagingState;
    bytes += value(pagingState);
  }
  return short(consistency) + byte(flags) + bytes + tailBytes;
}

export function startup(options: Readonly<Record<string, string>> = {}, frame: FrameOptions = {}): string {
  return request(Opcode.Startup, stringMap({ CQL_VERSION: "3.0.0", ...options }), frame);
}

/** OPTIONS */
export function askOptions(frame: FrameOptions = {}): string {
  return request(Opcode.Options, "", frame);
}

export function authResponse(token: string | null, frame: FrameOptions = {}): string {
  return request(Opcode.AuthResponse, value(token), frame);
}

export function register(events: readonly string[], frame: FrameOptions = {}): string {
  return request(Opcode.Register, stringList(events), frame);
}

/** `text` is sent as UTF-8. */
export function query(text: string, options: FrameOptions & QueryParameters = {}): string {
  return request(Opcode.Query, longString(utf8(text)) + queryParameters(options), options);
}

/** `text` is sent as UTF-8. */
export function prepare(text: string, frame: FrameOptions = {}): string {
  return request(Opcode.Prepare, longString(utf8(text)), frame);
}

/** @param id Latin1 bytes. */
export function execute(id: string, options: FrameOptions & QueryParameters = {}): string {
  return request(Opcode.Execute, string(id) + queryParameters(options), options);
}

/** One child: a text (sent as UTF-8) or the id of a prepared statement (latin1 bytes), with its values. */
export type BatchChild = ({ readonly text: string } | { readonly id: string }) & {
  readonly values?: readonly Value[];
  /** One for each value; only with `named` of the batch. */
  readonly names?: readonly string[];
};

export interface BatchParameters extends Pick<QueryParameters, "serialConsistency" | "timestamp" | "keyspace"> {
  /** 0 logged (default), 1 unlogged, 2 counter. */
  readonly type?: number;
  /** Default: ONE. */
  readonly consistency?: number;
  /** The flag for names, which then all children give. */
  readonly named?: boolean;
  /** Further bits than those that follow from the rest. */
  readonly parameterFlags?: number;
  /** The count of children, where it is to lie. */
  readonly count?: number;
}

function child(one: BatchChild): string {
  const statement = "text" in one ? byte(0) + longString(utf8(one.text)) : byte(1) + string(one.id);
  return statement + valuesOf(one.values ?? [], one.names);
}

export function batch(children: readonly BatchChild[], options: FrameOptions & BatchParameters = {}): string {
  const [tailFlags, tailBytes] = tail(options);
  const flags = (options.parameterFlags ?? 0) | tailFlags | (options.named ? Parameter.Names : 0);
  const statements = short(options.count ?? children.length) + children.map(child).join("");
  const message = byte(options.type ?? 0) + statements + short(options.consistency ?? 1) + byte(flags) + tailBytes;
  return request(Opcode.Batch, message, options);
}
