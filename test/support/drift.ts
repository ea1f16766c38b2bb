/** What `coffer drift -o json` tells, a line for each difference. */
export interface DriftResult {
  instance: string;
  what: string;
  name: string;
  spec: string | null;
  state: string | null;
  real: string | null;
  mend: string;
  adoptable: boolean;
}

/** `orders parameter wait_timeout: default/default/333 up adoptable`: spec, state and real, and what mends it. */
export function driftLine({ instance, what, name, spec, state, real, mend, adoptable }: DriftResult): string {
  return `${instance} ${what} ${name}: ${spec}/${state}/${real} ${mend}${adoptable ? " adoptable" : ""}`;
}
