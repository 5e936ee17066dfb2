/**
 * One key that a policy may use in the `l7` rules of an extension. Plain data: the agent checks and compiles policy from
 * it and never runs the extension's code.
 *
 * - `oneOf`: the value is one of these names, or the name of a group in `groups`, which stands for several.
 * - `exact`, `prefix`: the attribute equals, or begins with, the value.
 * - `regex`: the attribute contains a match of the value (RE2 syntax, unanchored).
 *
 * An empty value puts no condition.
 */
export type FieldDeclaration = (
  | { readonly oneOf: readonly string[]; readonly groups?: Readonly<Record<string, readonly string[]>> }
  | { readonly exact: true }
  | { readonly prefix: true }
  | { readonly regex: true }
) & {
  /** The attribute of the request that is judged. Default: the name of the field. Two fields of one rule may not share one. */
  readonly of?: string;
  /** The rule must give this other field too (with a value), and, where values are listed, one of those. */
  readonly requires?: { readonly field: string; readonly values?: readonly string[] };
  /** Only with these values of another field, where the rule gives that one (r2d2: `file` not with `cmd: HALT`). */
  readonly onlyWith?: { readonly field: string; readonly values: readonly string[] };
  /** One line for error messages and documentation. */
  readonly description?: string;
};

/**
 * Which attribute of the request a field of the extension's log records shows, so that policy can be made from what was
 * observed. A field that is absent or empty says that the request had no such attribute.
 */
export interface LoggedField {
  readonly attribute: string;
  /**
   * Absent: the text is the attribute's value, whole. Else the text is a list as `loggedList` writes it:
   *
   * - `all`: the values of the attribute, all of which must fit one and the same rule.
   * - `each`: the request was judged once for each of these values, and needed a rule every time.
   */
  readonly list?: "all" | "each";
}

/**
 * What may be missing in an `l7` list: it allows one request and refuses another, although whoever may make the one usually
 * has to make the other as well. Told as a warning where a policy is checked; changes nothing of what is enforced.
 */
export interface MissingRequestHint {
  /** Attribute → value. */
  readonly allowed: Readonly<Record<string, string>>;
  readonly refused: Readonly<Record<string, string>>;
  /** What the list says, and why that may not be meant: no sentence, and without its end. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/** Of every `l7` rule, whatever the extension: `deny` or `allow`. No extension may declare a field of the name. */
export const ACTION_FIELD = "action";

/** What an extension tells about itself without being run. */
export interface ExtensionDeclaration {
  /** The `l7proto` of policies. Letters, digits, `.`, `_`, `-`; 1–64 characters. */
  readonly name: string;
  /** Of the extension, semantic versioning. */
  readonly version: string;
  /**
   * Key of `l7` rules → what it may say. Empty: the extension takes no rules but the empty one.
   * `action` is reserved.
   */
  readonly fields: Readonly<Record<string, FieldDeclaration>>;
  /** Field of log records → the attribute that it shows. Absent: nothing can be learnt from the log but who asked. */
  readonly logged?: Readonly<Record<string, LoggedField>>;
  /** What lists of rules tend to lack. Absent: nothing. */
  readonly hints?: readonly MissingRequestHint[];
}
