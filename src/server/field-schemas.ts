// What names, addresses, labels and numbers look like in requests. Checked here, with the place of each mistake; the
// agent reads the same texts again when it makes something of them.
import { z } from "zod";
import {
  ENDPOINT_ADDRESSES_MAX,
  ENDPOINT_NAME,
  ENDPOINT_NAME_RULE,
  ENDPOINT_OBSERVED_MAX,
} from "../api/endpoint-bounds.ts";
import { parseLabel } from "../labels/label.ts";
import { parseAddress } from "../lib/ip/address.ts";

const LABELS_MAX = 256;

export const endpointName: z.ZodString = z
  .string()
  .regex(ENDPOINT_NAME, ENDPOINT_NAME_RULE)
  .meta({ example: "memcached" });

const address: z.ZodString = z
  .string()
  .max(45, "is longer than any address")
  .refine((text) => parseAddress(text) !== undefined, "is not an IPv4 or IPv6 address (names are not looked up)");

/** Which labels an endpoint may have is the agent's to say. */
const label: z.ZodString = z.string().superRefine((text, context) => {
  const parsed = parseLabel(text);
  if ("error" in parsed) context.addIssue(parsed.error);
});

export const addresses: z.ZodReadonly<z.ZodArray<typeof address>> = z
  .array(address)
  .max(ENDPOINT_ADDRESSES_MAX)
  .readonly()
  .meta({ example: ["127.0.9.7"] });

export const labels: z.ZodReadonly<z.ZodArray<typeof label>> = z
  .array(label)
  .max(LABELS_MAX)
  .readonly()
  .meta({ example: ["app=cache"] });

/** A query that may be given once or several times. */
export const labelQuery: z.ZodType<readonly string[]> = z
  .preprocess((given) => (typeof given === "string" ? [given] : given), z.array(label).max(LABELS_MAX))
  .describe("may be given several times: identities that have all of these labels")
  .meta({ example: ["reserved:world"] });

const port = z.string().regex(/^[1-9]\d{0,4}$/, "a port is a number from 1 to 65535");

export const observe: z.ZodType<Readonly<Record<string, string>>> = z
  .record(
    port.refine((text) => Number(text) <= 65_535, "a port is a number from 1 to 65535"),
    z.string().min(1).max(253),
  )
  .refine((ports) => Object.keys(ports).length <= ENDPOINT_OBSERVED_MAX, `at most ${ENDPOINT_OBSERVED_MAX} ports`)
  .describe("port → extension that reads it although no policy asks for it")
  .meta({ example: { "11211": "memcache" } });

/** A whole number in a path or query. */
export function numberText(max: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,15}$/, "is not a whole number")
    .transform(Number)
    .refine((number) => number <= max, `is more than ${max}`);
}
