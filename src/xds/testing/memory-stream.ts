import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
} from "../../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import type { DeltaClient } from "../delta-client.ts";
import type { DeltaSession } from "../delta-session.ts";
import type { ResourceDistribution } from "../resource-distribution.ts";

/** One stream between a distribution and a client, on which each message moves only when it is told to. */
export class MemoryStream {
  readonly client: DeltaClient;
  readonly session: DeltaSession;
  private readonly toClient: DeltaDiscoveryResponse[] = [];
  private readonly toSession: DeltaDiscoveryRequest[] = [];
  private isPulling = false;
  /** What one side found wrong with the other. */
  malformed: string | undefined;
  /** How often the client was told that it has all. */
  synced = 0;
  /** Resources and names that the client was sent. */
  sent = 0;

  private constructor(distribution: ResourceDistribution, subscriber: string, client: DeltaClient) {
    this.client = client;
    this.session = distribution.attach(subscriber);
  }

  /** Opens a stream and sends the subscriptions; they do not arrive yet. */
  static async open(
    distribution: ResourceDistribution,
    client: DeltaClient,
    subscriber = "host-0",
  ): Promise<MemoryStream> {
    const stream = new MemoryStream(distribution, subscriber, client);
    stream.toSession.push(...(await client.connect()));
    return stream;
  }

  /** Puts what the session has to send next, if anything, on its way. */
  async pull(): Promise<boolean> {
    const before = this.toClient.length;
    if (!this.isPulling) {
      this.isPulling = true;
      void this.session.next().then((response) => {
        this.isPulling = false;
        if (response === undefined) return;
        this.sent += response.resources.length + response.removedResources.length;
        this.toClient.push(response);
      });
    }
    await turns();
    return this.toClient.length > before;
  }

  /** Has the next response arrive, and be used. */
  async deliver(): Promise<boolean> {
    const response = this.toClient.shift();
    if (response === undefined) return false;
    const reply = await this.client.receive(response);
    if ("malformed" in reply) this.malformed = reply.malformed;
    else {
      this.toSession.push(reply.answer);
      if (reply.synced) this.synced += 1;
    }
    return true;
  }

  /** Has the next request arrive. */
  answer(): boolean {
    const request = this.toSession.shift();
    if (request === undefined) return false;
    this.malformed ??= this.session.receive(request);
    return true;
  }

  /** Moves everything until nothing moves any more. */
  async drain(): Promise<void> {
    for (let moves = true; moves; ) {
      moves = await this.pull();
      moves = (await this.deliver()) || moves;
      moves = this.answer() || moves;
    }
  }

  /** What is on its way is lost. */
  break(): void {
    this.session.close();
    this.toClient.length = 0;
    this.toSession.length = 0;
  }
}

/** Lets what can go on without anything else happening go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
}
