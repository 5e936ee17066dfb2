import { fromBinary } from "@bufbuild/protobuf";
import type { Port } from "../../api/identity.ts";
import {
  type DirectionRules,
  type PolicyEntry,
  type PolicyRules,
  PolicyRulesSchema,
  type RequestRule as RequestRuleMessage,
  RuleOrigin_Effect,
  type RuleOrigin as RuleOriginMessage,
  type RulesPair as RulesPairMessage,
} from "../../api/proto/weir/v1/resources_pb.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import { reasonOf } from "../../lib/error.ts";
import type { RequestRule } from "../request/rule-conditions.ts";
import type { EndpointSelector } from "../rule.ts";
import { checkedPort, checkedText, MalformedPolicy, rowOf, understood } from "./checked.ts";
import { decodeSelector } from "./decode-selector.ts";
import { parseUtf16 } from "./field-value.ts";
import { ENTRIES_MAX, RULES_BYTES_MAX, VALUE_LENGTH_MAX } from "./limits.ts";
import type { EntryDescription, RulesDescription, RulesPair } from "./policy-description.ts";

/** Absent: the direction is denied. */
export interface RulesOfDirections {
  readonly ingress?: RulesPair;
  readonly egress?: RulesPair;
}

/** Reads a `weir.v1.PolicyRules`; the error says why it is none that can be used. */
export function decodeRules(bytes: Uint8Array): { readonly rules: RulesOfDirections } | { readonly error: string } {
  if (bytes.length > RULES_BYTES_MAX) {
    return { error: `the rules have ${bytes.length} bytes, more than the limit of ${RULES_BYTES_MAX}` };
  }
  try {
    return { rules: new RulesDecoder(understood(fromBinary(PolicyRulesSchema, bytes), "the rules")).decode() };
  } catch (error) {
    return { error: `the rules cannot be read: ${reasonOf(error)}` };
  }
}

type Peers = Pick<EntryDescription, "peers" | "requires">;
type Place = Pick<RuleOrigin, "policy" | "rule" | "labels">;

class RulesDecoder {
  private readonly message: PolicyRules;
  private readonly texts: readonly string[];
  private readonly places: readonly Place[];
  private readonly selectors: readonly EndpointSelector[];
  private readonly peers: readonly Peers[];
  private readonly requests: readonly RequestRule[];
  private entries = 0;

  constructor(message: PolicyRules) {
    this.message = message;
    this.texts = message.texts.map((text) => checkedText(text, "a name"));
    this.places = message.places.map((place): Place => {
      const { policy, path, labels } = understood(place, "a place");
      return { policy: this.text(policy), rule: path, labels: labels.map((label) => this.text(label)) };
    });
    this.selectors = message.selectors.map(decodeSelector);
    this.peers = message.peers.map((row): Peers => {
      const { everybody, selectors, requires } = understood(row, "a list of peers");
      if (everybody !== (selectors.length === 0) || (everybody && requires !== undefined)) {
        throw new MalformedPolicy("a list of peers names everybody and somebody, or nobody");
      }
      if (everybody) return { peers: "all" };
      return {
        peers: selectors.map((index) => this.selector(index)),
        ...(requires === undefined ? {} : { requires: this.selector(requires) }),
      };
    });
    this.requests = message.requests.map((row) => this.request(row));
  }

  decode(): RulesOfDirections {
    const { ingress, egress } = this.message;
    return {
      ...(ingress === undefined ? {} : { ingress: this.pair(ingress) }),
      ...(egress === undefined ? {} : { egress: this.pair(egress) }),
    };
  }

  private pair(message: RulesPairMessage): RulesPair {
    const { enforced, whole } = understood(message, "a direction");
    if (enforced === undefined) throw new MalformedPolicy("a direction has no rules");
    return { enforced: this.rules(enforced), ...(whole === undefined ? {} : { whole: this.rules(whole) }) };
  }

  private rules(message: DirectionRules): RulesDescription {
    const { enforced, missing, entries } = understood(message, "a direction");
    this.entries += entries.length;
    if (this.entries > ENTRIES_MAX) throw new MalformedPolicy(`there are more than ${ENTRIES_MAX} statements`);
    return {
      enforced,
      ...(missing === undefined ? {} : { missing: this.origin(missing) }),
      entries: entries.map((entry) => this.entry(entry)),
    };
  }

  private entry(message: PolicyEntry): EntryDescription {
    const { deny, audited, everyPort, ports, l7, origin } = understood(message, "a statement");
    if (everyPort !== (ports.length === 0)) throw new MalformedPolicy("a statement is of every port and of some");
    if (deny && l7 !== undefined) throw new MalformedPolicy("a statement that denies speaks of requests");
    return {
      deny,
      audited,
      ...rowOf(this.peers, message.peers, "list of peers"),
      ...(everyPort ? {} : { ports: ports.map((port): Port => checkedPort(port)) }),
      ...(l7 === undefined ? {} : { l7: this.requestRules(understood(l7, "a list of requests")) }),
      origin: this.origin(origin),
    };
  }

  private requestRules({ parser, rules }: { parser: number; rules: number[] }): NonNullable<EntryDescription["l7"]> {
    return { parser: this.text(parser), rules: rules.map((index) => rowOf(this.requests, index, "request rule")) };
  }

  private request(message: RequestRuleMessage): RequestRule {
    const { fields, deny, origin } = understood(message, "a request rule");
    const found = new Map<string, string>();
    for (const field of fields) {
      const { valueUtf16 } = understood(field, "a condition");
      const name = this.text(field.name);
      if (found.has(name)) throw new MalformedPolicy(`a request rule gives ${JSON.stringify(name)} twice`);
      if (valueUtf16.length > 0 && (field.value !== "" || valueUtf16.length % 2 !== 0)) {
        throw new MalformedPolicy(`the value of ${JSON.stringify(name)} is none`);
      }
      const value = valueUtf16.length > 0 ? parseUtf16(valueUtf16) : field.value;
      if (value.length > VALUE_LENGTH_MAX) {
        const message = `a value of ${JSON.stringify(name)} has ${value.length} characters, more than`;
        throw new MalformedPolicy(`${message} ${VALUE_LENGTH_MAX}`);
      }
      found.set(name, value);
    }
    // Own members, whatever their names.
    return { fields: Object.fromEntries(found), deny, origin: this.origin(origin) };
  }

  private origin(message: RuleOriginMessage | undefined): RuleOrigin {
    if (message === undefined) throw new MalformedPolicy("a rule does not say where it comes from");
    const { path, effect } = understood(message, "an origin");
    const { policy, rule, labels } = rowOf(this.places, message.place, "place");
    const origin = { policy, rule: checkedText(rule + path, "the path of a rule"), labels };
    switch (effect) {
      case RuleOrigin_Effect.ALLOW:
        return Object.freeze(origin);
      case RuleOrigin_Effect.DENY:
        return Object.freeze({ ...origin, effect: "deny" });
      case RuleOrigin_Effect.MISSING:
        return Object.freeze({ ...origin, effect: "missing" });
      default:
        throw new MalformedPolicy(`${effect} is no effect of a rule`);
    }
  }

  private text(index: number): string {
    return rowOf(this.texts, index, "name");
  }

  private selector(index: number): EndpointSelector {
    return rowOf(this.selectors, index, "selector");
  }
}
