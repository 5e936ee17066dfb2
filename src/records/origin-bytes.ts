import type { RuleOrigin } from "../api/rule-origin.ts";
import type { BatchBuffer } from "./batch-buffer.ts";
import { ByteReader, MalformedBatch } from "./byte-reader.ts";

/** Their places are their codes. */
const EFFECTS: readonly RuleOrigin["effect"][] = [undefined, "deny", "missing"];

/** Effect (1 byte) · policy · rule · number of labels · labels. */
export function addOrigin({ effect, policy, rule, labels }: RuleOrigin, buffer: BatchBuffer): void {
  buffer.addByte(EFFECTS.indexOf(effect));
  buffer.addText(policy);
  buffer.addText(rule);
  buffer.addVarint(labels.length);
  for (const label of labels) buffer.addText(label);
}

/** Throws MalformedBatch. */
export function readOrigin(bytes: Buffer): RuleOrigin {
  const reader = new ByteReader(bytes);
  const code = reader.byte();
  if (code >= EFFECTS.length) throw new MalformedBatch(`a rule with an unknown effect ${code}`);
  const effect = EFFECTS[code];
  const policy = reader.text();
  const rule = reader.text();
  const labels: string[] = [];
  // Each takes a byte at least: their number is bounded by the bytes that there are.
  for (let left = reader.varint(); left > 0; left--) labels.push(reader.text());
  if (reader.at !== reader.end) throw new MalformedBatch("a rule is longer than what it says");
  return { policy, rule, labels, ...(effect !== undefined && { effect }) };
}
