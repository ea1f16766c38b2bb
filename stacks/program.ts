/**
 * The Pulumi program: reads one YAML spec and declares what it says. `pulumi up` in the checkout and `coffer up` both
 * run it on the same state. Configuration: `coffer:spec` (the spec file) and `coffer:stackId`, both written by Coffer.
 */
import { declare } from "./declare.ts";

export const { ca, issuer, coffer, instances, guests, passwords } = await declare();
