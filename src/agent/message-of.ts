import { reasonOf, WeirError } from "../lib/error.ts";

/** What a failure says; with its code where it has one. */
export function messageOf(error: unknown): string {
  if (error instanceof WeirError) return `${error.code}: ${error.message}`;
  return reasonOf(error);
}
