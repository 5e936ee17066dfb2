/** Routes that are counted by name; the interface has far fewer. */
export const ROUTES_MAX = 128;

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]);
const UNMATCHED = "unmatched";
const OTHER = "other";

export interface ApiRequestCount {
  readonly method: string;
  /** As the route is written, `/v1/policy/{name}`; `unmatched`: there is none. Never what the client wrote. */
  readonly route: string;
  /** `2xx`. */
  readonly status: string;
  readonly count: number;
}

/** Counts answers of the REST interface. Whatever clients send, the number of counters is bounded. */
export class ApiRequestCounter {
  private readonly routes = new Set<string>();
  private readonly byKey = new Map<string, { -readonly [key in keyof ApiRequestCount]: ApiRequestCount[key] }>();

  /** @param route undefined: none fits. */
  answered(method: string, route: string | undefined, statusCode: number): void {
    const labels = {
      method: METHODS.has(method) ? method : OTHER,
      route: route === undefined ? UNMATCHED : this.known(route),
      status: `${Math.floor(statusCode / 100)}xx`,
    };
    const key = `${labels.method} ${labels.route} ${labels.status}`;
    const counted = this.byKey.get(key);
    if (counted === undefined) this.byKey.set(key, { ...labels, count: 1 });
    else counted.count++;
  }

  counts(): readonly ApiRequestCount[] {
    return [...this.byKey.values()];
  }

  private known(route: string): string {
    if (this.routes.size < ROUTES_MAX) this.routes.add(route);
    return this.routes.has(route) ? route : OTHER;
  }
}
