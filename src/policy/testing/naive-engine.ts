// The plain reading of policies: no caches, no indexes, no sharing; every rule is looked at every time. What the engine
// says is compared with this.
import type { NumericIdentity, Port } from "../../api/identity.ts";
import type { Identity } from "../../identity/allocator.ts";
import { ReservedIdentity } from "../../identity/reserved.ts";
import type { LabelSet } from "../../labels/label-set.ts";
import type { Direction } from "../policy-entry.ts";
import type { EnforcementMode } from "../resolve.ts";
import type { EndpointSelector, PeerRule, PolicyDocument, PortRule, Rule } from "../rule.ts";

export interface World {
  readonly mode: EnforcementMode;
  readonly documents: readonly PolicyDocument[];
  readonly identities: readonly Identity[];
}

/** What a policy says of a connection, or of each of `COMMANDS` on it: `allowed`, `denied` or `audited`, and by what. */
export type Outcome =
  | { readonly kind: "denied" | "allowed" | "audited"; readonly by: string }
  | {
      readonly kind: "l7";
      readonly parser: string;
      readonly by: string;
      readonly observe: boolean;
      readonly commands: readonly string[];
    };

export const COMMANDS: readonly string[] = ["get", "set", "quit"];
/** Where no rule says anything. */
export const NOTHING = "nothing";

/** One item of one section, for one list of ports. */
interface Statement {
  readonly deny: boolean;
  readonly selectsPeer: (remote: Identity | undefined) => boolean;
  readonly item: PeerRule;
  readonly port: PortRule | undefined;
  readonly policy: string;
  readonly rule: string;
}

export function selects({ matchLabels, matchExpressions }: EndpointSelector, labels: LabelSet): boolean {
  const world = labels.texts.includes("reserved:world");
  const find = (source: string, key: string): string | undefined => {
    if (source === "reserved" && key === "cluster") return world ? undefined : "";
    const found = labels.labels.find((label) => label.key === key);
    if (found === undefined) return undefined;
    return source === found.source || (source === "any" && found.source !== "cidr") ? found.value : undefined;
  };
  return (
    matchLabels.every(({ source, key, value }) => find(source, key) === value) &&
    matchExpressions.every(({ source, key, operator, values }) => {
      const value = find(source, key);
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const listed = value !== undefined && values.includes(value);
      return operator === "In" ? listed : !listed;
    })
  );
}

/** Rules that select the endpoint, by name of their documents. */
function rulesFor(documents: readonly PolicyDocument[], endpoint: Identity): readonly [string, Rule][] {
  return [...documents]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .flatMap((document) => document.rules.map((rule): [string, Rule] => [document.key, rule]))
    .filter(([, rule]) => selects(rule.endpointSelector, endpoint.labels));
}

function statementsOf(rules: readonly [string, Rule][], direction: Direction): readonly Statement[] {
  return rules.flatMap(([policy, rule]) =>
    ([direction, `${direction}Deny`] as const).flatMap((section) => {
      const required = rules.flatMap(([, other]) => other[section].flatMap((item) => item.requires));
      return rule[section].flatMap((item): Statement[] => {
        const { peers } = item;
        const selectsPeer = (remote: Identity | undefined): boolean => {
          if (peers.kind === "none") return false;
          if (!("selectors" in peers)) return item.toPorts !== undefined;
          const wanted = peers.kind === "endpoints" ? required : [];
          return peers.selectors.some((selector) => {
            const conditions = [selector, ...wanted];
            if (conditions.every((one) => one.matchLabels.length + one.matchExpressions.length === 0)) return true;
            return remote !== undefined && conditions.every((one) => selects(one, remote.labels));
          });
        };
        const base = { deny: section !== direction, selectsPeer, item, policy };
        const path = `${rule.path}.${item.path}`;
        if (item.toPorts === undefined) return [{ ...base, port: undefined, rule: path }];
        return item.toPorts.map((port) => ({ ...base, port, rule: `${path}.${port.path}` }));
      });
    }),
  );
}

