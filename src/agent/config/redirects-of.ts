import type { Port } from "../../api/identity.ts";
import type { Redirect } from "../../datapath/embedded/redirect.ts";
import type { AgentConfig } from "./config.ts";

export function redirectsOf({ redirects }: Pick<AgentConfig, "redirects">): readonly Redirect[] {
  return redirects.map(({ upstream, ...redirect }) => ({
    ...redirect,
    // The configuration refuses 0; other numbers of a socket address are ports.
    upstream: { address: upstream.address, port: upstream.port as Port },
  }));
}
