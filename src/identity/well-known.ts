import type { NumericIdentity } from "../api/identity.ts";
import { LabelSet } from "../labels/label-set.ts";
import type { Identity } from "./allocator.ts";

const K8S = "k8s";
const NAMESPACE = "io.kubernetes.pod.namespace";
const SERVICE_ACCOUNT = "io.cilium.k8s.policy.serviceaccount";
const CLUSTER = "io.cilium.k8s.policy.cluster";

interface WellKnown {
  readonly id: number;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Number, service account in `kube-system`, and the labels besides (Cilium, pkg/identity/numericidentity.go). */
const WELL_KNOWN: readonly WellKnown[] = [
  { id: 100, serviceAccount: "cilium-etcd-sa", labels: { "io.cilium/app": "etcd-operator" } },
  {
    id: 101,
    serviceAccount: "default",
    labels: { app: "etcd", etcd_cluster: "cilium-etcd", "io.cilium/app": "etcd-operator" },
  },
  { id: 102, serviceAccount: "kube-dns", labels: { "k8s-app": "kube-dns" } },
  {
    id: 103,
    serviceAccount: "kube-dns",
    labels: { "k8s-app": "kube-dns", "eks.amazonaws.com/component": "kube-dns" },
  },
  { id: 104, serviceAccount: "coredns", labels: { "k8s-app": "kube-dns" } },
];

/**
 * Workloads that a cluster needs before identities can be allocated in it: whoever has exactly these labels has the
 * number, on every node.
 */
export function wellKnownIdentities(clusterName: string): readonly Identity[] {
  return WELL_KNOWN.map(({ id, serviceAccount, labels }) => {
    const texts = { ...labels, [NAMESPACE]: "kube-system", [SERVICE_ACCOUNT]: serviceAccount, [CLUSTER]: clusterName };
    const entries = Object.entries(texts).map(([key, value]) => ({ source: K8S, key, value }));
    return { id: id as NumericIdentity, labels: new LabelSet(entries) };
  });
}
