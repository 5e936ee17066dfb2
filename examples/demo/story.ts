// The story as data: who tries what, and what the policy says of it (examples/policies/memcached-rebels.yaml).
import type { Scene } from "./tell-story.ts";

export interface Attempt {
  readonly command: "get" | "set" | "delete" | "version";
  readonly key?: string;
  readonly value?: string;
  /** `reset`: the connection itself is refused. */
  readonly expected: "allowed" | "denied" | "reset";
  /** The rule that must have decided, where one allows. */
  readonly rule?: string;
  /** What a `get` must find; null: nothing. */
  readonly finds?: string | null;
}

const RED_FIVE = "alliance/fleet/red-five";
const BASE = "alliance/troops/hoth";
const rule = (ingress: number, l7: number): string => `specs[0].ingress[${ingress}].toPorts[0].rules.l7[${l7}]`;

export const STORY: readonly Scene<Attempt>[] = [
  {
    who: "fleet-maintenance",
    address: "127.0.1.1",
    may: "may read and write what lies below alliance/fleet/",
    attempts: [
      { command: "set", key: RED_FIVE, value: "hangar 3", expected: "allowed", rule: rule(0, 0) },
      { command: "get", key: RED_FIVE, finds: "hangar 3", expected: "allowed", rule: rule(0, 1) },
      { command: "set", key: BASE, value: "evacuated", expected: "denied" },
    ],
  },
  {
    who: "fleet-monitoring",
    address: "127.0.1.2",
    may: "may read what lies below alliance/fleet/",
    attempts: [
      { command: "get", key: RED_FIVE, finds: "hangar 3", expected: "allowed", rule: rule(1, 0) },
      { command: "set", key: RED_FIVE, value: "stolen", expected: "denied" },
      { command: "delete", key: RED_FIVE, expected: "denied" },
      { command: "get", key: BASE, expected: "denied" },
    ],
  },
  {
    who: "jedi",
    address: "127.0.1.3",
    may: "may do everything",
    attempts: [
      { command: "get", key: RED_FIVE, finds: "hangar 3", expected: "allowed", rule: rule(2, 0) },
      { command: "get", key: BASE, finds: null, expected: "allowed", rule: rule(2, 0) },
      { command: "set", key: "jedi/luke", value: "Dagobah", expected: "allowed", rule: rule(2, 0) },
      { command: "version", expected: "allowed", rule: rule(2, 0) },
    ],
  },
  {
    who: "probe-droid",
    address: "127.0.1.4",
    may: "is named by no rule: it may not even connect",
    attempts: [{ command: "get", key: RED_FIVE, expected: "reset" }],
  },
];
