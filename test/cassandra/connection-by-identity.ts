import assert from "node:assert/strict";
import type { NumericIdentity, PolicyRevision, Port } from "../../src/api/identity.ts";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import type { ConnectionVerdict } from "../../src/policy/endpoint-policy.ts";
import { compileRequestMatcher } from "../../src/policy/request/compile.ts";
import type { ConnectionInfo } from "../../src/proxylib/connection.ts";
import { Instance } from "../../src/proxylib/instance.ts";
import { Direction } from "../../src/proxylib/io.ts";
import { PolicyMap } from "../../src/proxylib/policy-map.ts";
import { ExtensionRegistry } from "../../src/proxylib/registry.ts";
import type { ScriptedRules } from "../../src/proxylib/testing/index.ts";
import { startup } from "./cql-request.ts";
import { ready } from "./cql-response.ts";

/** What `connectionByIdentity` gives. Bytes are latin1. */
export interface ConnectionByIdentity {
  fromClient(bytes: string): void;
  fromServer(bytes: string): void;
  /** Since the last call. */
  takeToServer(): string;
  /** Another identity stands behind the client's address. */
  identify(identity: number): void;
}

/** A started connection under a policy that has other rules for each identity; 1 opens it. */
export function connectionByIdentity(rules: Readonly<Record<number, ScriptedRules>>): ConnectionByIdentity {
  const extension = cassandra();
  const extensions = new ExtensionRegistry();
  extensions.add(extension);
  const policies = new PolicyMap();
  const lookup = (identity: number): ConnectionVerdict => {
    const origin = { policy: "empire", rule: `of ${identity}`, labels: [] };
    const matcher = compileRequestMatcher(
      extension,
      (rules[identity] ?? []).map((fields) => ({ fields, origin })),
    );
    return { kind: "l7", parser: extension.name, matcher, origin, mode: "enforce" };
  };
  const direction = { enforced: true, lookup };
  policies.set({
    endpoint: "server",
    identity: 1000 as NumericIdentity,
    revision: 1 as PolicyRevision,
    ingress: direction,
    egress: direction,
  });
  const info = (identity: number): ConnectionInfo => ({
    id: 1,
    ingress: true,
    source: { identity: identity as NumericIdentity, labels: [], address: "10.0.0.9:40000" },
    destination: { identity: 1000 as NumericIdentity, labels: [], address: "10.0.0.1:9042", endpoint: "server" },
    policyName: "server",
    port: 9042 as Port,
    proto: extension.name,
    config: {},
  });
  const sent: string[] = [];
  const opened = new Instance({ extensions, policies, records: { record: () => undefined } }).open(info(1), {
    send: (to, bytes) => {
      if (to === Direction.Original) sent.push(Buffer.from(bytes).toString("latin1"));
      return true;
    },
    end: () => undefined,
    setPaused: () => undefined,
    close: (reason) => assert.fail(reason.message),
  });
  assert.ok(opened.ok);
  const { stream } = opened;
  const receive = (direction: Direction, bytes: string): void => {
    stream.receive(direction, Buffer.from(bytes, "latin1"), false);
  };
  receive(Direction.Original, startup());
  receive(Direction.Reply, ready());
  return {
    fromClient: (bytes) => receive(Direction.Original, bytes),
    fromServer: (bytes) => receive(Direction.Reply, bytes),
    takeToServer: () => sent.splice(0).join(""),
    identify: (identity) => stream.identify(info(identity)),
  };
}
