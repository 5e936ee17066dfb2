import { namedReasonOf } from "../lib/error.ts";
import type { ConnectionInfo } from "./connection.ts";
import { ConnectionRefused } from "./connection-refused.ts";
import { type ConnectionStream, ParsedStream, type StreamTerms } from "./connection-stream.ts";
import type { ConnectionIo } from "./io.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { ObservedIo, ObservedStream } from "./observed-stream.ts";
import { ParserConnection, unreadStatus } from "./parser-connection.ts";
import { PassStream } from "./pass-stream.ts";
import type { PolicySource } from "./policy-map.ts";
import type { RecordSink } from "./record-sink.ts";
import type { ExtensionRegistry } from "./registry.ts";

export interface InstanceOptions {
  readonly extensions: ExtensionRegistry;
  readonly policies: PolicySource;
  readonly records: RecordSink;
  readonly limits?: Limits;
}

export type OpenResult =
  | { readonly ok: true; readonly stream: ConnectionStream }
  | { readonly ok: false; readonly reason: string };

const ENFORCED: StreamTerms = { mode: "enforce" };

/** The extension library as one data plane uses it: extensions, policy and records, all handed in. */
export class Instance {
  private readonly extensions: ExtensionRegistry;
  private readonly policies: PolicySource;
  private readonly records: RecordSink;
  private readonly limits: Limits;

  constructor(options: InstanceOptions) {
    this.extensions = options.extensions;
    this.policies = options.policies;
    this.records = options.records;
    this.limits = options.limits ?? DEFAULT_LIMITS;
  }

  /**
   * Opens a connection under the extension `info.proto`. A failure is to be answered with a reset; it is on record
   * already. A connection that is only observed never fails: it passes unread.
   */
  open(info: ConnectionInfo, io: ConnectionIo, terms: StreamTerms = ENFORCED): OpenResult {
    const extension = this.extensions.get(info.proto);
    if (extension === undefined) return this.refuse(info, io, terms, `no extension "${info.proto}" is loaded`);
    const shut = terms.mode === "observe" ? new ObservedIo(io) : undefined;
    const stream = new ParsedStream(shut ?? io, this.limits, terms);
    const connection = new ParserConnection(info, stream, {
      policies: this.policies,
      records: this.records,
    });
    try {
      const parser = extension.create(connection);
      if (parser === undefined) {
        return this.refuse(info, io, terms, `the extension "${info.proto}" refuses the connection`);
      }
      stream.attach(parser, connection);
      return { ok: true, stream: shut === undefined ? stream : new ObservedStream(io, shut, stream) };
    } catch (error) {
      if (error instanceof ConnectionRefused) return this.refuse(info, io, terms, error.message);
      return this.refuse(info, io, terms, `the extension "${info.proto}" threw ${namedReasonOf(error)}`);
    }
  }

  private refuse(info: ConnectionInfo, io: ConnectionIo, terms: StreamTerms, reason: string): OpenResult {
    const observed = terms.mode === "observe";
    const status = observed ? unreadStatus(reason) : reason;
    this.records.record(info, "Connection", "Error", undefined, { status });
    if (!observed) return { ok: false, reason };
    terms.onUnread?.();
    return { ok: true, stream: new PassStream(io) };
  }
}
