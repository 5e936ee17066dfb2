import { InvalidArgumentError } from "commander";
import type { ObservedPorts } from "../api/rest.ts";

/** Reads `11211=memcache` texts. Throws InvalidArgumentError; whether the extension is there is the agent's to say. */
export function observedPorts(texts: readonly string[]): ObservedPorts {
  const ports = texts.map((text): [string, string] => {
    const [, port, extension] = /^(\d+)=(.+)$/.exec(text) ?? [];
    if (port !== undefined && extension !== undefined) return [port, extension];
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not \`port=extension\`, like 11211=memcache`);
  });
  return Object.fromEntries(ports);
}
