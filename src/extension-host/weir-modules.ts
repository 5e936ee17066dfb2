import { type ResolveHookContext, registerHooks } from "node:module";
import { extname } from "node:path";

/** The sources in a checkout, the built JavaScript in a published package. */
const SUFFIX = extname(import.meta.url);

/** What extensions import, wherever on disk they lie, and the modules of this very process that answer. */
const PUBLIC_MODULES: ReadonlyMap<string, string> = new Map([
  ["weir/proxylib", new URL(`../proxylib/index${SUFFIX}`, import.meta.url).href],
  ["weir/proxylib/testing", new URL(`../proxylib/testing/index${SUFFIX}`, import.meta.url).href],
]);

/** Stands for "this package, as seen from that file" in an import: see `packageSpecifier`. */
const FROM = "weir-import:";

let registered = false;

/**
 * Lets extensions import `weir/proxylib` without installing weir beside them. They get the modules that the agent runs,
 * not a second copy: verdicts and errors of one are understood by the other.
 */
export function registerWeirModules(): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const url = PUBLIC_MODULES.get(specifier);
      if (url !== undefined) return { url, shortCircuit: true };
      if (!specifier.startsWith(FROM)) return nextResolve(specifier, context);
      const [name, parentURL] = JSON.parse(decodeURIComponent(specifier.slice(FROM.length))) as [string, string];
      const asIfThere: ResolveHookContext = { ...context, parentURL };
      return nextResolve(name, asIfThere);
    },
  });
}

/** What to `import()` so that a package is found as `parentUrl` would find it. */
export function packageSpecifier(name: string, parentUrl: string): string {
  return FROM + encodeURIComponent(JSON.stringify([name, parentUrl]));
}
