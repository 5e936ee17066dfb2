import { TRACE_ATTRIBUTES_MAX, TRACE_VALUES_MAX, type TracePeer, type TraceQuery } from "../../api/trace.ts";

/** What the command line says, each option as it was written. */
export interface TraceArguments {
  readonly src: readonly string[];
  readonly dst: readonly string[];
  readonly dport?: string;
  readonly l7: readonly string[];
  readonly l7proto?: string;
  readonly direction: TraceQuery["direction"];
}

const PORT_MAX = 65_535;
const IDENTITY_MAX = 0xffff_ffff;

/** Reads the arguments, or tells all that is wrong with them, one sentence each. */
export function readTraceQuery(
  given: TraceArguments,
): { readonly query: TraceQuery } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const src = readPeer("--src", given.src, problems);
  const dst = readPeer("--dst", given.dst, problems);
  const dport = readPort(given.dport, problems);
  const l7 = given.l7.length === 0 ? undefined : readAttributes(given.l7, problems);
  if (given.l7proto !== undefined && l7 === undefined) {
    problems.push("--l7proto: there is no request; give its attributes with --l7, for example --l7 command=get,key=a");
  }
  if (src === undefined || dst === undefined || dport === undefined || problems.length > 0) return { problems };
  const { direction, l7proto } = given;
  return { query: { src, dst, dport, direction, ...(l7 && { l7 }), ...(l7proto !== undefined && { l7proto }) } };
}

/** `endpoint:NAME`, `identity:NUMBER`, `ip:ADDRESS`, or labels. */
function readPeer(option: string, texts: readonly string[], problems: string[]): TracePeer | undefined {
  const [first] = texts;
  if (first === undefined) {
    problems.push(`${option} is missing: give labels (app=x,k8s:env=y), endpoint:NAME, identity:NUMBER or ip:ADDRESS`);
    return undefined;
  }
  const named = texts.find((text) => /^(endpoint|identity|ip):/.test(text));
  if (named === undefined) return readLabels(option, texts, problems);
  if (texts.length > 1) {
    problems.push(`${option} ${named} says all: no other ${option} can stand beside it`);
    return undefined;
  }
  const value = named.slice(named.indexOf(":") + 1);
  if (named.startsWith("endpoint:")) return nonEmpty(option, value, problems) && { endpoint: value };
  if (named.startsWith("ip:")) return nonEmpty(option, value, problems) && { address: value };
  if (/^\d{1,10}$/.test(value) && Number(value) <= IDENTITY_MAX) return { identity: Number(value) };
  problems.push(`${option} ${named}: an identity is a number, see \`weir identity list\``);
  return undefined;
}

function nonEmpty(option: string, value: string, problems: string[]): true | undefined {
  if (value !== "") return true;
  problems.push(`${option}: nothing stands behind the colon`);
  return undefined;
}

function readLabels(option: string, texts: readonly string[], problems: string[]): TracePeer | undefined {
  const labels = texts.flatMap(splitList);
  // An address is a label's key, too, and never meant as one.
  const address = labels.find((text) => /^(\d{1,3}\.){3}\d{1,3}$|^[\da-fA-F]*:[\da-fA-F:]*:[\da-fA-F:.]*$/.test(text));
  if (address !== undefined) {
    problems.push(`${option} ${address}: write ip:${address} for an address`);
    return undefined;
  }
  if (labels.includes("")) {
    problems.push(`${option}: a label is empty`);
    return undefined;
  }
  return { labels };
}

function readPort(text: string | undefined, problems: string[]): number | undefined {
  if (text === undefined) {
    problems.push("--dport is missing: give a port, for example 11211/tcp");
    return undefined;
  }
  const [, number = "", protocol = "tcp"] = /^(\d{1,5})(?:\/([a-z]+))?$/i.exec(text) ?? [];
  const port = Number(number);
  if (port < 1 || port > PORT_MAX) {
    problems.push(`--dport ${text}: write a port from 1 to ${PORT_MAX}, perhaps with its protocol: 11211/tcp`);
    return undefined;
  }
  if (protocol.toLowerCase() === "tcp") return port;
  problems.push(`--dport ${text}: weir judges TCP only`);
  return undefined;
}

function readAttributes(texts: readonly string[], problems: string[]): Record<string, readonly string[]> {
  const attributes = new Map<string, string[]>();
  let count = 0;
  for (const part of texts.flatMap(splitList)) {
    const equals = part.indexOf("=");
    if (equals < 1) {
      problems.push(`--l7 ${part}: write attribute=value; a comma within a value is written \\,`);
      continue;
    }
    const name = part.slice(0, equals);
    const values = attributes.get(name) ?? [];
    values.push(part.slice(equals + 1));
    attributes.set(name, values);
    count++;
  }
  if (attributes.size > TRACE_ATTRIBUTES_MAX) problems.push(`--l7: at most ${TRACE_ATTRIBUTES_MAX} attributes`);
  if (count > TRACE_VALUES_MAX) problems.push(`--l7: at most ${TRACE_VALUES_MAX} values`);
  return Object.fromEntries(attributes);
}

/** Parts between commas; `\,` is a comma that parts nothing. */
function splitList(text: string): readonly string[] {
  return text.split(/(?<!\\),/).map((part) => part.replaceAll("\\,", ","));
}
