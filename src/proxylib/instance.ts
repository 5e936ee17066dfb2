import { namedReasonOf } from "../lib/error.ts";
import type { ConnectionInfo } from "./connection.ts";
import { type ConnectionStream, ParsedStream } from "./connection-stream.ts";
import type { ConnectionIo } from "./io.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { ParserConnection } from "./parser-connection.ts";
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

  /** Opens a connection under the extension `info.proto`. A failure is to be answered with a reset; it is on record already. */
  open(info: ConnectionInfo, io: ConnectionIo): OpenResult {
    const extension = this.extensions.get(info.proto);
    if (extension === undefined) return this.refuse(info, `no extension "${info.proto}" is loaded`);
    const stream = new ParsedStream(io, this.limits);
    const connection = new ParserConnection(info, stream, {
      policies: this.policies,
      records: this.records,
    });
    try {
      const parser = extension.create(connection);
      if (parser === undefined) return this.refuse(info, `the extension "${info.proto}" refuses the connection`);
      stream.attach(parser, connection);
      return { ok: true, stream };
    } catch (error) {
      return this.refuse(info, `the extension "${info.proto}" threw ${namedReasonOf(error)}`);
    }
  }

  private refuse(info: ConnectionInfo, reason: string): OpenResult {
    this.records.record(info, "Connection", "Error", undefined, { status: reason });
    return { ok: false, reason };
  }
}
