import { CIDR_SOURCE } from "../../labels/cidr-label.ts";
import { ANY_SOURCE, RESERVED_SOURCE } from "../../labels/label.ts";
import { parsePrefix } from "../../lib/ip/prefix.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import type { Check } from "./check.ts";
import { type Position, quote } from "./source-node.ts";

const SOURCES = [ANY_SOURCE, "k8s", "container", "mesos", RESERVED_SOURCE, "unspec"] as const;
const SOURCE = /^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/;

/** Reserved identities, and `all`, which stands for everything. */
export const RESERVED_NAMES: readonly string[] = ["all", "host", "world", "unmanaged", "health", "init"];

/** Kubernetes' syntax of label keys and values. */
const KEY_PREFIX = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const KEY_NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const NAME_LENGTH_MAX = 63;
const KEY_PREFIX_LENGTH_MAX = 253;
const NAME_RULE = `at most ${NAME_LENGTH_MAX} letters, digits, \`-\`, \`_\`, \`.\`, a letter or digit first and last`;

/** Which label a selector speaks of. */
export interface LabelName {
  /** As written; without one `any`. */
  readonly source: string;
  readonly key: string;
}

/** Reads `source:key` or `key`; undefined: an error was told. */
export function readLabelName(text: string, at: Position, path: string, check: Check): LabelName | undefined {
  const { findings } = check;
  const error = (message: string, hint: string): undefined => {
    findings.error(at, path, message, hint);
  };
  const colon = text.indexOf(":");
  const source = colon < 0 ? ANY_SOURCE : text.slice(0, colon);
  const key = text.slice(colon + 1);
  // Only a member that names a network makes sure that its addresses have an identity with the label.
  if (source === CIDR_SOURCE || (source === ANY_SOURCE && isNetwork(key))) {
    return error(`${quote(text)} is a network, no label`, "name networks in `fromCIDR` or `toCIDR`");
  }
  if (!SOURCE.test(source)) return error(`${quote(source)} is not a label source`, `known: ${SOURCES.join(", ")}`);
  if (!(SOURCES as readonly string[]).includes(source)) {
    const hint = didYouMean(source, SOURCES) ?? `usual: ${SOURCES.join(", ")}`;
    findings.warn(at, path, `${quote(source)} is not one of the usual label sources`, hint);
  }
  if (source === RESERVED_SOURCE && !check.reservedNames.has(key)) {
    const hint =
      key === "cluster"
        ? "write `fromEntities: [cluster]` or `toEntities: [cluster]`"
        : didYouMean(key, check.reservedNames);
    return error(`unknown reserved label ${quote(key)}`, hint ?? `known: ${[...check.reservedNames].join(", ")}`);
  }
  if (!isLabelKey(key)) {
    const hint = `${NAME_RULE}; before it, if wanted, a domain name and \`/\``;
    return error(`${quote(key)} is not a label key`, hint);
  }
  return { source, key };
}

/** Whether the label may have the value; false: an error was told. */
export function checkLabelValue(
  value: string,
  source: string,
  at: Position,
  path: string,
  { findings }: Check,
): boolean {
  if (source === RESERVED_SOURCE && value !== "") {
    findings.error(at, path, "reserved labels have no value", 'write ""');
    return false;
  }
  if (isLabelValue(value)) return true;
  findings.error(at, path, `${quote(value)} is not a label value`, NAME_RULE);
  return false;
}

/** Whether a selector may name the key. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  const name = key.slice(slash + 1);
  if (name.length > NAME_LENGTH_MAX || !KEY_NAME.test(name)) return false;
  return slash < 0 || (slash <= KEY_PREFIX_LENGTH_MAX && KEY_PREFIX.test(key.slice(0, slash)));
}

/** Whether a selector may name the value. */
export function isLabelValue(value: string): boolean {
  return value === "" || (value.length <= NAME_LENGTH_MAX && KEY_NAME.test(value));
}

/** With a length, in the form of labels or of networks. A bare address is no key that the label of a network has. */
export function isNetwork(key: string): boolean {
  return key.includes("/") && parsePrefix(key.replaceAll("-", ":")) !== undefined;
}
