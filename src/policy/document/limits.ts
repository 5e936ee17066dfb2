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
  /** `*alias` of one text, each counted as often as aliases repeat it. */
  readonly aliasesMax: number;
  /** Scalars, mappings and lists of one text, each counted as often as aliases repeat it. */
  readonly valuesMax: number;
  /** UTF-16 code units of one value of an `l7` rule. */
  readonly l7ValueLengthMax: number;
  /** Errors told of one text, and warnings as many. */
  readonly problemsMax: number;
}

export const DOCUMENT_LIMITS: DocumentLimits = {
  textBytesMax: 4 * 1024 * 1024,
  tokensMax: 500_000,
  depthMax: 64,
  documentsMax: 1000,
  rulesMax: 1000,
  aliasesMax: 100,
  valuesMax: 250_000,
  l7ValueLengthMax: 4096,
  problemsMax: 100,
};
