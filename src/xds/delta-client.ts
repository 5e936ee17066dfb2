import { create } from "@bufbuild/protobuf";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
} from "../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import { StatusSchema } from "../api/proto/google/rpc/status_pb.ts";
import { namedReasonOf } from "../lib/error.ts";
import { HeldVersions } from "./held-versions.ts";
import { REASON_LENGTH_MAX } from "./limits.ts";
import { readUpdate } from "./read-update.ts";
import { RESOURCE_KINDS, type ResourceConsumer, type ResourceUpdate, typeUrlOf } from "./resource.ts";
import { EPOCH_NAME, SYNCED_TYPE_URL } from "./synced.ts";

/** google.rpc.Code.INVALID_ARGUMENT. */
const INVALID_ARGUMENT = 3;

export type Reply =
  | { readonly answer: DeltaDiscoveryRequest; readonly synced: boolean }
  /** What is wrong with the response: the stream is to be closed. */
  | { readonly malformed: string };

/** A host's side of delta xDS: knows what it has from which agent, and gives what comes to a consumer. */
export class DeltaClient {
  /** Who it is. */
  private readonly node: string;
  private readonly consumer: ResourceConsumer;
  private readonly held = new HeldVersions();
  /** Whose resources are held. */
  private epoch = "";
  /** From whom the present stream is; undefined: nothing has come yet. */
  private streamEpoch: string | undefined;
  /** Whether the agent was told what is held. */
  private told = false;
  /** What the consumer does at present. */
  private busy: Promise<unknown> = Promise.resolve();

  constructor(node: string, consumer: ResourceConsumer) {
    this.node = node;
    this.consumer = consumer;
  }

  /** Settles when the consumer has settled. Never rejects. */
  async idle(): Promise<void> {
    await this.busy;
  }

  /** Begins a stream, when the consumer has settled. @returns What is to be sent first. */
  async connect(): Promise<readonly DeltaDiscoveryRequest[]> {
    await this.idle();
    this.streamEpoch = undefined;
    // Too much for a message: then everything comes anew.
    this.told = this.epoch !== "" && this.held.fitMessages();
    const subscriptions = RESOURCE_KINDS.map((kind) => {
      const initialResourceVersions = this.told ? this.held.of(kind) : {};
      return create(DeltaDiscoveryRequestSchema, {
        node: { id: this.node },
        typeUrl: typeUrlOf(kind),
        initialResourceVersions,
      });
    });
    const initialResourceVersions = this.told ? { [EPOCH_NAME]: this.epoch } : {};
    const last = create(DeltaDiscoveryRequestSchema, { typeUrl: SYNCED_TYPE_URL, initialResourceVersions });
    return [...subscriptions, last];
  }

  /**
   * Takes the next response of the present stream. Called one at a time. Settles when the consumer has taken or refused
   * what came.
   */
  async receive(response: DeltaDiscoveryResponse): Promise<Reply> {
    const malformed = this.beginOrGoOn(response);
    if (malformed !== undefined) return { malformed };
    if (response.typeUrl === SYNCED_TYPE_URL) {
      const reason = await this.use(async () => {
        await this.consumer.synced();
        return undefined;
      });
      if (reason === undefined) return { answer: answerTo(response, undefined), synced: true };
      // What came is put aside and not in force, nor would anything that comes later be: all of it has to come again.
      this.epoch = "";
      return { malformed: `what cannot be put in force: ${reason}` };
    }
    const read = readUpdate(response);
    if (read.malformed !== undefined) return read;
    const { update } = read;
    if (!this.held.hasRoomFor(update)) return { malformed: "more resources than a host takes" };
    const reason = await this.use(() => this.take(update));
    return { answer: answerTo(response, reason), synced: false };
  }

  private async take(update: ResourceUpdate): Promise<string | undefined> {
    const reason = await this.consumer.update(update).catch(namedReasonOf);
    if (reason === undefined) this.held.accepted(update);
    else this.held.refused(update);
    return reason;
  }

  /** Looks whose response it is. @returns What is wrong with that. */
  private beginOrGoOn({ systemVersionInfo, nonce }: DeltaDiscoveryResponse): string | undefined {
    if (nonce === "") return "a response without a nonce";
    if (systemVersionInfo === "") return "a response without an epoch";
    if (this.streamEpoch !== undefined) {
      return this.streamEpoch === systemVersionInfo ? undefined : "a response of another epoch on the same stream";
    }
    this.streamEpoch = systemVersionInfo;
    if (this.told && this.epoch === systemVersionInfo) return undefined;
    this.epoch = systemVersionInfo;
    this.held.clear();
    this.consumer.begin(systemVersionInfo);
    return undefined;
  }

  private use(work: () => Promise<string | undefined>): Promise<string | undefined> {
    const working = work().catch(namedReasonOf);
    this.busy = working;
    return working;
  }
}

function answerTo({ typeUrl, nonce }: DeltaDiscoveryResponse, reason: string | undefined): DeltaDiscoveryRequest {
  const init = { typeUrl, responseNonce: nonce };
  if (reason === undefined) return create(DeltaDiscoveryRequestSchema, init);
  const errorDetail = create(StatusSchema, { code: INVALID_ARGUMENT, message: reason.slice(0, REASON_LENGTH_MAX) });
  return create(DeltaDiscoveryRequestSchema, { ...init, errorDetail });
}
