import type { TestContext } from "node:test";
import { type RunningAgent, startAgent } from "../../support/agent.ts";
import { memcachedOrSkip } from "../../support/memcached.ts";
import { LineUpstream } from "./line-upstream.ts";
import { policyText } from "./policy-text.ts";

/** An extension that reads lines. */
export interface LineExtension {
  /** Of the extension and of its endpoint. */
  readonly name: string;
  /** As the configuration has it. */
  readonly entry: string;
  /** L7 rule of whoever may ask it. */
  readonly rule: string;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Weir with one built-in host, in front of a real memcached at 127.0.2.4 and, with the extension, a server of lines at
 * 127.0.2.5. All of it ends with the test. undefined: the test is skipped.
 */
export async function startBesideMemcached(
  t: TestContext,
  { name, entry, rule, files }: LineExtension,
): Promise<{ readonly agent: RunningAgent; readonly upstream: LineUpstream } | undefined> {
  const memcached = await memcachedOrSkip(t, { address: "127.0.2.4" });
  if (memcached === undefined) return undefined;
  const upstream = await LineUpstream.listen("127.0.2.5");
  t.after(() => upstream.close());
  const policies = [
    policyText("memcached", memcached.port, "memcache", "{command: get, keyPrefix: f}"),
    policyText(name, upstream.port, name, rule),
  ];
  const agent = await startAgent({
    configuration: `
hosts: 1
drainMs: 100
endpoints:
  - {name: memcached, addresses: [127.0.2.4], labels: ["app=memcached"]}
  - {name: ${name}, addresses: [127.0.2.5], labels: ["app=${name}"]}
  - {name: client, addresses: [127.0.1.1], labels: ["app=client"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "127.0.2.4:${memcached.port}", endpoint: memcached}
  - {listen: "127.0.0.1:0", upstream: "127.0.2.5:${upstream.port}", endpoint: ${name}}
policies: [./policy.yaml]
extensions: [${entry}]
accessLog: ./run/access.log
`,
    files: { ...files, "policy.yaml": policies.join("---\n") },
  });
  t.after(() => agent.stop());
  return { agent, upstream };
}
