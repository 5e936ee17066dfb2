import type { PolicyRevision } from "../../../api/identity.ts";
import type { HostReport } from "../../../api/rest.ts";
import type { HostAnswer } from "./host-fleet.ts";

/** Versions of one policy that a slow host may still answer to; older answers say nothing any more. */
const VERSIONS_MAX = 16;

interface Standing {
  realized: number;
  failed: number | undefined;
  reason: string;
}

/** Which host has which policy. */
export class HostRevisions {
  /** Endpoint → version → revision, the newest last. */
  private readonly wanted = new Map<string, Map<string, PolicyRevision>>();
  /** Host → endpoint → how it stands. */
  private readonly standings = new Map<string, Map<string, Standing>>();

  /** From now on every host should have this. */
  want(endpoint: string, version: string, revision: PolicyRevision): void {
    const versions = this.wanted.get(endpoint) ?? new Map<string, PolicyRevision>();
    this.wanted.set(endpoint, versions);
    versions.delete(version);
    versions.set(version, revision);
    for (const oldest of versions.keys()) {
      if (versions.size <= VERSIONS_MAX) break;
      versions.delete(oldest);
    }
  }

  forget(endpoint: string): void {
    this.wanted.delete(endpoint);
    for (const standings of this.standings.values()) standings.delete(endpoint);
  }

  answered(endpoint: string, version: string, answer: HostAnswer): void {
    const revision = this.wanted.get(endpoint)?.get(version);
    if (revision === undefined) return;
    const standings = this.standings.get(answer.subscriber) ?? new Map<string, Standing>();
    this.standings.set(answer.subscriber, standings);
    const realized = standings.get(endpoint)?.realized ?? 0;
    const standing: Standing = answer.accepted
      ? { realized: revision, failed: undefined, reason: "" }
      : { realized, failed: revision, reason: answer.reason };
    standings.set(endpoint, standing);
  }

  /** Forgets hosts that are no more. */
  keep(hosts: ReadonlySet<string>): void {
    for (const host of this.standings.keys()) if (!hosts.has(host)) this.standings.delete(host);
  }

  /**
   * The newest revision that changed anything, the lowest that an endpoint has which is behind its own newest one, and the
   * highest refused one.
   */
  of(host: string): Pick<HostReport, "revision" | "failures"> {
    const standings = this.standings.get(host);
    let wanted = 0;
    let realized = Number.POSITIVE_INFINITY;
    let failed = 0;
    const failures: string[] = [];
    for (const [endpoint, versions] of this.wanted) {
      const newest = [...versions.values()].at(-1) ?? 0;
      const standing = standings?.get(endpoint);
      wanted = Math.max(wanted, newest);
      if (standing?.realized !== newest) realized = Math.min(realized, standing?.realized ?? 0);
      if (standing?.failed === undefined) continue;
      failed = Math.max(failed, standing.failed);
      failures.push(`endpoint ${endpoint}: ${standing.reason}`);
    }
    const lowest = Number.isFinite(realized) ? realized : wanted;
    return { revision: { wanted, realized: lowest, ...(failed > 0 ? { failed } : {}) }, failures };
  }
}
