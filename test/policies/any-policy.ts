import fc from "fast-check";

const NONE_REQUIRED: { requiredKeys: [] } = { requiredKeys: [] };

function rule(): fc.Arbitrary<object> {
  const label = fc.oneof(
    fc.constantFrom("a", "k8s:team=x", "$init", "k8s:io.cilium.k8s.policy.name=other"),
    fc.constant({ source: "k8s", key: "stage", value: "1" }),
  );
  return fc.record(
    {
      endpointSelector: selector(),
      description: fc.string(),
      labels: fc.array(label, { maxLength: 2 }),
      ingress: fc.array(item("from", false), { maxLength: 3 }),
      egress: fc.array(item("to", false), { maxLength: 3 }),
      ingressDeny: fc.array(item("from", true), { maxLength: 2 }),
      egressDeny: fc.array(item("to", true), { maxLength: 2 }),
    },
    { requiredKeys: ["endpointSelector"] },
  );
}

function item(way: "from" | "to", deny: boolean): fc.Arbitrary<object> {
  const peers = fc.oneof(
    fc.record({ [`${way}Endpoints`]: fc.array(selector(), { maxLength: 3 }) }),
    fc.record({ [`${way}CIDR`]: fc.array(fc.oneof(network, fc.constantFrom("10.1.2.3", "::1")), { maxLength: 3 }) }),
    fc.record({ [`${way}CIDRSet`]: fc.array(fc.oneof(cidrRule("10."), cidrRule("0."), cidrRule("2001:")), SHORT) }),
    fc.record({
      [`${way}Entities`]: fc.array(fc.constantFrom("all", "world", "cluster", "host", "init"), { maxLength: 3 }),
    }),
    fc.constant({}),
  );
  const rest = fc.record(
    {
      [`${way}Requires`]: fc.array(selector(), { minLength: 1, maxLength: 2 }),
      toPorts: fc.array(portRule(deny), { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  return fc
    .tuple(peers, rest)
    .map(([named, other]) => ({ ...named, ...other }))
    .filter((made) => !deny || Object.keys(made).length > 0);
}

const SHORT = { maxLength: 3 };
const network = fc.constantFrom(
  "10.0.0.0/8",
  "10.1.2.3/16",
  "0.0.0.0/0",
  "::/0",
  "2001:db8::/32",
  "::ffff:10.0.0.0/104",
);

/** Networks that hold one another, all beginning with the same text. */
function cidrRule(start: string): fc.Arbitrary<object> {
  const wide = { "10.": "10.0.0.0/8", "0.": "0.0.0.0/0", "2001:": "2001:db8::/32" }[start];
  const narrow = {
    "10.": ["10.1.0.0/16", "10.1.2.3/32", "::ffff:10.2.0.0/112", "10.0.0.0/8"],
    "0.": ["10.0.0.0/8", "192.168.0.0/16"],
    "2001:": ["2001:db8:1::/48", "2001:db8::1/128"],
  }[start];
  const except = fc.array(fc.constantFrom(...(narrow ?? [])), { maxLength: 3 });
  return fc.record({ cidr: fc.constant(wide), except }, { requiredKeys: ["cidr"] });
}

const key = fc.constantFrom("app", "k8s:app", "unspec:app", "example.com/stage", "k8s:io.kubernetes.pod.namespace");
const value = fc.constantFrom("", "a", "b", "yes", "5", "shop");
const reserved = fc.constantFrom("reserved:host", "reserved:world", "reserved:init", "reserved:unmanaged");

function selector(): fc.Arbitrary<object> {
  const expression = fc.oneof(
    fc.record({
      key,
      operator: fc.constantFrom("In", "NotIn"),
      values: fc.array(value, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ key: fc.oneof(key, reserved), operator: fc.constantFrom("Exists", "DoesNotExist") }),
  );
  const labels = fc.oneof(
    { weight: 4, arbitrary: fc.dictionary(key, value, { maxKeys: 3 }) },
    fc.dictionary(reserved, fc.constant(""), { maxKeys: 2 }),
  );
  return fc.oneof(
    fc.record({ matchLabels: labels, matchExpressions: fc.array(expression, { maxLength: 2 }) }, NONE_REQUIRED),
    fc.constant({ matchLabels: { "reserved:all": "" } }),
  );
}

function portRule(deny: boolean): fc.Arbitrary<object> {
  const number = fc.integer({ min: 1, max: 65_535 });
  const port = fc.record(
    { port: fc.oneof(number, number.map(String)), protocol: fc.constantFrom("TCP", "udp", "ANY", "") },
    { requiredKeys: ["port"] },
  );
  const plain = fc.record({ ports: fc.array(port, { minLength: 1, maxLength: 3 }) });
  if (deny) return plain;
  const tcp = fc.record({ port: number, protocol: fc.constant("TCP") });
  const withRules = fc.record({
    ports: fc.array(tcp, { minLength: 1, maxLength: 2 }),
    rules: fc.oneof(
      fc.record({ l7proto: fc.constant("memcache"), l7: fc.array(memcacheEntry(), { maxLength: 3 }) }),
      fc.record({ l7proto: fc.constant("r2d2"), l7: fc.array(r2d2Entry(), { maxLength: 3 }) }),
      fc.constant({ l7proto: "plain", l7: [{}] }),
    ),
  });
  return fc.oneof(plain, withRules);
}

const action = fc.constantFrom("allow", "deny");

function memcacheEntry(): fc.Arbitrary<object> {
  const command = fc.constantFrom("get", "set", "writeGroup");
  const text = fc.oneof(fc.string(), fc.constantFrom("yes", "~", "5"));
  return fc.oneof(
    fc.record({ command, keyPrefix: text, action }, { requiredKeys: ["command"] }),
    fc.record({ command, keyExact: text, action }, { requiredKeys: ["command"] }),
    fc.record({ command, keyRegex: fc.constantFrom("^a", "b.c", "") }),
    fc.record({ command: fc.constantFrom("stats", "every", ""), action }, { requiredKeys: [] }),
  );
}

function r2d2Entry(): fc.Arbitrary<object> {
  return fc.oneof(
    fc.record({ cmd: fc.constantFrom("READ", "WRITE"), file: fc.constantFrom("^a", "b"), action }, NONE_REQUIRED),
    fc.record({ cmd: fc.constantFrom("HALT", "RESET"), action }, NONE_REQUIRED),
  );
}

/** Documents as users write them, right in all parts, with every member. For the declarations of `extensions.ts`. */
export const anyPolicy: fc.Arbitrary<object> = fc
  .record({
    metadata: fc.record(
      {
        name: fc.constantFrom("p", "a.b-c"),
        namespace: fc.constantFrom("shop", "reports"),
        annotations: fc.record(
          { "weir.dev/mode": fc.constantFrom("audit", "enforce"), other: fc.integer() },
          NONE_REQUIRED,
        ),
      },
      { requiredKeys: ["name"] },
    ),
    description: fc.string(),
    spec: fc.option(rule(), { nil: undefined }),
    specs: fc.array(rule(), { minLength: 1, maxLength: 3 }),
  })
  .map((document) => ({ apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", ...document }));
