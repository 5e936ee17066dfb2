import type { Resource, ResourceConsumer, ResourceKind, ResourceUpdate } from "../resource.ts";

const decoder = new TextDecoder();

/** Keeps what it gets. Content that begins with `bad` is refused; then what was in force before stays. */
export class ModelConsumer implements ResourceConsumer {
  /** `Kind/name` → content. */
  inForce = new Map<string, string>();
  readonly log: string[] = [];
  begun = 0;
  private staged: Map<string, string> | undefined;
  /** What was refused of the agent that delivers now. */
  private readonly refused = new Set<string>();
  private readonly watch: (update: ResourceUpdate, present: ReadonlyMap<string, string>) => void;
  private readonly watchSynced: (present: ReadonlyMap<string, string>) => void;

  /**
   * @param watch Sees each update, with what the consumer has of the same agent before it.
   * @param watchSynced Sees what it has when it is told that this is all.
   */
  constructor(
    watch: (update: ResourceUpdate, present: ReadonlyMap<string, string>) => void = () => {},
    watchSynced: (present: ReadonlyMap<string, string>) => void = () => {},
  ) {
    this.watch = watch;
    this.watchSynced = watchSynced;
  }

  begin(epoch: string): void {
    this.log.push(`begin ${epoch}`);
    this.begun += 1;
    this.staged = new Map();
    this.refused.clear();
  }

  update(update: ResourceUpdate): Promise<string | undefined> {
    const present = this.staged ?? this.inForce;
    this.watch(update, present);
    const { kind, put, removed } = update;
    for (const { name } of put) this.log.push(`put ${kind}/${name}`);
    for (const name of removed) this.log.push(`remove ${kind}/${name}`);
    const bad = put.find((resource) => textOf(resource).startsWith("bad"));
    for (const name of [...put.map((resource) => resource.name), ...removed]) this.refused.delete(keyOf(kind, name));
    if (bad !== undefined) {
      this.refused.add(keyOf(kind, bad.name));
      return Promise.resolve(`${bad.name} is bad`);
    }
    for (const resource of put) present.set(keyOf(kind, resource.name), textOf(resource));
    for (const name of removed) present.delete(keyOf(kind, name));
    return Promise.resolve(undefined);
  }

  synced(): Promise<void> {
    this.log.push("synced");
    this.watchSynced(this.staged ?? this.inForce);
    if (this.staged !== undefined) {
      for (const key of this.refused) {
        const former = this.inForce.get(key);
        if (former !== undefined && !this.staged.has(key)) this.staged.set(key, former);
      }
      this.inForce = this.staged;
    }
    this.staged = undefined;
    return Promise.resolve();
  }
}

export function textOf({ value }: Resource): string {
  return decoder.decode(value);
}

export function keyOf(kind: ResourceKind, name: string): string {
  return `${kind}/${name}`;
}
