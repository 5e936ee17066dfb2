// What an extension does costs its own connections, and nobody else's. Each attack runs against a real weir, beside
// traffic under another extension and under a built-in parser of the same host.
import { after, before, describe, it } from "node:test";
import { ATTACKS, type AttackCase, ESCAPES } from "./attacks.ts";
import { type AttackedWeir, startAttackedWeir } from "./rig/attacked-weir.ts";
import { runAttack } from "./run-attack.ts";

function battery(kind: string, attacks: readonly AttackCase[], needsConfinement: boolean): void {
  describe(`an extension that ${kind}`, () => {
    let weir: AttackedWeir | undefined;
    before(async () => {
      weir = await startAttackedWeir();
    });
    after(() => weir?.[Symbol.asyncDispose]());
    for (const attack of attacks) {
      it(attack.name, async (t) => {
        if (weir === undefined) throw new Error("weir was not started");
        const { unconfined } = await weir.extensionHost();
        if (needsConfinement && unconfined.length > 0) t.skip(unconfined.join("; "));
        else await runAttack(weir, attack);
      });
    }
  });
}

for (const [kind, attacks] of Object.entries(ATTACKS)) battery(kind, attacks, false);
battery("reaches for what it must not see", ESCAPES, true);
