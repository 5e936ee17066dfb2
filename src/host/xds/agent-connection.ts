import { connect } from "node:net";
import { create } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import {
  AggregatedDiscoveryService,
  type DeltaDiscoveryRequest,
} from "../../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import {
  type HostOrder,
  type HostReportMessage,
  HostReportMessageSchema,
  HostService,
  type RecordBatch,
  RecordBatchSchema,
} from "../../api/proto/weir/v1/host_pb.ts";
import { reasonOf } from "../../lib/error.ts";
import { SendQueue } from "../../lib/send-queue.ts";
import type { DeltaClient } from "../../xds/delta-client.ts";
import { MESSAGE_BYTES_MAX, RESPONSES_IN_FLIGHT_MAX } from "../../xds/limits.ts";
import { RESOURCE_KINDS } from "../../xds/resource.ts";
import { ATTACH_MS, BATCHES_MAX, PING_MS, SESSION_MEMORY_MB_MAX } from "./limits.ts";
import type { AgentLinkOptions } from "./link-options.ts";
import type { ReportMailbox } from "./report-mailbox.ts";

export interface ConnectionOptions
  extends Pick<AgentLinkOptions, "socketPath" | "token" | "records" | "onOrder" | "schedule"> {
  readonly client: DeltaClient;
  readonly reports: ReportMailbox;
  readonly onAttached: () => void;
}

/** How a connection ended. */
export interface ConnectionEnd {
  readonly reason: string;
  /** There is an agent, and it does not know this host. */
  readonly unknown: boolean;
}

/** The name of the machine means nothing on a Unix socket, but HTTP asks for one. */
const AUTHORITY = "http://localhost";

/** One connection to an agent. All of its calls end together: with half of them a host would be half a host. */
export class AgentConnection {
  private readonly options: ConnectionOptions;
  private readonly ending = new AbortController();
  private readonly sessions: Http2SessionManager;
  private readonly hosts: Client<typeof HostService>;
  private readonly discovery: Client<typeof AggregatedDiscoveryService>;
  private reason = "";
  private unknown = false;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.sessions = new Http2SessionManager(
      AUTHORITY,
      { pingIntervalMs: PING_MS, pingTimeoutMs: PING_MS, idleConnectionTimeoutMs: PING_MS },
      { createConnection: () => connect(options.socketPath), maxSessionMemory: SESSION_MEMORY_MB_MAX },
    );
    const transport = createGrpcTransport({
      baseUrl: AUTHORITY,
      sessionManager: this.sessions,
      readMaxBytes: MESSAGE_BYTES_MAX,
      writeMaxBytes: MESSAGE_BYTES_MAX,
      acceptCompression: [],
    });
    this.hosts = createClient(HostService, transport);
    this.discovery = createClient(AggregatedDiscoveryService, transport);
  }

  /** Settles when the connection is gone. Never rejects. */
  async run(closing: AbortSignal): Promise<ConnectionEnd> {
    const end = (): void => this.end("closed");
    closing.addEventListener("abort", end);
    if (closing.aborted) end();
    const cancel = this.options.schedule(ATTACH_MS, () => this.end(`it did not answer within ${ATTACH_MS} ms`));
    await this.attend(() => this.attach(cancel));
    cancel();
    closing.removeEventListener("abort", end);
    this.options.records.detach();
    this.sessions.abort();
    return { reason: this.reason, unknown: this.unknown };
  }

  private async attach(attached: () => void): Promise<void> {
    for await (const { order } of this.hosts.attach(this.reports(), this.callOptions())) {
      this.take(order, attached);
    }
  }

  private take(order: HostOrder["order"], attached: () => void): void {
    switch (order.case) {
      case "attached":
        attached();
        this.options.onAttached();
        void this.attend(() => this.receiveResources());
        void this.attend(() => this.sendRecords());
        return;
      case "drain":
        this.options.onOrder({ order: "drain", graceMs: order.value.graceMs });
        return;
      default:
    }
  }

  private async *reports(): AsyncGenerator<HostReportMessage> {
    for await (const report of this.options.reports.read(this.ending.signal)) {
      yield create(HostReportMessageSchema, { report: Buffer.from(JSON.stringify(report)) });
    }
  }

  private async receiveResources(): Promise<void> {
    const { client } = this.options;
    const requests = new SendQueue<DeltaDiscoveryRequest>(RESOURCE_KINDS.length + 1 + RESPONSES_IN_FLIGHT_MAX);
    this.ending.signal.addEventListener("abort", () => requests.close());
    for (const subscription of await client.connect()) requests.push(subscription);
    for await (const response of this.discovery.deltaAggregatedResources(requests, this.callOptions())) {
      // Whoever has ended the connection may give something else to the consumer.
      if (this.ending.signal.aborted) return;
      const reply = await client.receive(response);
      if (this.ending.signal.aborted) return;
      if ("malformed" in reply) throw new Error(`it has sent ${reply.malformed}`);
      if (!requests.push(reply.answer)) throw new Error("it reads no answers");
    }
  }

  private async sendRecords(): Promise<void> {
    const { records } = this.options;
    const batches = new SendQueue<RecordBatch>(BATCHES_MAX);
    this.ending.signal.addEventListener("abort", () => batches.close());
    records.attach(({ bytes }) => {
      if (!batches.push(create(RecordBatchSchema, { records: bytes }))) this.end("it reads no records");
    });
    for await (const { next } of this.hosts.records(batches, this.callOptions())) records.acknowledge(Number(next));
  }

  /** Runs one call. When it ends, all do. */
  private async attend(call: () => Promise<void>): Promise<void> {
    try {
      await call();
      this.end("it has closed the connection");
    } catch (error) {
      if (!this.ending.signal.aborted) this.unknown = isRefusal(error);
      this.end(reasonOf(error));
    }
  }

  private end(reason: string): void {
    if (this.ending.signal.aborted) return;
    this.reason = reason;
    this.ending.abort();
  }

  private callOptions() {
    return { signal: this.ending.signal, headers: { authorization: `Bearer ${this.options.token}` } };
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.Unauthenticated;
}
