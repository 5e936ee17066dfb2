/** Bounds on what one policy text may cost to read. Every refusal names the bound. */
export interface DocumentLimits {
  /** UTF-8 bytes. */
  readonly textBytesMax: number;
  /** Words, punctuation and white space between them: bounds memory while parsing. */
  readonly tokensMax: number;
  /** Mappings and lists inside one another. A valid policy needs 11. */
  readonly depthMax: number;
  readonly documentsMax: number;
  /** Entries of `spec` and `specs` of one document. */
  readonly rulesMax: number;
  /** Items of one of `ingress`, `egress`, `ingressDeny`, `egressDeny`. */
  readonly itemsMax: number;
  /** Entries of one list of selectors. */
  readonly selectorsMax: number;
  /** Labels of one selector, and expressions as many. */
  readonly labelsMax: number;
  /** Values of one expression. */
  readonly expressionValuesMax: number;
  /** Entries of one list of networks. */
  readonly cidrsMax: number;
  /** Exceptions of one network. */
  readonly exceptsMax: number;
  /** Different lengths of the networks of one item. As in Cilium 1.3. */
  readonly prefixLengthsMax: number;
  /** Different networks of one text: each needs an identity. */
  readonly networksMax: number;
  /** Entries of one `toPorts`. */
  readonly portRulesMax: number;
  /** Ports of one entry of `toPorts`. As in Cilium 1.3. */
  readonly portsMax: number;
  /** Entries of one `l7`. */
  readonly l7RulesMax: number;
  /** `labels` of one rule. */
  readonly ruleLabelsMax: number;
  /** `*alias` of one text, each counted as often as aliases repeat it. */
  readonly aliasesMax: number;
  /** Scalars, mappings and lists of one text, each counted as often as aliases repeat it. */
  readonly valuesMax: number;
  /** UTF-16 code units of one value of an `l7` rule. */
  readonly l7ValueLengthMax: number;
  /** Instructions of all different regular expressions of one text, when compiled. */
  readonly expressionSizeMax: number;
  /** Errors told of one text, and warnings as many. */
  readonly problemsMax: number;
}

export const DOCUMENT_LIMITS: DocumentLimits = {
  textBytesMax: 4 * 1024 * 1024,
  tokensMax: 500_000,
  depthMax: 64,
  documentsMax: 1000,
  rulesMax: 1000,
  itemsMax: 1000,
  selectorsMax: 1000,
  labelsMax: 100,
  expressionValuesMax: 1000,
  cidrsMax: 1000,
  exceptsMax: 1000,
  prefixLengthsMax: 40,
  networksMax: 10_000,
  portRulesMax: 1000,
  portsMax: 40,
  l7RulesMax: 10_000,
  ruleLabelsMax: 100,
  aliasesMax: 100,
  valuesMax: 250_000,
  l7ValueLengthMax: 4096,
  expressionSizeMax: 1_000_000,
  problemsMax: 100,
};
