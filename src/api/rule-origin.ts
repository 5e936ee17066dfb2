/** Which rule a decision comes from: stamped on every decision when it is taken. */
export interface RuleOrigin {
  /** `name` or `namespace/name` of the policy document. */
  readonly policy: string;
  /** Where in the document, for example `specs[0].ingress[1].toPorts[0].rules.l7[0]`. */
  readonly rule: string;
  /** The rule's own labels, as `source:key=value`. */
  readonly labels: readonly string[];
  /**
   * What the rule did. Absent: it allowed. `deny`: it is a deny rule and refused. `missing`: no rule allows, and this is
   * the place in an audited policy that would refuse for want of one.
   */
  readonly effect?: "deny" | "missing";
}
