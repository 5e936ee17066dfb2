/** A part of a statement that can be written in more than one way. */
export type Token =
  /** A keyword: in any case. */
  | { readonly kind: "word"; readonly text: string }
  /** A name as the server keeps it: quoted, or unquoted in any case if it is in lower case and like no reserved word. */
  | { readonly kind: "name"; readonly value: string }
  /** A string: in quotes or dollars; what it says changes nothing. */
  | { readonly kind: "string"; readonly value: string }
  /** A number or the like, which ends where no letter or digit follows. */
  | { readonly kind: "constant"; readonly text: string }
  | { readonly kind: "mark"; readonly text: string };

/** A statement before it is written down, and its needs in the form of a row. */
export interface Draft {
  readonly tokens: readonly Token[];
  readonly needs: string;
}
