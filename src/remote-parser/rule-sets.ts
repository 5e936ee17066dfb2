import type { RuleOrigin } from "../api/rule-origin.ts";
import type { Decision, RequestMatcher } from "../policy/endpoint-policy.ts";
import { describeMatcher } from "./described-matcher.ts";
import { OWNER_FRAME_BYTES_MAX } from "./protocol.ts";

/** Room for the rest of a RULES frame. */
const TEXT_BYTES_MAX: number = OWNER_FRAME_BYTES_MAX - 1024;

/** The rules of one matcher, as RULES tells them, and what the owner alone knows of them. */
export class RuleSet {
  readonly id: number;
  readonly matcher: RequestMatcher;
  /** JSON. */
  readonly text: string;
  /** Connections that go by it. */
  users = 0;
  /** The present host knows it. */
  sent = false;
  private readonly origins: readonly (RuleOrigin | undefined)[];
  /** By number and outcome: made once. */
  private readonly decisions: Decision[] = [];

  constructor(id: number, matcher: RequestMatcher, extension: string) {
    this.id = id;
    this.matcher = matcher;
    const described = describeMatcher(matcher.source);
    this.text = JSON.stringify({ extension, matcher: described.matcher });
    this.origins = described.origins;
  }

  /** What the host tells by a number; undefined: it tells of a rule that there is not. */
  decision(number: number, allowed: boolean, audited: boolean): Decision | undefined {
    if (number >= this.origins.length) return undefined;
    const place = number * 4 + (allowed ? 2 : 0) + (audited ? 1 : 0);
    this.decisions[place] ??= Object.freeze({ allowed, audited, origin: this.origins[number] });
    return this.decisions[place];
  }
}

/** The rules that the connections of one host go by, each told once. */
export class RuleSets {
  private readonly byExtension = new Map<string, Map<RequestMatcher, RuleSet>>();
  private lastId = 0;

  /** Counts one more user. undefined: the rules are too many to be told. */
  use(extension: string, matcher: RequestMatcher): RuleSet | undefined {
    let sets = this.byExtension.get(extension);
    if (sets === undefined) {
      sets = new Map();
      this.byExtension.set(extension, sets);
    }
    let set = sets.get(matcher);
    if (set === undefined) {
      set = new RuleSet(++this.lastId, matcher, extension);
      if (Buffer.byteLength(set.text) > TEXT_BYTES_MAX) return undefined;
      sets.set(matcher, set);
    }
    set.users++;
    return set;
  }

  /** @returns Whether nobody goes by it any more. */
  release(extension: string, set: RuleSet): boolean {
    set.users--;
    if (set.users > 0) return false;
    this.byExtension.get(extension)?.delete(set.matcher);
    return true;
  }

  /** There is another host, which knows nothing. */
  forgetSent(): void {
    for (const sets of this.byExtension.values()) for (const set of sets.values()) set.sent = false;
  }
}
