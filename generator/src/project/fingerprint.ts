import type { QuerySource } from "../model/source.ts";

/** Every field of a query's source; `toFile` is decided by its text and place. The compiler asks for one that is missing here. */
const FIELDS: Readonly<Record<keyof Omit<QuerySource, "toFile">, true>> = {
  name: true,
  command: true,
  span: true,
  line: true,
  comments: true,
  text: true,
  params: true,
  embeds: true,
  flags: true,
};

const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

const known = new WeakMap<QuerySource, string>();

/** Writes down everything about a query that its analysis depends on, positions included. */
export function fingerprint(query: QuerySource): string {
  let print = known.get(query);
  if (print === undefined) {
    print = JSON.stringify(NAMES.map((name) => query[name]));
    known.set(query, print);
  }
  return print;
}
