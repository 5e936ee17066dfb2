import type { ExtensionDeclaration } from "../../api/extension.ts";
import { type SuggestLimits, WORLD_ADDRESSES_MAX } from "./limits.ts";
import { Notes } from "./notes.ts";
import type { Observation } from "./observation.ts";
import { type Peer, peerKey, peerOf, WORLD } from "./peer.ts";
import { RequestLog, type Room } from "./request-log.ts";
import { type RequestShape, requestShape } from "./request-shape.ts";

/** What one peer did on one port. */
export interface Flow {
  readonly peer: Peer;
  /** Connections whose requests nobody read: that were let through, and that were refused. */
  connections: number;
  denied: number;
  /** By extension. */
  readonly requests: Map<string, RequestLog>;
}

export interface PortTraffic {
  readonly flows: Map<string, Flow>;
  /** Extension → when it was last seen on the port. */
  readonly lastSeen: Map<string, number>;
  worldAddresses: number;
}

/** The endpoints of one set of labels. */
export interface Subject {
  readonly labels: readonly string[];
  readonly endpoints: Set<string>;
  readonly ingress: Map<number, PortTraffic>;
  readonly egress: Map<number, PortTraffic>;
  readonly notes: Notes;
}

/** What was observed, without what would take more room than the limits allow. */
export class Traffic {
  readonly notes: Notes;
  private readonly subjects = new Map<string, Subject>();
  private readonly extensions: ReadonlyMap<string, ExtensionDeclaration>;
  private readonly shapes = new Map<string, RequestShape | undefined>();
  private readonly room: Room;
  private flows = 0;

  /** @param listMax As of `foldValues`. */
  constructor(extensions: ReadonlyMap<string, ExtensionDeclaration>, listMax: number, limits: SuggestLimits) {
    this.extensions = extensions;
    this.room = { limits, listMax, requestKinds: 0, values: 0 };
    this.notes = new Notes(limits.notesMax);
  }

  add(observation: Observation): void {
    const subject = this.subjectOf(observation);
    if (subject === undefined) return;
    const peer = peerOf(observation.peer);
    if (peer === undefined) {
      subject.notes.add("Left out: peers that nobody knows, which no rule can name");
      return;
    }
    const { port, request } = observation;
    if (request !== undefined && !this.extensions.has(request.proto)) {
      subject.notes.add(`Left out: requests of ${JSON.stringify(request.proto)}, an extension that is not loaded here`);
      return;
    }
    const ports = subject[observation.direction];
    const traffic = ports.get(port) ?? { flows: new Map(), lastSeen: new Map(), worldAddresses: 0 };
    const flow = this.flowOf(traffic, peer);
    if (flow === undefined) {
      subject.notes.add("Left out: peers and ports beyond the limit");
      return;
    }
    ports.set(port, traffic);
    if (request === undefined) {
      if (observation.denied) flow.denied++;
      else flow.connections++;
      return;
    }
    const { proto } = request;
    traffic.lastSeen.set(proto, Math.max(observation.timeMs, traffic.lastSeen.get(proto) ?? 0));
    this.logOf(flow, proto).add(request.fields, subject.notes);
  }

  /** Sorted by labels. */
  all(): readonly Subject[] {
    return [...this.subjects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subject]) => subject);
  }

  private subjectOf({ subject: side }: Observation): Subject | undefined {
    if (side.identity === 0 || side.labels.length === 0) {
      this.notes.add("Left out: traffic of endpoints without labels, which no policy can select");
      return undefined;
    }
    const labels = [...side.labels].sort();
    const key = JSON.stringify(labels);
    let subject = this.subjects.get(key);
    if (subject === undefined) {
      if (this.subjects.size >= this.room.limits.subjectsMax) {
        this.notes.add("Left out: endpoints beyond the limit");
        return undefined;
      }
      const notes = new Notes(this.room.limits.notesMax);
      subject = { labels, endpoints: new Set(), ingress: new Map(), egress: new Map(), notes };
      this.subjects.set(key, subject);
    }
    if (side.endpoint !== undefined && subject.endpoints.size < ENDPOINTS_NAMED_MAX)
      subject.endpoints.add(side.endpoint);
    return subject;
  }

  private flowOf(traffic: PortTraffic, peer: Peer): Flow | undefined {
    if (peer.kind === "world-address") {
      const world = traffic.flows.get(peerKey(WORLD));
      if (world !== undefined) return world;
    }
    const key = peerKey(peer);
    const known = traffic.flows.get(key);
    if (known !== undefined) return known;
    if (peer.kind === "world-address" && traffic.worldAddresses === WORLD_ADDRESSES_MAX)
      return this.mergeWorld(traffic);
    if (this.flows >= this.room.limits.flowsMax) return undefined;
    this.flows++;
    if (peer.kind === "world-address") traffic.worldAddresses++;
    const flow: Flow = { peer, connections: 0, denied: 0, requests: new Map() };
    traffic.flows.set(key, flow);
    return flow;
  }

  /** So many addresses of the world are the world. */
  private mergeWorld(traffic: PortTraffic): Flow {
    const world: Flow = { peer: WORLD, connections: 0, denied: 0, requests: new Map() };
    this.flows++;
    for (const [key, flow] of traffic.flows) {
      if (flow.peer.kind !== "world-address") continue;
      traffic.flows.delete(key);
      this.flows--;
      world.connections += flow.connections;
      world.denied += flow.denied;
      for (const [proto, log] of flow.requests) this.logOf(world, proto).absorb(log);
    }
    traffic.flows.set(peerKey(WORLD), world);
    return world;
  }

  private logOf(flow: Flow, proto: string): RequestLog {
    let log = flow.requests.get(proto);
    if (log === undefined) {
      log = new RequestLog(this.shapeOf(proto), this.room);
      flow.requests.set(proto, log);
    }
    return log;
  }

  private shapeOf(proto: string): RequestShape | undefined {
    if (!this.shapes.has(proto)) {
      const declaration = this.extensions.get(proto);
      this.shapes.set(proto, declaration && requestShape(declaration));
    }
    return this.shapes.get(proto);
  }
}

/** Names of endpoints that one document's comment tells. */
const ENDPOINTS_NAMED_MAX = 10;
