import type { Column } from "../../model/query.ts";
import type { Difference } from "./difference.ts";
import type { Facts } from "./facts.ts";
import { typeDifference, underDomains } from "./seen.ts";

/** What reading a query in pages relies on, on one schema. */
export interface PagesOn {
  /** The keys of its orders, as they are with nothing given that may be left out. */
  readonly keys: readonly Column[];
  /** By the name of each order, whether it tells all rows apart. */
  readonly isTotal: ReadonlyMap<string, boolean>;
  /** What each key rests on that is another on the next page (`random()`); null where it stays. */
  readonly movers: readonly (string | null)[];
}

/** Gives what is otherwise for a client whose cursors and conditions were made for `expected`: it may begin a page at another row, or leave out rows. */
export function pageDifferences(expected: PagesOn, on: Facts, actual: PagesOn, now: Facts): Difference[] {
  const ofKeys = expected.keys.flatMap((key, i): Difference[] => {
    const other = actual.keys[i];
    if (other === undefined) return [];
    const told = `${key.origin?.column ?? `key ${i + 1} of its order`}, by which it is read in pages,`;
    const about = key.origin === null ? {} : { about: key.origin.column };
    const effect = readAs(key, on, other, now);
    const types = `${told} is ${other.display} here, and its cursors were made for ${key.display}`;
    const mover = expected.movers[i] === null ? (actual.movers[i] ?? null) : null;
    return [
      ...(mover === null
        ? []
        : [
            {
              code: "verify-behaviour",
              effect: "breaks",
              message: `${told} rests on ${mover} here, which may be another on the next page: it would give rows again, or leave some out`,
              ...about,
            } as const,
          ]),
      ...(effect === null ? [] : [{ code: "verify-result", effect, message: types, ...about } as const]),
      ...(key.nullable || !other.nullable
        ? []
        : [
            {
              code: "verify-nullability",
              effect: "breaks",
              message: `${told} may be null here: the rows without it would be on no page`,
              ...about,
            } as const,
          ]),
    ];
  });
  const ofOrders = [...expected.isTotal].flatMap(([label, isTotal]): Difference[] => {
    if (!isTotal || actual.isTotal.get(label) !== false) return [];
    const order = label === "" ? "its order" : `its order "${label}"`;
    const message = `${order} does not tell all rows apart here: of those that are alike a page may leave some out`;
    return [{ code: "verify-behaviour", effect: "may", message }];
  });
  return [...ofKeys, ...ofOrders];
}

/** Each takes all values of those before it. */
const NUMBERS = ["int2", "int4", "int8", "numeric"];
/** Read as the other, a time is the same as long as the session's time zone is. */
const TIMES = ["timestamp", "timestamptz"];
const TEXTS = ["text", "varchar"];

/** Gives what becomes of a key's value whose text is read as the type that it had; null where it stays what it is. */
function readAs(key: Column, on: Facts, other: Column, now: Facts): Difference["effect"] | null {
  const [was, is] = [underDomains(key.type, on.catalog), underDomains(other.type, now.catalog)];
  if (was?.kind !== "base" || is?.kind !== "base")
    return typeDifference(key.type, on.catalog, other.type, now.catalog) === null && was?.kind === is?.kind
      ? null
      : "breaks";
  const both = [was.name, is.name];
  if (was.name === is.name || both.every((name) => TEXTS.includes(name))) return null;
  if (TIMES.includes(was.name) && is.name === "date") return null;
  if (both.every((name) => TIMES.includes(name))) return "may";
  // A text's blanks at the end are left out of what it is compared with.
  if (was.name === "bpchar" && TEXTS.includes(is.name)) return "may";
  if (!both.every((name) => NUMBERS.includes(name))) return "breaks";
  if (NUMBERS.indexOf(was.name) > NUMBERS.indexOf(is.name)) return null;
  // Of integers only those are refused that are too large.
  return is.name === "numeric" ? "breaks" : "may";
}
