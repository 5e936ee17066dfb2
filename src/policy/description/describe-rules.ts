import type { DirectionPair } from "../direction-pair.ts";
import type { DirectionRules } from "../direction-rules.ts";
import type { PolicyEntry } from "../policy-entry.ts";
import type { EndpointSelector } from "../rule.ts";
import type { EntryDescription, RulesDescription, RulesPair } from "./policy-description.ts";

const known = new WeakMap<DirectionPair, RulesPair>();

/** What the rules of one direction say, as data. Made once for all endpoints that share the rules. */
export function describeRules(pair: DirectionPair): RulesPair {
  let described = known.get(pair);
  if (described === undefined) {
    const { enforced, whole } = pair;
    described = { enforced: describe(enforced), ...(whole === enforced ? {} : { whole: describe(whole) }) };
    known.set(pair, described);
  }
  return described;
}

function describe({ enforced, missing, entries }: DirectionRules): RulesDescription {
  const peers = new Map<PolicyEntry["peers"], EntryDescription["peers"]>();
  return {
    enforced,
    ...(missing === undefined ? {} : { missing }),
    entries: entries.map((entry): EntryDescription => {
      const { deny, audited, requires, ports, l7, origin } = entry;
      return {
        deny,
        audited,
        peers: peersOf(entry, peers),
        ...(requires === undefined ? {} : { requires: requires.selector }),
        ...(ports === undefined ? {} : { ports: [...ports] }),
        ...(l7 === undefined ? {} : { l7 }),
        origin,
      };
    }),
  };
}

/** Entries of one item have the same list of peers, and so have their descriptions. */
function peersOf(
  { peers }: PolicyEntry,
  known: Map<PolicyEntry["peers"], EntryDescription["peers"]>,
): EntryDescription["peers"] {
  if (peers === "all") return peers;
  let described = known.get(peers);
  if (described === undefined) {
    described = peers.map((cached): EndpointSelector => cached.selector);
    known.set(peers, described);
  }
  return described;
}
