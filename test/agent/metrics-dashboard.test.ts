// The dashboard and the alerts name only what is there.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { parse } from "yaml";
import { repositoryRoot } from "../support/repository.ts";
import type { Family } from "./exposition.ts";
import { allMetrics, expressionProblems, labelsInReach } from "./metrics-known.ts";

interface Dashboard {
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
    readonly datasource: { readonly uid: string };
  }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** Grafana's own variables that the dashboard may use, each a duration. */
const GRAFANA_INTERVALS = ["__rate_interval"];
/** Grafana's names of units that are used; a name that Grafana does not know is shown as text. */
const UNITS = ["none", "short", "s", "bytes", "Bps", "reqps", "ops", "cps", "percentunit"];
const GRID_WIDTH = 24;

const read = (file: string): Promise<string> => readFile(join(repositoryRoot, file), "utf8");

describe("the Grafana dashboard", () => {
  let text = "";
  let dashboard: Dashboard;
  let panels: readonly Panel[];
  let metrics: ReadonlyMap<string, Family>;
  before(async () => {
    text = await read("install/grafana/weir-dashboard.json");
    dashboard = JSON.parse(text) as Dashboard;
    panels = dashboard.panels.filter(({ type }) => type !== "row");
    metrics = await allMetrics();
  });

  /** The expression as Prometheus would get it, but for the variables within texts. */
  const filledIn = (expression: string): string =>
    GRAFANA_INTERVALS.reduce((filled, name) => filled.replaceAll(`$${name}`, "5m"), expression);
  const expressions = (): { where: string; expression: string; legend: string }[] => [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat }) => ({ where: `${title}`, expression: expr, legend: legendFormat })),
    ),
    ...dashboard.annotations.list.map(({ name, expr }) => ({ where: name, expression: expr, legend: "" })),
  ];

  it("has a version and variables for the data source and the agents", () => {
    assert.equal(dashboard.title, "weir");
    assert.ok(dashboard.schemaVersion >= 39);
    assert.deepEqual(
      dashboard.templating.list.map(({ name, type }) => `${name}: ${type}`),
      ["datasource: datasource", "instance: query"],
    );
  });

  it("names only metrics and labels that there are, in expressions that can be read", () => {
    assert.ok(expressions().length > 50);
    const problems = expressions().flatMap(({ where, expression }) =>
      expressionProblems(metrics, filledIn(expression)).map((problem) => `${where}: ${problem}`),
    );
    assert.deepEqual(problems, []);
    for (const { where, expression, legend } of expressions()) {
      const labels = labelsInReach(metrics, filledIn(expression));
      for (const [, label = ""] of legend.matchAll(/\{\{(\w+)\}\}/g))
        assert.ok(labels.has(label), `${where}: ${label}`);
    }
  });

  it("chooses the agents in every expression", () => {
    for (const { where, expression } of expressions()) {
      const selectors = expression.match(/\b(weir|process|nodejs)_\w+/g) ?? [];
      assert.equal(expression.split('instance=~"$instance"').length - 1, selectors.length, where);
    }
  });

  it("asks for the agents by a metric and a label that there are", () => {
    const queries = dashboard.templating.list.flatMap(({ query }) => (typeof query === "string" ? [] : [query.query]));
    assert.equal(queries.length, 1);
    for (const query of queries) {
      const [, metric = "", label] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
      assert.ok(metrics.has(metric), query);
      assert.equal(label, "instance");
    }
  });

  it("uses no variable that nobody declares", () => {
    const known = new Set([...dashboard.templating.list.map(({ name }) => name), ...GRAFANA_INTERVALS, "__all"]);
    const used = [...text.matchAll(/\$\{?(\w+)/g)].map((match) => match[1] as string);
    assert.ok(used.length > 50);
    assert.deepEqual(
      used.filter((name) => !known.has(name)),
      [],
    );
  });

  it("shows every metric of weir somewhere", () => {
    const all = expressions()
      .map(({ expression }) => expression)
      .join("\n");
    const missing = [...metrics.keys()].filter(
      (name) => name.startsWith("weir_") && !new RegExp(`\\b${name}(_bucket)?\\b`).test(all),
    );
    assert.deepEqual(missing, []);
  });

  it("has a title, a description, a unit and a data source on every panel", () => {
    for (const panel of panels) {
      assert.ok(panel.title, `panel ${panel.id}`);
      assert.ok((panel.description ?? "").length > 10, panel.title);
      assert.ok(UNITS.includes(panel.fieldConfig?.defaults.unit ?? ""), panel.title);
      assert.equal(panel.datasource?.uid, "${" + "datasource}", panel.title);
      for (const { datasource } of panel.targets ?? []) assert.equal(datasource.uid, "${" + "datasource}", panel.title);
      const references = (panel.targets ?? []).map(({ refId }) => refId);
      assert.ok(references.length > 0 && new Set(references).size === references.length, panel.title);
    }
    const titles = dashboard.panels.map(({ title }) => title);
    assert.equal(new Set(titles).size, titles.length);
  });

  it("has every panel in a place of its own", () => {
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    const taken = new Map<string, number>();
    for (const { id, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= GRID_WIDTH, `panel ${id} is wider than the page`);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.equal(taken.get(`${x} ${y}`), undefined, `panel ${id} lies on another`);
          taken.set(`${x} ${y}`, id);
        }
      }
    }
  });

  it("has the rows that one looks for", () => {
    const rows = dashboard.panels.filter(({ type }) => type === "row").map(({ title }) => title);
    assert.deepEqual(rows, [
      "Overview",
      "Requests and verdicts",
      "Audit",
      "Connections",
      "Hosts",
      "Policy and regeneration",
      "Endpoints and identities",
      "Losses and errors",
      "Runtime",
    ]);
  });
});

