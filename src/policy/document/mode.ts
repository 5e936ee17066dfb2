import { didYouMean } from "../../lib/suggestion.ts";
import type { PolicyMode } from "../rule.ts";
import type { TextCheck } from "./check.ts";
import { asMap, asText, join, type Members } from "./members.ts";
import { quote } from "./source-node.ts";

/** Annotations of this domain are weir's own. */
const DOMAIN = "weir.dev/";
/** `audit` or `enforce`. */
export const MODE_ANNOTATION: string = `${DOMAIN}mode`;
const MODES: readonly PolicyMode[] = ["enforce", "audit"];

/** What `metadata.annotations` say. Those of others mean nothing here. */
export function readMode(metadata: Members, { findings }: TextCheck): PolicyMode {
  let mode: PolicyMode = "enforce";
  const labels = metadata.get("labels");
  if (labels?.value.kind === "map") {
    const misplaced = labels.value.entries.find((entry) => entry.key === MODE_ANNOTATION);
    if (misplaced !== undefined) {
      const message = `${quote(MODE_ANNOTATION)} belongs inside \`annotations\`; as a label it has no effect`;
      findings.error(misplaced.keyAt, "metadata.labels", message, "move it there");
    }
  }
  const annotations = metadata.get("annotations");
  if (annotations === undefined || annotations.value.kind === "null") return mode;
  const path = "metadata.annotations";
  const map = asMap(annotations.value, path, "`annotations`", findings);
  for (const { key, keyAt, value } of map?.entries ?? []) {
    if (key === MODE_ANNOTATION) {
      const text = asText(value, join(path, key), quote(MODE_ANNOTATION), findings, `write ${MODES.join(" or ")}`);
      const found = MODES.find((known) => known === text);
      if (found !== undefined) mode = found;
      else if (text !== undefined) {
        const hint = didYouMean(text, MODES) ?? `write ${MODES.join(" or ")}`;
        findings.error(value.at, join(path, key), `${quote(text)} is no mode of a policy`, hint);
      }
    } else if (key.toLowerCase().startsWith(DOMAIN)) {
      const hint = didYouMean(key, [MODE_ANNOTATION]) ?? `known: ${MODE_ANNOTATION}`;
      findings.error(keyAt, join(path, key), `unknown annotation ${quote(key)}`, hint);
    }
  }
  return mode;
}
