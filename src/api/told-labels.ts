/** Labels of networks that addresses of the world have. */
const CIDR = "cidr:";

/**
 * The labels of a peer, for a person: of the network and the many around it, the network alone. Texts only; programs get
 * all of them.
 */
export function toldLabels(labels: readonly string[]): readonly string[] {
  let narrowest: string | undefined;
  for (const label of labels) {
    if (label.startsWith(CIDR) && (narrowest === undefined || lengthOf(label) > lengthOf(narrowest))) narrowest = label;
  }
  if (narrowest === undefined) return labels;
  return labels.filter((label) => label === narrowest || !label.startsWith(CIDR));
}

function lengthOf(label: string): number {
  return Number(label.slice(label.lastIndexOf("/") + 1));
}