function concerns({ port }: Statement, wanted: Port): boolean {
  return port === undefined || port.ports.some((one) => one.port === wanted && one.protocol !== "UDP");
}

/** Whether enforcing documents put a direction of an endpoint into default deny. */
export function enforces(world: World, endpoint: Identity, direction: Direction): boolean {
  const enforcing = world.documents.filter(({ mode }) => mode === "enforce");
  return enforcement(world, rulesFor(enforcing, endpoint), endpoint, direction).enforced;
}

/** Whether a direction is in default deny, and through which rule first. */
function enforcement(
  { mode }: World,
  rules: readonly [string, Rule][],
  endpoint: Identity,
  direction: Direction,
): { readonly enforced: boolean; readonly place: string } {
  const first = rules.find(([, rule]) => rule[direction].length + rule[`${direction}Deny`].length > 0);
  const place = first ? `missing in ${first[0]} ${first[1].path}.${direction}` : NOTHING;
  const speaks = first !== undefined || endpoint.id === ReservedIdentity.Init;
  return { enforced: mode === "always" || (mode === "default" && speaks), place };
}

function outcome(
  world: World,
  documents: readonly PolicyDocument[],
  endpoint: Identity,
  direction: Direction,
  remote: Identity | undefined,
  port: Port,
): Outcome {
  const rules = rulesFor(documents, endpoint);
  if (!enforcement(world, rules, endpoint, direction).enforced) return { kind: "allowed", by: NOTHING };
  const applicable = statementsOf(rules, direction).filter((one) => one.selectsPeer(remote) && concerns(one, port));
  const denies = applicable.find((one) => one.deny);
  if (denies) return { kind: "denied", by: `${denies.policy} ${denies.rule}` };
  const [first] = applicable;
  const parsers = [...new Set(applicable.flatMap((one) => one.port?.l7?.parser ?? []))];
  if (!first || parsers.length > 1) return { kind: "denied", by: NOTHING };
  const by = `${first.policy} ${first.rule}`;
  const [parser] = parsers;
  if (parser === undefined) return { kind: "allowed", by };
  const commands = COMMANDS.map((cmd) => commandOutcome(applicable, cmd));
  return { kind: "l7", parser, by, observe: false, commands };
}

function commandOutcome(applicable: readonly Statement[], cmd: string): string {
  const fits = applicable.flatMap(({ port, policy, rule }) =>
    port?.l7
      ? port.l7.rules
          .filter(({ fields }) => fields["cmd"] === undefined || fields["cmd"] === cmd)
          .map((one) => ({ deny: one.deny, by: `${policy} ${rule}.${one.path}` }))
      : [{ deny: false, by: `${policy} ${rule}` }],
  );
  const denies = fits.find(({ deny }) => deny);
  if (denies) return `denied by ${denies.by}`;
  return fits[0] ? `allowed by ${fits[0].by}` : `denied by ${NOTHING}`;
}

/** @param auditsAll The endpoint is in audit mode. */
export function naiveOutcome(
  world: World,
  endpoint: Identity,
  direction: Direction,
  remote: Identity | undefined,
  port: Port,
  auditsAll = false,
): Outcome {
  const enforcing = auditsAll ? [] : world.documents.filter(({ mode }) => mode === "enforce");
  const enforced: Outcome = auditsAll
    ? { kind: "allowed", by: NOTHING }
    : outcome(world, enforcing, endpoint, direction, remote, port);
  if (!auditsAll && enforcing.length === world.documents.length) return enforced;
  const whole = outcome(world, world.documents, endpoint, direction, remote, port);
  const { place } = enforcement(world, rulesFor(world.documents, endpoint), endpoint, direction);
  return join(enforced, whole, place);
}

