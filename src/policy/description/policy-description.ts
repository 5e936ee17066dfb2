import type { NumericIdentity, PolicyRevision, Port } from "../../api/identity.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { RequestRule } from "../request/rule-conditions.ts";
import type { EndpointSelector } from "../rule.ts";

/**
 * The policy of one endpoint as plain data: all that another process needs to say the same as the policy itself, given
 * the same identities and extensions. Immutable.
 */
export interface PolicyDescription {
  /** Name of the endpoint. */
  readonly endpoint: string;
  readonly identity: NumericIdentity;
  readonly revision: PolicyRevision;
  readonly ingress: DirectionDescription;
  readonly egress: DirectionDescription;
}

/** `denied`: there is no usable policy, nothing passes. */
export type DirectionDescription =
  | { readonly kind: "denied" }
  | {
      readonly kind: "rules";
      /** The same object for all endpoints that share the rules. */
      readonly rules: RulesPair;
      /** Nothing is enforced, and everything is audited. */
      readonly audit: boolean;
      /** Port → extension that reads its connections although no rule asks for it. */
      readonly observe: ReadonlyMap<Port, string>;
    };

/** The rules of one direction: those in force, and those that would be if audited documents were enforced too. */
export interface RulesPair {
  readonly enforced: RulesDescription;
  /** Absent: nothing is audited, and it is the same. */
  readonly whole?: RulesDescription;
}

export interface RulesDescription {
  /** Whether the direction is in default deny. */
  readonly enforced: boolean;
  /** Where a rule is missing if none allows. */
  readonly missing?: RuleOrigin;
  readonly entries: readonly EntryDescription[];
}

/** One statement: these peers, on these ports, with these requests. The order of entries matters. */
export interface EntryDescription {
  readonly deny: boolean;
  readonly audited: boolean;
  /** `all`: everybody, known or not. Else whoever one of them selects. */
  readonly peers: "all" | readonly EndpointSelector[];
  /** Of `peers`, only those are meant whom this selects too. */
  readonly requires?: EndpointSelector;
  /** Absent: every port. */
  readonly ports?: readonly Port[];
  /** Absent: whatever is said on the connection. No rules: nothing. */
  readonly l7?: { readonly parser: string; readonly rules: readonly RequestRule[] };
  readonly origin: RuleOrigin;
}
