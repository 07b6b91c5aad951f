import { escapeLiteral } from "../../../sql/quoting.ts";
/** A value of a type, or NULL. */
export const typed = (value: string | null, type: string): string =>
  `cast(${value === null ? "null" : escapeLiteral(value)} as ${type})`;
