import type { EndpointDetails, EndpointSummary, ObservedPorts } from "../api/rest.ts";
import type { ObservedPort } from "../endpoint/endpoint-spec.ts";
import type { EndpointStatus } from "../endpoint/endpoint-status.ts";

/** An endpoint as lists show it. */
export function endpointSummary(status: EndpointStatus): EndpointSummary {
  const { dataPlanes: _, informationalLabels: __, audit: ___, observe: ____, ...summary } = status;
  return summary;
}

/** An endpoint with all that is known of it. */
export function endpointDetails(status: EndpointStatus, warnings: readonly string[] = []): EndpointDetails {
  const { observe, ...rest } = status;
  const egress = portsOf(observe, "egress");
  return {
    ...rest,
    observe: portsOf(observe, "ingress"),
    ...(Object.keys(egress).length === 0 ? {} : { observeEgress: egress }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** Port → extension, of one direction. */
export function portsOf(observe: readonly ObservedPort[], direction: ObservedPort["direction"]): ObservedPorts {
  const ports = observe.filter((one) => one.direction === direction);
  return Object.fromEntries(ports.map(({ port, extension }) => [String(port), extension]));
}
