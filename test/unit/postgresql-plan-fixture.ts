/** Names that plans for databases and users are tried with. */
import fc from "fast-check";

export const name = fc.constantFrom("a", "b", "__proto__", 'x"; --');
