import type { Port } from "../../api/identity.ts";
import type { PortRule } from "../rule.ts";
import { bounded } from "./bounded.ts";
import type { Check } from "./check.ts";
import { readL7 } from "./l7.ts";
import { asList, asMap, asText, join, readMembers } from "./members.ts";
import { describeNode, quote, type SourceNode } from "./source-node.ts";

type PortProtocol = PortRule["ports"][number];

/**
 * One entry of `toPorts`; undefined after an error that leaves nothing of it. `deny`: of a section that denies, where
 * requests have no place.
 */
export function readPortRule(
  node: SourceNode,
  path: string,
  rulePath: string,
  deny: boolean,
  check: Check,
): PortRule | undefined {
  const { findings, limits } = check;
  const map = asMap(node, path, "an item of `toPorts`", findings);
  if (map === undefined) return undefined;
  const members = readMembers(map, "portRule", path, findings);
  const ports: PortProtocol[] = [];
  const portsEntry = members.get("ports");
  const portsPath = join(path, "ports");
  const example = 'for example `ports: [{port: "80", protocol: TCP}]`';
  if (portsEntry === undefined) {
    findings.error(map.at, path, "`ports` is missing", `list at least one, ${example}`);
  } else {
    const list = asList(portsEntry.value, portsPath, "`ports`", findings);
    if (list?.items.length === 0) {
      findings.error(portsEntry.keyAt, portsPath, "`ports` is empty", `list at least one, ${example}`);
    }
    const items = bounded(
      list?.items ?? [],
      limits.portsMax,
      "ports in one item of `toPorts`",
      portsEntry.keyAt,
      portsPath,
      findings,
      "write several items",
    );
    for (const [index, item] of items.entries()) {
      const port = readPort(item, `${portsPath}[${index}]`, !deny && members.has("rules"), check);
      if (port !== undefined) ports.push(port);
    }
  }
  const rules = members.get("rules");
  if (rules !== undefined && deny) {
    const hint = "to deny requests, write `action: deny` into an entry of `l7` in a section that allows";
    findings.error(rules.keyAt, join(path, "rules"), "a section that denies takes no `rules`", hint);
    return { path: rulePath, ports, l7: undefined };
  }
  const l7 = rules === undefined ? undefined : readL7(rules, join(path, "rules"), check);
  return { path: rulePath, ports, l7 };
}

function readPort(node: SourceNode, path: string, hasL7: boolean, check: Check): PortProtocol | undefined {
  const { findings } = check;
  const map = asMap(node, path, "an item of `ports`", findings, 'write `port: "80"`');
  if (map === undefined) return undefined;
  const members = readMembers(map, "port", path, findings);
  const portEntry = members.get("port");
  if (portEntry === undefined) findings.error(map.at, path, "`port` is missing");
  const port = portEntry === undefined ? undefined : portNumber(portEntry.value, join(path, "port"), check);
  const protocolEntry = members.get("protocol");
  const protocol =
    protocolEntry === undefined ? "ANY" : protocolName(protocolEntry.value, join(path, "protocol"), check);
  if (hasL7 && protocol !== undefined && protocol !== "TCP") {
    const at = protocolEntry?.value.at ?? map.at;
    const given = protocolEntry === undefined ? "and none is given, which means ANY" : `not ${protocol}`;
    findings.error(at, join(path, "protocol"), `\`rules\` need protocol TCP, ${given}`, "write `protocol: TCP`");
  }
  return port === undefined || protocol === undefined ? undefined : { port, protocol };
}

/** Text or number, decimal digits only: `0x50` would be 80 to one reader and an error to the next. */
function portNumber(node: SourceNode, path: string, check: Check): Port | undefined {
  const hint = "write a decimal number from 1 to 65535";
  if (node.kind !== "text" && node.kind !== "number") {
    check.findings.error(node.at, path, `\`port\` must be a number, not ${describeNode(node)}`, hint);
    return undefined;
  }
  const { text } = node;
  if (/^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65535) return Number(text) as Port;
  if (/^[0-9]+-[0-9]+$/.test(text)) {
    check.findings.error(node.at, path, `port range ${quote(text)} is not enforced yet`, "list each port");
  } else if (/^[a-z0-9-]*[a-z][a-z0-9-]*$/i.test(text) && !/^0x/i.test(text) && node.kind === "text") {
    check.findings.error(node.at, path, `port name ${quote(text)} is not enforced yet`, hint);
  } else {
    check.findings.error(node.at, path, `${quote(text)} is not a port`, hint);
  }
  return undefined;
}

function protocolName(node: SourceNode, path: string, check: Check): PortProtocol["protocol"] | undefined {
  const known = "write TCP, UDP or ANY";
  const text = asText(node, path, "`protocol`", check.findings, known);
  if (text === undefined) return undefined;
  const upper = text === "" ? "ANY" : text.toUpperCase();
  if (upper === "TCP" || upper === "UDP" || upper === "ANY") return upper;
  check.findings.error(node.at, path, `protocol ${quote(text)} is not enforced`, known);
  return undefined;
}
