import type { Duplex } from "node:stream";
import type { NumericIdentity, PolicyRevision, Port } from "../../../../src/api/identity.ts";
import { EmbeddedDataPlane } from "../../../../src/datapath/embedded/embedded-data-plane.ts";
import type { StreamOpener } from "../../../../src/datapath/embedded/live-connection.ts";
import { CallWatch } from "../../../../src/host/extension-hosts/call-watch.ts";
import { parseAddress } from "../../../../src/lib/ip/address.ts";
import type { DirectionPolicy, EndpointPolicy, RequestMatcher } from "../../../../src/policy/endpoint-policy.ts";
import { compileRequestMatcher } from "../../../../src/policy/request/compile.ts";
import { Instance } from "../../../../src/proxylib/instance.ts";
import { PolicyMap } from "../../../../src/proxylib/policy-map.ts";
import { ExtensionRegistry } from "../../../../src/proxylib/registry.ts";
import { createRemoteOwner } from "../../../../src/remote-parser/remote-owner.ts";
import type { OwnerChange, OwnerConfiguration } from "./owner-process.ts";

const ENDPOINT = "server";
const SERVER = { identity: 300 as NumericIdentity, labels: ["unspec:app=server"], endpoint: ENDPOINT };
const CLIENT = { identity: 301 as NumericIdentity, labels: ["unspec:app=client"] };
const WATCH_MS = 25;
const BUFFERED_BYTES_MAX = 16_777_216;
const CONNECTIONS_MAX = 1000;

export interface ComposedOwner {
  readonly port: number;
  change(change: OwnerChange): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The owner's side of weir as a built-in host joins it: the embedded data plane, the engine, and the owner of the
 * remote-parser protocol, with a stream in the place of each process.
 *
 * @param wrap Comes between the data plane and the engine.
 */
export async function composeOwner(
  configuration: OwnerConfiguration,
  streams: readonly Duplex[],
  wrap: (opener: StreamOpener) => StreamOpener = (opener) => opener,
): Promise<ComposedOwner> {
  const { upstream, extension, version, fields } = configuration;
  const declaration = { name: extension, version, fields };
  const owner = createRemoteOwner({
    now: () => performance.now(),
    bufferedBytesMax: BUFFERED_BYTES_MAX,
    connectionsMax: CONNECTIONS_MAX,
  });
  const stopWatching = useStreams(owner, streams, configuration.stuckMs);
  const registry = new ExtensionRegistry();
  registry.add(owner.extension(declaration));
  const policies = new PolicyMap();
  const address = parseAddress("127.0.0.1")!;
  const records = { record: () => undefined };
  const plane = new EmbeddedDataPlane({
    redirects: [
      {
        listen: { address, port: 0 },
        upstream: { address, port: upstream as Port },
        endpoint: ENDPOINT,
        direction: "ingress",
      },
    ],
    identities: { ofAddress: () => CLIENT, ofEndpoint: () => SERVER },
    opener: wrap(new Instance({ extensions: registry, policies, records })),
    policies,
    records,
  });
  let revision = 0;
  const apply = async ({ rules }: OwnerChange): Promise<void> => {
    const described = rules.map((rule, at) => ({
      ...rule,
      origin: { policy: "conformance", rule: `[${at}]`, labels: [] },
    }));
    await plane.apply(policyOf(++revision, extension, compileRequestMatcher(declaration, described)));
    owner.policyChanged();
    await owner.settled();
  };
  await apply(configuration);
  await plane.start();
  return {
    port: Number(plane.status().listeners[0]?.listen.split(":").at(-1)),
    change: apply,
    async stop() {
      stopWatching();
      await plane.stop(0);
    },
  };
}

type Owner = ReturnType<typeof createRemoteOwner>;

/** One stream after the other, as `ExtensionHost` has one process after the other. @returns Ends the watch. */
function useStreams(owner: Owner, streams: readonly Duplex[], stuckMs: number): () => void {
  let present: Duplex | undefined;
  const use = (number: number): void => {
    const stream = streams[number];
    present = stream;
    if (stream === undefined) {
      owner.closeAll("there are no more hosts");
      return;
    }
    let why = "its stream has ended";
    stream.on("data", (bytes: Buffer) => owner.receive(bytes));
    stream.on("drain", () => owner.drained());
    stream.on("error", () => undefined);
    // Not before everything that it left is read.
    stream.on("end", () => stream.destroy());
    stream.on("close", () => {
      owner.down(why);
      use(number + 1);
    });
    owner.up({
      send: (frames) => stream.write(frames),
      atTurnEnd: (flush) => void setImmediate(flush),
      broken: (reason) => {
        why = reason;
        stream.destroy();
      },
    });
  };
  use(0);
  const watch = new CallWatch(stuckMs, WATCH_MS);
  let lookedMs = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (watch.isStuck(owner.work, now - lookedMs)) present?.destroy();
    lookedMs = now;
  }, WATCH_MS);
  return () => clearInterval(timer);
}

function policyOf(revision: number, parser: string, matcher: RequestMatcher): EndpointPolicy {
  const ingress: DirectionPolicy = {
    enforced: true,
    lookup: () => ({ kind: "l7", parser, mode: "enforce", matcher, origin: undefined }),
  };
  const egress: DirectionPolicy = {
    enforced: true,
    lookup: () => ({ kind: "denied", reason: "nobody goes out here", origin: undefined }),
  };
  return { endpoint: ENDPOINT, identity: SERVER.identity, revision: revision as PolicyRevision, ingress, egress };
}
