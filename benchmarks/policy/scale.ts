import { setImmediate as nextTurn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { median } from "../statistics.ts";
import { labelsOf, oneRule, PORT, World, type WorldSize } from "./world.ts";

/** What one change costs in a world of one size. Times are those of the clock, medians over many changes. */
export interface ScaleResult extends WorldSize {
  /** One document with one rule for one endpoint comes, in the place of none; until the data plane has answered. */
  readonly importRuleUs: number;
  /** The same document goes. */
  readonly removeRuleUs: number;
  /** An identity comes that one rule speaks of. */
  readonly arrivalUs: number;
  readonly departureUs: number;
  /** An endpoint gets other labels, and so another identity and another policy. */
  readonly labelChangeUs: number;
  /** The first look-up of a peer on a port after its policy changed. */
  readonly lookupUs: number;
  /** All endpoints get their policies computed anew. */
  readonly recomputeMs: number;
  /** Everything in the heap: labels, identities, documents, selectors, policies. */
  readonly heapMib: number;
}

const OWN_RULES = 10;
export const SIZES: readonly WorldSize[] = [
  ...[1_000, 10_000, 50_000].flatMap((identities) =>
    [100, 1_000, 10_000].map((rules) => ({ identities, rules, ownRules: OWN_RULES })),
  ),
  // What nobody should have, and what it costs: all rules are for one endpoint.
  { identities: 10_000, rules: 100, ownRules: 9_000 },
];
const QUICK_SIZES: readonly WorldSize[] = [{ identities: 200, rules: 20, ownRules: OWN_RULES }];

export interface ScaleOptions {
  readonly quick: boolean;
  readonly tell: (message: string) => void;
}

export async function scaleBenchmarks({ quick, tell }: ScaleOptions): Promise<readonly ScaleResult[]> {
  const results: ScaleResult[] = [];
  const changes = quick ? 2 : 300;
  // Once for nothing: the first world would pay for compiling the code.
  await measureWorld({ identities: 1_000, rules: 100, ownRules: OWN_RULES }, changes);
  for (const size of quick ? QUICK_SIZES : SIZES) {
    tell(`  ${size.identities} identities, ${size.rules} rules`);
    results.push(await measureWorld(size, changes));
  }
  return results;
}

async function measureWorld(size: WorldSize, changes: number): Promise<ScaleResult> {
  const before = await heapBytes();
  const world = await World.create(size);
  const heapMib = ((await heapBytes()) - before) / 2 ** 20;

  const imports: number[] = [];
  const removals: number[] = [];
  const arrivals: number[] = [];
  const departures: number[] = [];
  const relabelings: number[] = [];
  const lookups: number[] = [];
  const recomputations: number[] = [];
  for (let index = 0; index < changes; index++) {
    const document = oneRule("new", `late${index}`);
    imports.push(await timeUs(() => world.importer.put([document])));
    let late: Awaited<ReturnType<World["arrive"]>> | undefined;
    arrivals.push(
      await timeUs(async () => {
        late = await world.arrive(`late${index}`);
      }),
    );
    if (late === undefined) throw new Error("no identity came");
    const policy = world.taker.policies.get("probe");
    const { id } = late;
    let kind: string | undefined;
    lookups.push(
      await timeUs(async () => {
        kind = policy?.ingress.lookup(id, PORT).kind;
      }),
    );
    if (kind !== "l7") throw new Error(`the new rule does not let the new identity in: ${kind}`);
    const gone = late;
    departures.push(await timeUs(() => world.leave(gone)));
    removals.push(await timeUs(() => world.importer.remove("new")));
    relabelings.push(await timeUs(() => world.manager.update("probe", { labels: labelsOf(`other${index}`) })));
    relabelings.push(await timeUs(() => world.manager.update("probe", { labels: labelsOf("probe") })));
  }
  for (let index = 0; index < Math.min(changes, 9); index++) {
    recomputations.push((await timeUs(() => world.manager.regenerateAll())) / 1000);
  }
  return {
    ...size,
    importRuleUs: median(imports),
    removeRuleUs: median(removals),
    arrivalUs: median(arrivals),
    departureUs: median(departures),
    labelChangeUs: median(relabelings),
    lookupUs: median(lookups),
    recomputeMs: median(recomputations),
    heapMib,
  };
}

async function timeUs(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1000;
}

/** What the world before left behind takes a turn of the event loop, and a second look, to go. */
async function heapBytes(): Promise<number> {
  for (let look = 0; look < 3; look++) {
    await nextTurn();
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.table(await scaleBenchmarks({ quick: process.argv.includes("--quick"), tell: console.error }));
}
