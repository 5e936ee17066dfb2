import type { ServerHttp2Session } from "node:http2";
import { create } from "@bufbuild/protobuf";
import { type ConnectRouter, type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { HostIdentity } from "../../api/host-identity.ts";
import { AggregatedDiscoveryService } from "../../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import { HostService, type RecordAck, RecordAckSchema } from "../../api/proto/weir/v1/host_pb.ts";
import { reasonOf } from "../../lib/error.ts";
import type { Logger } from "../../lib/log.ts";
import { SendQueue } from "../../lib/send-queue.ts";
import type { DeltaSession } from "../../xds/delta-session.ts";
import { MESSAGE_BYTES_MAX } from "../../xds/limits.ts";
import type { ResourceDistribution } from "../../xds/resource-distribution.ts";
import { AttachCall } from "./attach-call.ts";
import type { HostCalls } from "./host-calls.ts";
import type { HostAttachment, HostChannel } from "./host-channel.ts";
import { HOST_MESSAGE_BYTES_MAX, UNREAD_MAX } from "./limits.ts";
import { type Call, serveCall } from "./serve-call.ts";

export interface HostHandlers {
  readonly distribution: ResourceDistribution;
  /** @returns undefined: it has ended meanwhile. */
  readonly onAttach: (host: HostIdentity, channel: HostChannel) => HostAttachment | undefined;
  /**
   * Takes a batch of records; the next one is read when it settles. A rejection ends the call.
   *
   * @returns Below which number the agent has all of this host.
   */
  readonly onRecords: (host: HostIdentity, records: Uint8Array) => Promise<number>;
  /** The host sends no more of them on this connection. May be called more than once. */
  readonly onRecordsEnd?: (host: HostIdentity) => void;
  readonly logger: Logger;
}

/** Who calls, and on which connection: known before anything of the call is read. */
export interface Caller {
  readonly host: HostIdentity;
  readonly session: ServerHttp2Session;
}

export const CALLER: ContextKey<Caller | undefined> = createContextKey<Caller | undefined>(undefined);

type Served<In, Out> = Pick<Call<In, Out>, "receive" | "replies" | "end">;

/** Adds what hosts can call. */
export function addHostServices(router: ConnectRouter, handlers: HostHandlers, calls: HostCalls): void {
  function serve<In, Out>(
    context: HandlerContext,
    requests: AsyncIterable<In>,
    open: (host: HostIdentity) => Served<In, Out>,
  ): AsyncIterable<Out> {
    const { host, session } = callerOf(context);
    const { name } = context.method;
    let opened: Served<In, Out> | undefined;
    // Once: whoever hears of it may hear of the next call of the same host already.
    const end = (): void => {
      finished();
      const call = opened;
      opened = undefined;
      call?.end();
    };
    // First the one before ends, then this one is opened.
    const finished = calls.begin(host, session, name, end);
    const call = open(host);
    opened = call;
    return serveCall({
      ...call,
      end,
      requests,
      signal: context.signal,
      onFault: (reason) => handlers.logger.warn({ host: host.index, call: name, reason }, "closed a call of a host"),
    });
  }

  router.service(
    AggregatedDiscoveryService,
    {
      deltaAggregatedResources(requests, context) {
        return serve(context, requests, ({ instance }) => {
          const session = handlers.distribution.attach(instance);
          return {
            receive: (request) => session.receive(request),
            replies: responsesOf(session),
            end: () => session.close(),
          };
        });
      },
    },
    { readMaxBytes: MESSAGE_BYTES_MAX, writeMaxBytes: MESSAGE_BYTES_MAX },
  );

  router.service(
    HostService,
    {
      attach(requests, context) {
        return serve(context, requests, (host) => {
          const attached = new AttachCall(host, handlers.onAttach);
          return {
            receive: ({ report }) => attached.receive(report),
            replies: attached.orders,
            end: () => attached.end(),
          };
        });
      },
      records(requests, context) {
        return serve(context, requests, (host) => {
          const acks = new SendQueue<RecordAck>(UNREAD_MAX);
          return {
            async receive({ records }) {
              try {
                const next = await handlers.onRecords(host, records);
                return acks.push(create(RecordAckSchema, { next: BigInt(next) })) ? undefined : "it reads no answers";
              } catch (error) {
                return `records that cannot be taken: ${reasonOf(error)}`;
              }
            },
            replies: acks,
            end() {
              acks.close();
              handlers.onRecordsEnd?.(host);
            },
          };
        });
      },
    },
    { readMaxBytes: HOST_MESSAGE_BYTES_MAX, writeMaxBytes: HOST_MESSAGE_BYTES_MAX },
  );
}

function callerOf(context: HandlerContext): Caller {
  const caller = context.values.get(CALLER);
  if (caller === undefined) throw new Error("a call that was not authenticated reached a service");
  return caller;
}

async function* responsesOf(session: DeltaSession) {
  for (let next = await session.next(); next !== undefined; next = await session.next()) yield next;
}