describe("the alerts for Prometheus", () => {
  it("name only metrics and labels that there are, and say what to do", async () => {
    const metrics = await allMetrics();
    const file = parse(await read("install/prometheus/weir-alerts.yaml")) as { groups: { rules: Rule[] }[] };
    const rules = file.groups.flatMap((group) => group.rules);
    assert.ok(rules.length >= 5);
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { alert, expr, labels, annotations } of rules) {
      assert.deepEqual(expressionProblems(metrics, expr), [], alert);
      assert.match(labels.severity, /^(warning|critical)$/, alert);
      assert.ok(annotations.description.length > 20, alert);
      const reach = labelsInReach(metrics, expr);
      for (const [, label = ""] of annotations.summary.matchAll(/\$labels\.(\w+)/g)) {
        assert.ok(reach.has(label), `${alert}: ${label}`);
      }
    }
  });
});

describe("the check of expressions", () => {
  it("tells what is wrong", async () => {
    const metrics = await allMetrics();
    for (const [expression, expected] of [
      ["sum(rate(weir_requests_total[5m])) by (protocol)", undefined],
      ['weir_policies{mode="audit"} > 0 and on (instance) weir_build_info', undefined],
      ["sum(weir_polices)", /no metric weir_polices/],
      ["weir_endpoint_regeneration_duration_seconds", /no series of that name/],
      ["weir_requests_total", /needs a rate/],
      ["rate(weir_connections[5m])", /is a gauge/],
      ["rate(weir_requests_total)", /takes a range/],
      ["sum(weir_connections[5m])", /takes no range/],
      ['weir_policies{kind="audit"}', /no label kind/],
      ['weir_policies{mode="audited"}', /mode is never audited/],
      ['weir_policies{mode=~"audit|watch"}', /mode is never watch/],
      ["sum by (kind) (weir_policies)", /no metric has kind/],
      ["sum by (le) (weir_policies)", /no metric has le/],
      ["sum(weir_policies", /\) is expected/],
      ["weir_policies)", /the end is expected/],
      ["weir_policies{mode='audit'}", /cannot be read/],
      ["rate(weir_requests_total[$__interval])", /cannot be read/],
      ["sums(weir_policies)", /no function/],
      ["", /expected/],
    ] as const) {
      const problems = expressionProblems(metrics, expression).join("\n");
      if (expected === undefined) assert.equal(problems, "", expression);
      else assert.match(problems, expected, expression);
    }
  });
});
