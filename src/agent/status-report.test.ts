import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiProblem, EndpointSummary, ExtensionHostReport, HostReport, StatusReport } from "../api/rest.ts";
import type { RedirectConfig } from "./config/config.ts";
import { type StatusParts, statusReport } from "./status-report.ts";

const problem: ApiProblem = { source: "p.yaml", line: 3, column: 5, path: "spec", message: "bad" };

const endpoint = (name: string, more: Partial<EndpointSummary> = {}): EndpointSummary => ({
  name,
  identity: 256,
  labels: [],
  addresses: [],
  state: "ready",
  enforcement: { ingress: false, egress: false },
  revision: { wanted: 4, realized: 4 },
  ...more,
});

function report(more: Partial<StatusParts> = {}): StatusReport {
  return statusReport({
    gate: "open",
    agent: { version: "1", pid: 1, startedAt: "", config: "", stateDir: "", policyEnforcement: "default" },
    dataPlane: { name: "embedded", state: "running", connections: 0, listeners: [], warnings: [] },
    endpoints: [endpoint("a")],
    revision: 4,
    documents: 1,
    files: [],
    savedProblems: [],
    savedWarnings: [],
    audited: [],
    redirects: [],
    counts: { identities: 6, extensions: 2 },
    accessLogFailure: undefined,
    accessLogLost: 0,
    ...more,
  });
}

test("ready means: open, nothing wrong, and every endpoint has the policy of now", () => {
  assert.equal(report().agent.state, "ready");
  assert.equal(report({ gate: "loading" }).agent.state, "starting");
  assert.equal(report({ gate: "opening" }).agent.state, "starting");
  assert.equal(report({ gate: "blocked", savedProblems: [problem] }).agent.state, "blocked");
  assert.equal(report({ gate: "draining" }).agent.state, "draining");
  const behind = endpoint("b", { revision: { wanted: 4, realized: 3 } });
  assert.equal(report({ endpoints: [behind] }).agent.state, "degraded");
});

test("everything that is not in force is a problem, each with its reason", () => {
  const file = { file: "p.yaml", documents: [], problems: [problem], warnings: [] };
  const failed = endpoint("b", { failure: "two parsers", revision: { wanted: 4, realized: 2, failed: 4 } });
  const { agent, problems, dataPlanes } = report({
    files: [file],
    endpoints: [endpoint("a"), failed],
    savedProblems: [{ ...problem, source: "saved" }],
    accessLogFailure: "disk full",
  });
  assert.equal(agent.state, "degraded");
  assert.deepEqual(problems, ["p.yaml:3:5: bad", "saved:3:5: bad", "endpoint b: two parsers", "disk full"]);
  assert.deepEqual(dataPlanes[0]!.revision, { wanted: 4, realized: 2, failed: 4 });
});

test("a host that does not come up is a problem, with how it ended, in each of its states", () => {
  const host: HostReport = {
    ...{ index: 1, pid: 7, state: "starting", adopted: false, startedAt: "", connections: 0 },
    ...{ revision: { wanted: 4, realized: 0 }, failures: [], restarts: 2, recordsLost: 0, extensionHosts: [] },
    lastEnd: { time: "", pid: 6, reason: "exited with code 1" },
  };
  const problems = (more: Partial<HostReport>): readonly string[] =>
    report({
      ...{ gate: "opening", endpoints: [] },
      dataPlane: {
        ...{ name: "embedded", state: "stopped", connections: 0, listeners: [], warnings: [] },
        hosts: [{ ...host, ...more }],
      },
    }).problems;
  const why = "exited with code 1; what it said itself is in the agent's log";
  assert.deepEqual(problems({}), [`host 1 starts, and has ended 2 times: ${why}`]);
  assert.deepEqual(problems({ state: "down" }), [`host 1 does not run, and is started again: ${why}`]);
  assert.deepEqual(problems({ restarts: 1 }), []);
  assert.deepEqual(problems({ state: "running" }), []);
});

