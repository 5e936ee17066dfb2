import type { SuggestLimits } from "./limits.ts";
import type { Notes } from "./notes.ts";
import { type RequestShape, type ShownRequest, shownRequests } from "./request-shape.ts";
import { ValueSet } from "./value-set.ts";

/** What all flows together may keep. */
export interface Room {
  readonly limits: SuggestLimits;
  /** As of `foldValues`. */
  readonly listMax: number;
  /** Kinds of requests that are kept, over all flows. */
  requestKinds: number;
  /** Values that are kept, over everything. */
  values: number;
}

/** All requests of one flow with the same names (the same command). */
export interface RequestKind {
  /** Attribute → its name. */
  readonly names: ReadonlyMap<string, string>;
  /** Attribute → the values that were seen. */
  readonly values: Map<string, ValueSet>;
  /** Free attributes that some of the requests did not have. */
  readonly without: Set<string>;
}

/** What was asked of one extension in one flow. */
export class RequestLog {
  readonly shape: RequestShape | undefined;
  /** Requests that were read; also those that left nothing. */
  requests = 0;
  private readonly kinds = new Map<string, RequestKind>();
  private readonly room: Room;

  /** @param shape undefined: its records do not say what was asked. */
  constructor(shape: RequestShape | undefined, room: Room) {
    this.shape = shape;
    this.room = room;
  }

  /** Takes a record; what it cannot say exactly goes to the notes and not into the policy. */
  add(fields: Readonly<Record<string, string>>, notes: Notes): void {
    this.requests++;
    const { shape, room } = this;
    if (shape === undefined) return;
    const proto = shape.declaration.name;
    const shown = shownRequests(shape, fields, room.limits.valueLengthMax);
    if (shown === undefined) {
      notes.add(`Left out: requests of ${proto} whose record does not say exactly what was asked`);
      return;
    }
    if (shown.more > 0) {
      notes.add(`Perhaps not allowed: requests of ${proto} with so many values that their record names only the first`);
    }
    for (const request of shown.requests) {
      const problem = this.addRequest(request);
      if (problem !== undefined) notes.add(`Left out: ${problem}`);
    }
  }

  absorb(other: RequestLog): void {
    this.requests += other.requests;
    for (const [key, kind] of other.kinds) {
      const own = this.kinds.get(key);
      if (own === undefined) {
        this.kinds.set(key, kind);
        continue;
      }
      this.room.requestKinds--;
      for (const attribute of kind.without) own.without.add(attribute);
      for (const [attribute, values] of kind.values) {
        const set = own.values.get(attribute);
        if (set === undefined) own.values.set(attribute, values);
        else this.grow(set, () => set.absorb(values), values.size);
      }
    }
  }

  /** Sorted by their names. */
  all(): readonly RequestKind[] {
    return [...this.kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
  }

  /** Returns what is wrong with it. */
  private addRequest(request: ShownRequest): string | undefined {
    const shape = this.shape as RequestShape;
    const names = new Map<string, string>();
    for (const attribute of shape.named) {
      const values = request.get(attribute);
      const [name] = values ?? [];
      if (name === undefined) continue;
      if (values?.some((value) => value !== name)) return `a request with several values of ${attribute}`;
      const known = shape.fieldsOf.get(attribute)?.some((field) => "oneOf" in field && field.oneOf.includes(name));
      if (known !== true) return `${attribute} ${JSON.stringify(name)}, which no rule can name`;
      names.set(attribute, name);
    }
    const kind = this.kindOf(names);
    if (kind === undefined) return "kinds of requests beyond the limit";
    for (const attribute of shape.free) {
      const values = request.get(attribute);
      if (values === undefined) kind.without.add(attribute);
      else {
        const set = this.valuesOf(kind, attribute);
        this.grow(set, () => set.add(values));
      }
    }
    return undefined;
  }

  /** Counts what a set keeps. Where there is no room any more, it is folded at once. */
  private grow(set: ValueSet, change: () => void, freed = 0): void {
    const before = set.size;
    change();
    const { room } = this;
    if (room.values + set.size - before - freed > room.limits.valuesMax) set.fold();
    room.values += set.size - before - freed;
  }

  private kindOf(names: ReadonlyMap<string, string>): RequestKind | undefined {
    const key = JSON.stringify([...names]);
    let kind = this.kinds.get(key);
    if (kind === undefined && this.room.requestKinds < this.room.limits.requestKindsMax) {
      this.room.requestKinds++;
      kind = { names, values: new Map(), without: new Set() };
      this.kinds.set(key, kind);
    }
    return kind;
  }

  private valuesOf(kind: RequestKind, attribute: string): ValueSet {
    let set = kind.values.get(attribute);
    if (set === undefined) {
      set = new ValueSet(this.room.limits.valuesPerKindMax, this.room.listMax);
      kind.values.set(attribute, set);
    }
    return set;
  }
}