function join(enforced: Outcome, whole: Outcome, place: string): Outcome {
  if (enforced.kind === "denied") return enforced;
  if (enforced.kind !== "l7") {
    if (whole.kind === "denied") return { kind: "audited", by: whole.by === NOTHING ? place : whole.by };
    if (whole.kind !== "l7") return enforced.by === NOTHING ? whole : enforced;
    const by = enforced.by === NOTHING ? whole.by : enforced.by;
    // Who is let in by an enforcing rule passes by that one, whatever audited rules say of the request.
    const passing = (one: string): string => (enforced.by === NOTHING ? one : `allowed by ${enforced.by}`);
    const commands = whole.commands.map((one) =>
      isAllowed(one) ? passing(one) : audited(one, `missing in ${whole.by}`),
    );
    return { ...whole, by, observe: true, commands };
  }
  if (whole.kind === "denied") {
    const by = whole.by === NOTHING ? place : whole.by;
    return { ...enforced, commands: enforced.commands.map((one) => (isAllowed(one) ? `audited by ${by}` : one)) };
  }
  if (whole.kind !== "l7") return enforced;
  const commands = enforced.commands.map((one, index) => {
    const judged = whole.parser === enforced.parser ? (whole.commands[index] as string) : `denied by ${NOTHING}`;
    return isAllowed(one) && !isAllowed(judged) ? audited(judged, `missing in ${whole.by}`) : one;
  });
  return { ...enforced, commands };
}

function isAllowed(command: string): boolean {
  return command.startsWith("allowed");
}

function audited(command: string, place: string): string {
  if (isAllowed(command)) return command;
  const by = command.slice("denied by ".length);
  return `audited by ${by === NOTHING ? place : by}`;
}

/** Whether enforcing rules ask for different extensions on one port for peers that are, or might be, the same. */
export function naiveClash(world: World, endpoint: Identity, ports: readonly Port[]): boolean {
  const documents = world.documents.filter(({ mode }) => mode === "enforce");
  return (["ingress", "egress"] as const).some((direction) => {
    const rules = rulesFor(documents, endpoint);
    if (!enforcement(world, rules, endpoint, direction).enforced) return false;
    const readers = statementsOf(rules, direction).filter(({ port, deny }) => port?.l7 !== undefined && !deny);
    return readers.some((one) =>
      readers.some(
        (other) =>
          one.port?.l7?.parser !== other.port?.l7?.parser &&
          ports.some((port) => concerns(one, port) && concerns(other, port)) &&
          mightMeet(rules, direction, one, other, world.identities),
      ),
    );
  });
}

function mightMeet(
  rules: readonly [string, Rule][],
  direction: Direction,
  one: Statement,
  other: Statement,
  identities: readonly Identity[],
): boolean {
  const everybody = (statement: Statement): boolean => statement.selectsPeer(undefined);
  const somebody = ({ item }: Statement): boolean =>
    item.peers.kind === "any" || ("selectors" in item.peers && item.peers.selectors.length > 0);
  if (everybody(one) && somebody(other)) return true;
  if (everybody(other) && somebody(one)) return true;
  const required = rules.flatMap(([, rule]) => rule[direction].flatMap((item) => item.requires));
  // Whoever meets the requirement: all whom others can name by labels.
  const byLabels = ({ item: { peers } }: Statement): readonly EndpointSelector[] =>
    peers.kind === "endpoints" ? peers.selectors : [];
  const everyLabelled = (statement: Statement): boolean =>
    byLabels(statement).some((one) => one.matchLabels.length + one.matchExpressions.length === 0);
  if (everyLabelled(one) && byLabels(other).length > 0) return true;
  if (everyLabelled(other) && byLabels(one).length > 0) return true;
  const keys = ({ item }: Statement): readonly string[] =>
    "selectors" in item.peers
      ? item.peers.selectors.map(({ key }) => (item.peers.kind === "endpoints" && required.length > 0 ? "+" : "") + key)
      : [];
  if (keys(one).some((key) => keys(other).includes(key))) return true;
  return identities.some((identity) => one.selectsPeer(identity) && other.selectsPeer(identity));
}

/** Who has this number now. */
export function identityOf(world: World, id: NumericIdentity): Identity | undefined {
  return world.identities.find((identity) => identity.id === id);
}
