/** What every planner gives. */

/** A plan, or why there is none. A refusal is one sentence for the user with what to do. */
export interface Plan<S> {
  steps: readonly S[];
  refusals: readonly string[];
}
