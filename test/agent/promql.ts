// PromQL, as far as it takes to know which metrics and labels an expression names.
// https://prometheus.io/docs/prometheus/latest/querying/basics/

/** One metric that an expression reads. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
  /** With `[5m]`. */
  readonly range: boolean;
  /** The function that takes it directly. */
  readonly taker: string | undefined;
}

export interface Query {
  readonly selectors: readonly Selector[];
  /** Labels that `by`, `without`, `on` and `ignoring` name. */
  readonly groupings: readonly string[];
}

const AGGREGATIONS = new Set(["sum", "min", "max", "avg", "count", "stddev", "topk", "bottomk", "quantile"]);
const RANGE_FUNCTIONS = new Set(["rate", "irate", "increase", "changes", "delta", "deriv", "max_over_time"]);
const FUNCTIONS = new Set([...RANGE_FUNCTIONS, "histogram_quantile", "time", "abs", "clamp_min", "absent", "scalar"]);
const OPERATORS = new Set(["+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless"]);
const TOKEN =
  /\s*(?:(?<text>"(?:[^"\\]|\\.)*")|(?<number>\d+(?:\.\d+)?(?:ms|[smhdwy])?)|(?<name>[a-zA-Z_:][\w:]*)|(?<sign>=~|!~|==|!=|>=|<=|[-+*/%^(){}[\],=<>]))/y;

interface Token {
  readonly kind: "text" | "number" | "name" | "sign" | "end";
  readonly text: string;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = source.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(source)?.groups;
    if (groups === undefined) throw new Error(`cannot be read from ${JSON.stringify(source.slice(at))} on`);
    for (const kind of ["text", "number", "name", "sign"] as const) {
      if (groups[kind] !== undefined) found.push({ kind, text: groups[kind] });
    }
  }
  return [...found, { kind: "end", text: "the end" }];
}

/** Throws an Error that says what cannot be understood. */
export function parsePromql(source: string): Query {
  return new PromqlParser(tokens(source)).query();
}

class PromqlParser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private readonly selectors: Selector[] = [];
  private readonly groupings: string[] = [];

  constructor(list: readonly Token[]) {
    this.tokens = list;
  }

  query(): Query {
    this.expression();
    this.take("the end");
    return { selectors: this.selectors, groupings: this.groupings };
  }

  private get next(): Token {
    return this.tokens[this.at] as Token;
  }

  private take(text: string): void {
    if (this.next.text !== text) throw new Error(`${text} is expected, not ${this.next.text}`);
    this.at++;
  }

  private takes(text: string): boolean {
    if (this.next.text !== text || this.next.kind === "text") return false;
    this.at++;
    return true;
  }

  private takeKind(kind: Token["kind"]): string {
    if (this.next.kind !== kind) throw new Error(`a ${kind} is expected, not ${this.next.text}`);
    const { text } = this.next;
    this.at++;
    return text;
  }

  private expression(taker?: string): void {
    this.operand(taker);
    while (OPERATORS.has(this.next.text)) {
      this.at++;
      this.takes("bool");
      if (this.takes("on") || this.takes("ignoring")) this.labels();
      if (this.takes("group_left") || this.takes("group_right")) this.labels();
      this.operand();
    }
  }

  private operand(taker?: string): void {
    if (this.next.kind === "number") {
      this.at++;
    } else if (this.takes("-")) {
      this.operand();
    } else if (this.takes("(")) {
      this.expression(taker);
      this.take(")");
    } else {
      const name = this.next.text;
      const following = this.tokens[this.at + 1]?.text;
      if (AGGREGATIONS.has(name)) this.aggregation();
      else if (following === "(") this.call();
      else this.selector(taker);
    }
  }

  private aggregation(): void {
    this.at++;
    if (this.takes("by") || this.takes("without")) this.labels();
    this.list(undefined);
    if (this.takes("by") || this.takes("without")) this.labels();
  }

  private call(): void {
    const name = this.takeKind("name");
    if (!FUNCTIONS.has(name)) throw new Error(`${name} is no function that is known here`);
    this.list(name);
  }

  private list(taker: string | undefined): void {
    this.take("(");
    if (this.takes(")")) return;
    do this.expression(taker);
    while (this.takes(","));
    this.take(")");
  }

  private labels(): void {
    this.take("(");
    do this.groupings.push(this.takeKind("name"));
    while (this.takes(","));
    this.take(")");
  }

  private selector(taker: string | undefined): void {
    const metric = this.takeKind("name");
    const matchers: { label: string; operator: string; value: string }[] = [];
    if (this.takes("{")) {
      while (!this.takes("}")) {
        const label = this.takeKind("name");
        const operator = this.takeKind("sign");
        if (!["=", "!=", "=~", "!~"].includes(operator)) throw new Error(`${operator} does not match labels`);
        matchers.push({ label, operator, value: JSON.parse(this.takeKind("text")) as string });
        if (this.next.text !== "}") this.take(",");
      }
    }
    const range = this.takes("[");
    if (range) {
      if (!/[smhdwy]$/.test(this.takeKind("number"))) throw new Error(`the range of ${metric} has no unit`);
      this.take("]");
    }
    const takesRange = taker !== undefined && RANGE_FUNCTIONS.has(taker);
    if (takesRange !== range) throw new Error(`${metric}: ${taker ?? "nothing"} takes ${range ? "no" : "a"} range`);
    this.selectors.push({ metric, matchers, range, taker });
  }
}
