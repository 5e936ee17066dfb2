/** Clients with the label `app=client` may do what one L7 rule says with the endpoint. */
export function policyText(endpoint: string, port: number, l7proto: string, rule: string): string {
  return `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${endpoint}}
spec:
  endpointSelector: {matchLabels: {app: ${endpoint}}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: client}}]
    toPorts:
    - ports: [{port: "${port}", protocol: TCP}]
      rules: {l7proto: ${l7proto}, l7: [${rule}]}
`;
}
