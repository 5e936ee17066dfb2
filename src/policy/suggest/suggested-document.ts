import type { SuggestedRequestRule } from "./request-rules.ts";

/** A policy document, as far as suggestions need it. Notes are sentences without their end. */
export interface SuggestedDocument {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly endpointLabels: readonly MatchLabel[];
  /** undefined: nothing was observed, so the document says nothing of the direction. */
  readonly ingress: readonly SuggestedItem[] | undefined;
  readonly egress: readonly SuggestedItem[] | undefined;
  /** Whole sentences. */
  readonly comments: readonly string[];
}

export type MatchLabel = readonly [key: string, value: string];

export interface SuggestedItem {
  readonly peers: SuggestedPeers;
  readonly ports: readonly SuggestedPorts[];
}

export type SuggestedPeers =
  | { readonly kind: "endpoints"; readonly selectors: readonly (readonly MatchLabel[])[] }
  | { readonly kind: "entities" | "cidrs"; readonly names: readonly string[] };

export interface SuggestedPorts {
  /** Sorted; TCP. */
  readonly ports: readonly number[];
  /** undefined: requests are not judged. */
  readonly l7: { readonly parser: string; readonly rules: readonly SuggestedRequestRule[] } | undefined;
  readonly notes: readonly string[];
}
