// openapi.json is held against a running agent: every operation is asked for what it promises, and for every failure that
// it names.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { silentLogger } from "../../src/lib/log.ts";
import { createServer } from "../../src/server/server.ts";
import { answeringAgent } from "../../src/server/testing/answering-agent.ts";
import { type RunningAgent, startAgent } from "../support/agent.ts";
import { type Answer, call } from "./openapi-call.ts";
import { exampleOf, type OpenApi, operations, type PlacedOperation, schemaProblem } from "./openapi-document.ts";
import { BODY_FAILURES, type Failure, REQUESTS, type Send, WRONG_BODY } from "./openapi-requests.ts";

const POLICY = `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: from-file}
spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{}]}
`;
const CONFIGURATION = `
endpoints:
  - {name: memcached, addresses: [127.0.9.1], labels: ["app=memcached"]}
  - {name: web, addresses: [127.0.9.2], labels: ["app=web"]}
policies: [./policies/*.yaml]
`;

/** The same routes as the running agent's: there is one function that makes them. */
const app = await createServer(answeringAgent(), "1.2.3", silentLogger);
const document = (await app.inject("/openapi.json")).json<OpenApi>();
const all = operations(document);

describe("openapi.json", () => {
  it("names every route of the server, and no other", () => {
    const missing = all.filter(({ method, path }) => {
      const url = path === "/v1/policy/{name}" ? "/v1/policy/*" : path.replace(/\{(\w+)\}/g, ":$1");
      return !app.hasRoute({ method: method as "GET", url });
    });
    assert.deepEqual(missing, []);
    const routes = [...app.printRoutes({ commonPrefix: false }).matchAll(/\(([A-Z, ]+)\)$/gm)].flatMap((match) =>
      (match[1] as string).split(", "),
    );
    assert.equal(routes.length, all.length, app.printRoutes());
  });

  it("says what every operation does, and has a name of its own for each", () => {
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    for (const { id, operationId, summary = "", responses } of all) {
      assert.ok(operationId !== undefined && summary !== "", id);
      for (const [status, { description, content }] of Object.entries(responses)) {
        assert.notEqual(description, "", `${id} ${status}`);
        assert.ok(content !== undefined, `${id} ${status} has no schema`);
      }
    }
  });
});

describe("the running agent", () => {
  let agent: RunningAgent;
  let send: Send;
  before(async () => {
    agent = await startAgent({ configuration: CONFIGURATION, files: { "policies/from-file.yaml": POLICY } });
    send = (request) => call(join(agent.folder, "run/weir.sock"), request);
  });
  after(() => agent?.stop());

  it("serves this document", async () => {
    const served = JSON.parse((await send({ method: "GET", path: "/openapi.json" })).text) as OpenApi;
    assert.deepEqual(served.paths, document.paths);
  });

  it("knows no requests for operations that are not there", () => {
    const ids = new Set(all.map(({ id }) => id));
    assert.deepEqual(
      Object.keys(REQUESTS).filter((id) => !ids.has(id)),
      [],
    );
  });

  for (const operation of all) {
    const requests = REQUESTS[operation.id] ?? {};
    it(`does as documented: ${operation.method} ${operation.path}`, async () => {
      await requests.before?.(send);
      const answer = await ask(send, operation, {});
      assert.match(String(answer.status), /^2/, answer.text);
      conforms(operation, answer);
    });

    const hasBody = operation.requestBody !== undefined;
    const failures: Readonly<Record<string, Failure>> = {
      ...(hasBody ? { "400": WRONG_BODY, ...BODY_FAILURES } : {}),
      ...requests.failures,
    };
    const documented = Object.keys(operation.responses).filter((status) => /^[45]/.test(status));
    it(`fails as documented: ${operation.method} ${operation.path}`, async () => {
      assert.deepEqual(Object.keys(failures).sort(), documented.sort());
      for (const [status, failure] of Object.entries(failures)) {
        const answer = await (failure.provoke?.(send) ?? ask(send, operation, failure));
        assert.equal(answer.status, Number(status), answer.text);
        conforms(operation, answer);
      }
    });
  }

  it("has nothing that is not documented", async () => {
    for (const path of new Set(all.map((one) => one.path))) {
      const allowed = all.filter((one) => one.path === path).map(({ method }) => method);
      for (const method of ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]) {
        if (allowed.includes(method)) continue;
        const { status } = await send({ method, path: path.replace(/\{\w+\}/g, "x") });
        assert.equal(status, 404, `${method} ${path}`);
      }
    }
  });
});

/** Sends a valid request with the differences that are given. */
function ask(send: Send, operation: PlacedOperation, difference: Failure): Promise<Answer> {
  const { method, requestBody, parameters = [] } = operation;
  const own = REQUESTS[operation.id] ?? {};
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((one) => one.in === "path" && one.name === name);
    return difference.path?.[name] ?? own.path?.[name] ?? String(parameter?.schema.example ?? parameter?.example);
  });
  const query = difference.query ?? own.query;
  const [[type, media] = []] = Object.entries(requestBody?.content ?? {});
  const body = difference.body ?? own.body ?? (media === undefined ? undefined : exampleOf(media.schema));
  return send({
    method,
    path: query === undefined ? path : `${path}?${query}`,
    ...(type === undefined ? {} : { type: difference.type ?? type }),
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(difference.claimedBytes === undefined ? {} : { claimedBytes: difference.claimedBytes }),
    ...(difference.accept === undefined ? {} : { accept: difference.accept }),
  });
}

function conforms(operation: PlacedOperation, { status, type, text }: Answer): void {
  const response = operation.responses[String(status)];
  assert.ok(response !== undefined, `${operation.id} answers with an undocumented ${status}: ${text}`);
  const media = response.content?.[type];
  assert.ok(media !== undefined, `${operation.id} ${status} has the undocumented type ${type}`);
  if (type === "application/json") {
    assert.equal(schemaProblem(document, media.schema, JSON.parse(text)), undefined, `${operation.id}: ${text}`);
  }
}
