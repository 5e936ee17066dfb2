import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type DirectionRulesSchema,
  LabelExpression_Operator,
  type PolicyEntrySchema,
  PolicyRulesSchema,
  type RequestRuleSchema,
  RuleOrigin_Effect,
  type RuleOriginSchema,
  type RulesPairSchema,
  type SelectorSchema,
} from "../../api/proto/weir/v1/resources_pb.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { RequestRule } from "../request/rule-conditions.ts";
import type { EndpointSelector } from "../rule.ts";
import { formatUtf16 } from "./field-value.ts";
import type { EntryDescription, RulesDescription, RulesPair } from "./policy-description.ts";
import { Table } from "./table.ts";

type Entry = MessageInitShape<typeof PolicyEntrySchema>;
type Origin = MessageInitShape<typeof RuleOriginSchema>;
type Request = MessageInitShape<typeof RequestRuleSchema>;

const EFFECTS = { deny: RuleOrigin_Effect.DENY, missing: RuleOrigin_Effect.MISSING } as const;
const OPERATORS = {
  In: LabelExpression_Operator.IN,
  NotIn: LabelExpression_Operator.NOT_IN,
  Exists: LabelExpression_Operator.EXISTS,
  DoesNotExist: LabelExpression_Operator.DOES_NOT_EXIST,
} as const;

/** A `weir.v1.PolicyRules`. undefined: the direction is denied. */
export function encodeRules(ingress: RulesPair | undefined, egress: RulesPair | undefined): Uint8Array {
  return new RulesEncoder().encode(ingress, egress);
}

interface EncodedRequest {
  readonly rule: RequestRule;
  readonly index: number;
}

/** Fills the tables while it goes through the rules. */
class RulesEncoder {
  private readonly texts = new Table<string>();
  private readonly selectors = new Table<MessageInitShape<typeof SelectorSchema>>();
  private readonly places = new Table<{ policy: number; path: string; labels: number[] }>();
  private readonly peers = new Table<{ everybody?: boolean; selectors?: number[]; requires?: number }>();
  /** Peers of one item come with each of its entries, as the same list. */
  private readonly knownPeers = new Map<EntryDescription["peers"], Map<EndpointSelector | undefined, number>>();
  private readonly requests: Request[] = [];
  /** By the fields, which are those of the document, whichever rules it is part of. */
  private readonly knownRequests = new Map<RequestRule["fields"], EncodedRequest[]>();

  encode(ingress: RulesPair | undefined, egress: RulesPair | undefined): Uint8Array {
    const pairs = {
      ...(ingress === undefined ? {} : { ingress: this.pair(ingress) }),
      ...(egress === undefined ? {} : { egress: this.pair(egress) }),
    };
    const message = create(PolicyRulesSchema, {
      texts: this.texts.rows,
      selectors: this.selectors.rows,
      places: this.places.rows,
      peers: this.peers.rows,
      requests: this.requests,
      ...pairs,
    });
    return toBinary(PolicyRulesSchema, message);
  }

  private pair({ enforced, whole }: RulesPair): MessageInitShape<typeof RulesPairSchema> {
    return { enforced: this.rules(enforced), ...(whole === undefined ? {} : { whole: this.rules(whole) }) };
  }

  private rules({ enforced, missing, entries }: RulesDescription): MessageInitShape<typeof DirectionRulesSchema> {
    return {
      enforced,
      ...(missing === undefined ? {} : { missing: this.origin(missing) }),
      entries: entries.map((entry) => this.entry(entry)),
    };
  }

  private entry(entry: EntryDescription): Entry {
    const { deny, audited, ports, l7, origin } = entry;
    return {
      deny,
      audited,
      peers: this.peersOf(entry),
      ...(ports === undefined ? { everyPort: true } : { ports: [...ports] }),
      ...(l7 === undefined
        ? {}
        : { l7: { parser: this.text(l7.parser), rules: l7.rules.map((rule) => this.request(rule, origin)) } }),
      origin: this.origin(origin),
    };
  }

  private peersOf({ peers, requires }: EntryDescription): number {
    let known = this.knownPeers.get(peers);
    if (known === undefined) {
      known = new Map();
      this.knownPeers.set(peers, known);
    }
    let index = known.get(requires);
    if (index === undefined) {
      const row =
        peers === "all"
          ? { everybody: true }
          : {
              selectors: peers.map((one) => this.selector(one)),
              ...(requires === undefined ? {} : { requires: this.selector(requires) }),
            };
      index = this.peers.indexOf(JSON.stringify(row), () => row);
      known.set(requires, index);
    }
    return index;
  }

  private selector({ key, matchLabels, matchExpressions }: EndpointSelector): number {
    return this.selectors.indexOf(key, () => ({
      labels: matchLabels.map(({ source, key, value }) => ({ source, key, value })),
      expressions: matchExpressions.map((one) => {
        return { source: one.source, key: one.key, operator: OPERATORS[one.operator], values: [...one.values] };
      }),
    }));
  }

  private request(rule: RequestRule, entry: RuleOrigin): number {
    const known = this.knownRequests.get(rule.fields);
    const same = known?.find((one) => isSame(one.rule, rule));
    if (same !== undefined) return same.index;
    const index = this.requests.length;
    this.requests.push({
      fields: Object.entries(rule.fields).map(([name, value]) => {
        return { name: this.text(name), ...(value.isWellFormed() ? { value } : { valueUtf16: formatUtf16(value) }) };
      }),
      deny: rule.deny === true,
      origin: this.origin(rule.origin, entry),
    });
    if (known === undefined) this.knownRequests.set(rule.fields, [{ rule, index }]);
    else known.push({ rule, index });
    return index;
  }

  /** @param around Of the statement that it is part of: it is told in how it differs from that. */
  private origin(origin: RuleOrigin, around?: RuleOrigin): Origin {
    const { policy, rule, labels, effect } = origin;
    const base = around !== undefined && rule.startsWith(around.rule) ? around.rule : rule;
    const place = this.places.indexOf(JSON.stringify([policy, base, labels]), () => {
      return { policy: this.text(policy), path: base, labels: labels.map((label) => this.text(label)) };
    });
    return { place, path: rule.slice(base.length), ...(effect === undefined ? {} : { effect: EFFECTS[effect] }) };
  }

  private text(text: string): number {
    return this.texts.indexOf(text, () => text);
  }
}

function isSame(left: RequestRule, right: RequestRule): boolean {
  const [one, other] = [left.origin, right.origin];
  return (
    (left.deny === true) === (right.deny === true) &&
    one.policy === other.policy &&
    one.rule === other.rule &&
    one.effect === other.effect &&
    sameLabels(one.labels, other.labels)
  );
}

function sameLabels(left: readonly string[], right: readonly string[]): boolean {
  return left === right || (left.length === right.length && left.every((label, index) => label === right[index]));
}