test("extensions that are not confined are warned of once, with the reason, and not before it is known", () => {
  const warnings = (confined: boolean, ...unconfined: string[]): readonly string[] => {
    const extensionHost: Partial<ExtensionHostReport> = {
      ...{ extensions: ["lines"], pid: 8, state: "running", confined, unconfined, problems: [] },
      ...{ connections: 0, memoryBytes: 0, recordsDropped: 0, restarts: 0 },
    };
    const host: HostReport = {
      ...{ index: 1, pid: 7, state: "running", adopted: false, startedAt: "", connections: 0 },
      ...{ revision: { wanted: 4, realized: 4 }, failures: [], restarts: 0, recordsLost: 0 },
      extensionHosts: [extensionHost as ExtensionHostReport],
    };
    const hosts = [host, { ...host, index: 2 }];
    const plane = { name: "embedded", state: "running", connections: 0, listeners: [], warnings: [], hosts } as const;
    return report({ dataPlane: plane }).warnings;
  };
  assert.deepEqual(warnings(true), []);
  assert.deepEqual(warnings(false), []);
  assert.deepEqual(warnings(false, "no namespaces"), ["extension lines is not confined: no namespaces"]);
});

test("an access log with gaps is warned of, and does not make the agent degraded", () => {
  const { agent, warnings } = report({ accessLogLost: 3 });
  assert.equal(agent.state, "ready");
  assert.match(warnings.join("\n"), /^the access log lacks 3 records/);
});

test("policy that no listener can enforce is warned of", () => {
  const redirect = { endpoint: "a", direction: "ingress" } as RedirectConfig;
  const both = { enforcement: { ingress: true, egress: true } };
  const { warnings } = report({ endpoints: [endpoint("a", both), endpoint("b", both)], redirects: [redirect] });
  assert.deepEqual(warnings, [
    "not enforced: policy wants the ingress of b enforced, and no ingress redirect names them",
    "not enforced: policy wants the egress of a, b enforced, and no egress redirect names them",
  ]);
  const many = Array.from({ length: 25 }, (_, index) => endpoint(`e${index}`, both));
  assert.match(report({ endpoints: many }).warnings[0]!, /e0, e1, .*, e9 and 15 more enforced/);
});

test("identities that any local process can take are warned of, whatever the listeners' addresses", () => {
  const redirects = [{ endpoint: "a", direction: "ingress" } as RedirectConfig];
  const remote = endpoint("a", { addresses: ["10.0.0.1", "fd00::1"], enforcement: { ingress: true, egress: false } });
  const demo = endpoint("demo", { addresses: ["10.0.0.2", "127.0.1.1"] });
  assert.deepEqual(report({ endpoints: [remote], redirects }).warnings, []);
  assert.deepEqual(report({ endpoints: [demo] }).warnings, []);
  const { warnings } = report({ endpoints: [remote, demo], redirects });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /any local process may bind any 127\.x\.y\.z address, and so be demo;/);
});

test("a listener that lets everything through because no policy is there is warned of", () => {
  const redirects = [
    { endpoint: "a", direction: "ingress" },
    { endpoint: "b", direction: "ingress" },
  ] as RedirectConfig[];
  const closed = endpoint("a", { enforcement: { ingress: true, egress: false } });
  const endpoints = [closed, endpoint("b"), endpoint("c")];
  assert.doesNotMatch(report({ endpoints, redirects, audited: ["b"] }).warnings.join("\n"), /open:/);
  assert.deepEqual(report({ endpoints, redirects }).warnings, [
    "open: no policy is enforced on the ingress of b, and the ingress redirect lets everything through",
  ]);
});

test("an agent that enforces nothing says so", () => {
  const agent = { version: "1", pid: 1, startedAt: "", config: "", stateDir: "", policyEnforcement: "never" };
  assert.match(report({ agent }).warnings.join("\n"), /everything is allowed/);
});

test("endpoints in audit mode, and what was saved in vain, are told", () => {
  const { warnings, agent } = report({ audited: ["a", "b"], savedWarnings: ["endpoint c is configured now"] });
  assert.match(warnings.join("\n"), /audit mode: .* of a, b passes.*\n.*endpoint c is configured now/);
  assert.equal(agent.state, "ready");
});
