import { create } from "@bufbuild/protobuf";
import type { HostIdentity } from "../../api/host-identity.ts";
import { AttachedSchema, DrainSchema, type HostOrder, HostOrderSchema } from "../../api/proto/weir/v1/host_pb.ts";
import { SendQueue } from "../../lib/send-queue.ts";
import type { HostAttachment, HostChannel } from "./host-channel.ts";
import { UNREAD_MAX } from "./limits.ts";
import { readReport } from "./read-report.ts";

/** The call that a host is attached by: its reports come, orders go. */
export class AttachCall implements HostChannel {
  /** What the host is to be told. Ends when the call is to end. */
  readonly orders: SendQueue<HostOrder> = new SendQueue<HostOrder>(UNREAD_MAX);
  private readonly host: HostIdentity;
  private attachment: HostAttachment | undefined;

  constructor(host: HostIdentity, onAttach: (host: HostIdentity, channel: HostChannel) => HostAttachment | undefined) {
    this.host = host;
    this.order({ case: "attached", value: create(AttachedSchema) });
    this.attachment = onAttach(host, this);
    // It gets nothing, not even the greeting.
    if (this.attachment === undefined) void this.orders.return();
  }

  drain(graceMs: number): void {
    this.order({ case: "drain", value: create(DrainSchema, { graceMs }) });
  }

  close(): void {
    this.orders.close();
  }

  /** @returns What is wrong with a report. */
  receive(bytes: Uint8Array): string | undefined {
    const read = readReport(bytes, this.host.instance);
    if (read.malformed !== undefined) return read.malformed;
    this.attachment?.report(read.report);
    return undefined;
  }

  end(): void {
    this.close();
    const { attachment } = this;
    this.attachment = undefined;
    attachment?.detached();
  }

  private order(order: Exclude<HostOrder["order"], { case: undefined }>): void {
    // A host that reads nothing is better begun with anew.
    if (!this.orders.push(create(HostOrderSchema, { order }))) this.orders.close();
  }
}
