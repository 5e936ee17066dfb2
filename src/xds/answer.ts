import type { ResourceKind } from "./resource.ts";

/** How one subscriber answered to one version of a resource. */
export type Answer =
  | { readonly subscriber: string; readonly accepted: true }
  | { readonly subscriber: string; readonly accepted: false; readonly reason: string };

/** Told of every answer, also to a version that a subscriber has already when it attaches or when it is put again. */
export type AnswerListener = (kind: ResourceKind, name: string, version: string, answer: Answer) => void;
