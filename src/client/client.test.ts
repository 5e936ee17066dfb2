import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ProblemsError } from "../api/problems-error.ts";
import { WeirError } from "../lib/error.ts";
import { createClient } from "./client.ts";

/** A server on a Unix socket that answers by hand. */
async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "weir-client-"));
  const path = join(directory, "weir.sock");
  const server = createServer(listener).listen(path);
  await once(server, "listening");
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });
  return path;
}

test("a missing socket and a dead one say how to start the agent", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "weir-client-"));
  t.after(() => rm(directory, { recursive: true }));
  const missing = join(directory, "weir.sock");
  await assert.rejects(createClient(missing).status(), (error: WeirError) => {
    assert.equal(error.code, "WEIR_AGENT_UNREACHABLE");
    assert.match(error.message, /there is no such socket.*weir agent --config.*--socket/s);
    return true;
  });
  await assert.rejects(createClient(directory).status(), /that is no socket/);
  await assert.rejects(createClient(join(directory, "x".repeat(100))).status(), /at most 107 bytes/);
  const server = createServer().listen(missing);
  await once(server, "listening");
  await rename(missing, `${missing}.dead`);
  server.close();
  await once(server, "close");
  await assert.rejects(createClient(`${missing}.dead`).status(), /its agent has ended/);
});

test("texts that the agent would not take are not sent", async (t) => {
  const path = await serve(t, () => assert.fail("sent"));
  const texts = ["a", "b"].map((source) => ({ source, text: "#".repeat(600_000) }));
  await assert.rejects(createClient(path).importPolicies(texts), {
    code: "WEIR_LIMIT_EXCEEDED",
    message: /1048576 bytes.*all texts of one import.*`policies`/,
  });
});

test("a text goes out whole, with its source; names are encoded, slashes kept", async (t) => {
  const seen: string[] = [];
  const path = await serve(t, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen.push(`${request.method} ${request.url} ${body}`);
    response.end('{"revision": 2, "policies": [], "warnings": []}');
  });
  const client = createClient(path);
  await client.importPolicies([{ source: "dir/my file.yaml", text: "ü: 1" }]);
  await client.validatePolicy("ü: 1", "dir/my file.yaml");
  await client.deletePolicy("space/a?b");
  assert.deepEqual(seen, [
    'POST /v1/policy/import [{"source":"dir/my file.yaml","text":"ü: 1"}]',
    "POST /v1/policy/validate?source=dir%2Fmy%20file.yaml ü: 1",
    "DELETE /v1/policy/space/a%3Fb ",
  ]);
});

test("a failure arrives with its code and its problems", async (t) => {
  const problems = [{ source: "f", line: 1, column: 2, path: "", message: "m" }];
  const path = await serve(t, (_request, response) => {
    response.writeHead(400).end(JSON.stringify({ code: "WEIR_POLICY_INVALID", message: "bad", problems }));
  });
  await assert.rejects(createClient(path).validatePolicy("x", "f"), (error: unknown) => {
    assert.ok(error instanceof ProblemsError);
    assert.equal(error.code, "WEIR_POLICY_INVALID");
    assert.deepEqual(error.problems, problems);
    return true;
  });
});

test("an answer that is no JSON is still an error with a code", async (t) => {
  const path = await serve(t, (_request, response) => void response.writeHead(502).end("<html>"));
  await assert.rejects(createClient(path).status(), (error: unknown) => {
    assert.ok(error instanceof WeirError);
    assert.equal(error.code, "WEIR_API_FAILED");
    assert.match(error.message, /502/);
    return true;
  });
});

test("an answer that breaks off is an agent that has gone, and a foreign one is told", async (t) => {
  const path = await serve(t, (request, response) => {
    if (request.url?.includes("identity") === true) return void response.end("<html>");
    response.writeHead(200, { "content-length": 100, "content-type": "application/x-ndjson" });
    response.write('{"lost":1}\n', () => response.destroy());
  });
  const client = createClient(path);
  await assert.rejects(client.status(), { code: "WEIR_AGENT_UNREACHABLE" });
  await assert.rejects(client.identities(), { code: "WEIR_API_FAILED" });
  const items = await client.monitor(new AbortController().signal);
  await assert.rejects(
    async () => {
      for await (const item of items) assert.deepEqual(item, { lost: 1 });
    },
    { code: "WEIR_AGENT_UNREACHABLE" },
  );
});

test("an agent that never answers is a timeout", async (t) => {
  const path = await serve(t, () => {});
  await assert.rejects(createClient(path).status(20), { code: "WEIR_TIMEOUT" });
});

test("the monitor gives items as they come, and ends without an error when it is told to", async (t) => {
  const path = await serve(t, (_request, response) => {
    response.setHeader("content-type", "application/x-ndjson");
    response.write('{"lost":2}\n{"proto":"r2d2"');
    response.write("}\n");
  });
  const ending = new AbortController();
  const seen: unknown[] = [];
  for await (const item of await createClient(path).monitor(ending.signal)) {
    seen.push(item);
    if (seen.length === 2) ending.abort();
  }
  assert.deepEqual(seen, [{ lost: 2 }, { proto: "r2d2" }]);
});

test("an agent that knows JSON lines alone is understood, whatever it is offered", async (t) => {
  let accept: string | undefined;
  const path = await serve(t, (request, response) => {
    accept = request.headers.accept;
    response.setHeader("content-type", "application/x-ndjson; charset=utf-8").end('{"lost":2}\n');
  });
  const seen: unknown[] = [];
  for await (const item of await createClient(path).monitor(new AbortController().signal)) seen.push(item);
  assert.deepEqual(seen, [{ lost: 2 }]);
  assert.match(accept ?? "", /^application\/vnd\.weir\.monitor\.v1\+protobuf, application\/x-ndjson$/);
});

test("an agent that would ignore filters is not believed", async (t) => {
  const path = await serve(t, (_request, response) => {
    response.setHeader("content-type", "application/x-ndjson").end('{"lost":2}\n');
  });
  const { signal } = new AbortController();
  const filters = [{ name: "verdict", not: false, value: "Denied" }] as const;
  for (const query of [{ filters }, { last: 3 }, { since: "5m" }, { follow: false }]) {
    await assert.rejects(createClient(path).monitor(signal, query), { code: "WEIR_API_FAILED", message: /older/ });
  }
});

test("an answer in an encoding that is not known is refused by its name", async (t) => {
  const path = await serve(t, (_request, response) => {
    response.setHeader("content-type", "application/vnd.weir.monitor.v9+protobuf").end("x");
  });
  await assert.rejects(createClient(path).monitor(new AbortController().signal), /v9\+protobuf/);
});

test("a binary event that is cut off by the end of the stream is an agent that has gone", async (t) => {
  const path = await serve(t, (_request, response) => {
    response.setHeader("content-type", "application/vnd.weir.monitor.v1+protobuf");
    // {"lost": 7}, and the first bytes of another one.
    response.end(Buffer.from([4, 0x22, 2, 8, 7, 4, 0x22]));
  });
  const items = (await createClient(path).monitor(new AbortController().signal))[Symbol.asyncIterator]();
  assert.deepEqual((await items.next()).value, { lost: 7 });
  await assert.rejects(items.next(), { code: "WEIR_AGENT_UNREACHABLE" });
});
