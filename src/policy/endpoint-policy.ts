import type { NumericIdentity, PolicyRevision, Port } from "../api/identity.ts";
import type { Request } from "../api/request.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import type { DirectionDescription, PolicyDescription } from "./description/policy-description.ts";
import type { RequestRule } from "./request/rule-conditions.ts";

/** The outcome of matching one request. Immutable and shared: no allocation per request. */
export interface Decision {
  /** Whether the request may pass. */
  readonly allowed: boolean;
  /** It passes only because what would refuse it is audited, not enforced: its record says `Audit`. */
  readonly audited: boolean;
  /** The rule that decided, with its effect; absent where the request is refused because no rule fits. */
  readonly origin: RuleOrigin | undefined;
}

/** Decides requests of one remote identity on one port, under one revision. Cost does not grow with rules that cannot match. */
export interface RequestMatcher {
  match(request: Request): Decision;
  /** What it decides by, so that another process can decide the same. */
  readonly source: MatcherSource;
}

/** What a matcher decides by, as plain data. */
export type MatcherSource =
  /** See `compileRequestMatcher`. */
  | { readonly kind: "rules"; readonly rules: readonly RequestRule[] }
  /** See `auditedMatcher`. */
  | {
      readonly kind: "audited";
      readonly enforced: MatcherSource | undefined;
      readonly whole: MatcherSource | undefined;
      readonly missing: RuleOrigin;
    }
  /** The same for every request. */
  | { readonly kind: "constant"; readonly decision: Decision };

/** What policy says of a connection before any request. */
export type ConnectionVerdict =
  | {
      readonly kind: "denied";
      readonly reason: string;
      /** The deny rule; absent where no rule allows. */
      readonly origin: RuleOrigin | undefined;
    }
  | {
      readonly kind: "allowed";
      /** The rule that allows; absent where nothing is enforced. With `audit`: what would deny. */
      readonly origin: RuleOrigin | undefined;
      /** Why it would be denied if what is audited were enforced: the connection's record says `Audit`. */
      readonly audit?: string;
    }
  | {
      readonly kind: "l7";
      /** Name of the extension that judges the requests. */
      readonly parser: string;
      readonly matcher: RequestMatcher;
      /** The first rule that lets this peer reach this port; absent where nothing is enforced. */
      readonly origin: RuleOrigin | undefined;
      /**
       * `enforce`: nothing passes that was not understood and allowed. `observe`: everything passes; the matcher refuses
       * nothing, and a stream that the extension does not understand is passed on unread. A connection that is open
       * already without a parser stays as it is.
       */
      readonly mode: "enforce" | "observe";
      /** With `observe`: why the connection itself would be denied, as of those that are allowed. */
      readonly audit?: string;
    };

export interface DirectionPolicy {
  /** Whether any rule puts this direction into default deny. False: everything is allowed. */
  readonly enforced: boolean;
  /** Whether something may pass only because what would refuse it is audited. Absent: no. */
  readonly audited?: boolean;
  /** Stable within one policy: the same object for the same identity and port, so that callers may compare. */
  lookup(remote: NumericIdentity, port: Port): ConnectionVerdict;
  /** As data, for another process. Absent: it cannot be told. */
  description?(): DirectionDescription;
}

/**
 * The policy of one endpoint at one revision: all that a data plane needs to know. Immutable; a change publishes a new
 * one.
 */
export interface EndpointPolicy {
  /** Name of the endpoint. */
  readonly endpoint: string;
  readonly identity: NumericIdentity;
  readonly revision: PolicyRevision;
  readonly ingress: DirectionPolicy;
  readonly egress: DirectionPolicy;
  /** As data, for data planes in other processes. Absent: it cannot be told. */
  description?(): PolicyDescription;
}
