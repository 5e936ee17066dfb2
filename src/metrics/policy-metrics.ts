import type { MetricRegistry } from "./metric-registry.ts";

export interface PolicyNumbers {
  readonly revision: number;
  /** Documents in force, by what they do. */
  readonly policies: { readonly enforce: number; readonly audit: number };
  /** Documents of which something is not in force at some endpoint. */
  readonly conflicting: number;
  /** By where the text came from: refused since the start, and what keeps wanted policy from being in force now. */
  readonly importErrors: BySource;
  readonly problems: BySource;
}

export interface BySource {
  readonly file: number;
  readonly api: number;
}

const MODES = ["enforce", "audit"];
const SOURCES = ["file", "api"];

export function addPolicyMetrics(registry: MetricRegistry, read: () => PolicyNumbers): void {
  registry.gauge(
    { name: "weir_policies", help: "Policy documents in force, by mode.", labels: { mode: MODES } },
    (emit) => {
      const { enforce, audit } = read().policies;
      emit(enforce, { mode: "enforce" });
      emit(audit, { mode: "audit" });
    },
  );
  registry.gauge(
    {
      name: "weir_policies_with_problems",
      help: "Policy documents that are not in force at some of the endpoints that they select.",
    },
    (emit) => emit(read().conflicting),
  );
  registry.gauge(
    { name: "weir_policy_max_revision", help: "Revision of the policy repository: it grows with every change." },
    (emit) => emit(read().revision),
  );
  registry.counter(
    {
      name: "weir_policy_import_errors_total",
      help: "Texts of policy that were refused, by where they came from.",
      labels: { source: SOURCES },
    },
    (emit) => {
      const { file, api } = read().importErrors;
      emit(file, { source: "file" });
      emit(api, { source: "api" });
    },
  );
  registry.gauge(
    {
      name: "weir_policy_problems",
      help: "Problems that keep wanted policy from being in force now, by where the policy comes from.",
      labels: { source: SOURCES },
    },
    (emit) => {
      const { file, api } = read().problems;
      emit(file, { source: "file" });
      emit(api, { source: "api" });
    },
  );
}
