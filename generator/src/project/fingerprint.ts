import { once } from "../model/once.ts";
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
const knownAnywhere = new WeakMap<QuerySource, string>();

/** Writes down everything about a query that its analysis depends on, positions included. */
export function fingerprint(query: QuerySource): string {
  return once(known, query, () => JSON.stringify(NAMES.map((name) => query[name])));
}

/**
 * Writes it down as if its file began with it: the same for a query that only stands elsewhere in it.
 */
export function fingerprintAnywhere(query: QuerySource): string {
  return once(knownAnywhere, query, () => {
    const { span, flags } = query;
    const moved = <P extends { readonly start: number; readonly end: number }>(place: P): P => ({
      ...place,
      start: place.start - span.start,
      end: place.end - span.start,
    });
    const here: QuerySource = {
      ...query,
      line: 0,
      span: moved(span),
      ...(flags && {
        flags: flags.map((flag) => ({ ...flag, start: flag.start - span.start, line: moved(flag.line) })),
      }),
    };
    return JSON.stringify([...NAMES.map((name) => here[name]), placesOf(query)]);
  });
}

/** Tells how far behind its annotation the ends of what macros became stand, which its text does not tell. */
function placesOf({ span, text, embeds, toFile }: QuerySource): number[] {
  const ends = [0, text.length, ...embeds.flatMap(({ start, end }) => [start, end])];
  for (const { index, 0: macro } of text.matchAll(/\$\d+/g)) ends.push(index, index + macro.length);
  return ends.map((at) => toFile(at) - span.start);
}
