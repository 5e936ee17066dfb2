/** States of an endpoint (names and transitions as in Cilium). */
export type EndpointState =
  | "waiting-for-identity"
  | "waiting-to-regenerate"
  | "regenerating"
  | "ready"
  | "disconnecting"
  | "disconnected";

/**
 * From where to where. An endpoint whose policy could not be put in force goes from `regenerating` back to
 * `waiting-to-regenerate`: the next change of policy tries again.
 */
const TRANSITIONS: Readonly<Record<EndpointState, readonly EndpointState[]>> = {
  "waiting-for-identity": ["waiting-to-regenerate", "ready", "disconnecting"],
  "waiting-to-regenerate": ["regenerating", "waiting-for-identity", "disconnecting"],
  regenerating: ["ready", "waiting-to-regenerate", "waiting-for-identity", "disconnecting"],
  ready: ["waiting-to-regenerate", "waiting-for-identity", "disconnecting"],
  disconnecting: ["disconnected"],
  disconnected: [],
};

export function mayBecome(from: EndpointState, to: EndpointState): boolean {
  return TRANSITIONS[from].includes(to);
}
