import type { EndpointSpec } from "./endpoint-spec.ts";

/** What is different, for the endpoint's log; undefined: nothing. */
export function specChanges(before: EndpointSpec, after: EndpointSpec): string | undefined {
  const changes: string[] = [];
  const compare = (what: string, text: (spec: EndpointSpec) => string): void => {
    const [old, now] = [text(before), text(after)];
    if (old !== now) changes.push(`${what} ${now} instead of ${old}`);
  };
  compare("labels", ({ labels }) => listed(labels.texts));
  compare("addresses", ({ addresses }) => listed(addresses.map(String)));
  compare("audit mode", ({ audit }) => (audit ? "on" : "off"));
  compare("observed ports", ({ observe }) =>
    listed(observe.map(({ port, extension, direction }) => `${port} (${direction}) as ${extension}`)),
  );
  return changes.length === 0 ? undefined : changes.join("; ");
}

function listed(items: readonly string[]): string {
  return items.length === 0 ? "none" : items.join(", ");
}
