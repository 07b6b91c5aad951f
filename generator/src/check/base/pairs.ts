import type { QuerySetConfig } from "../../config/config.ts";

type Entry = Pick<QuerySetConfig, "name" | "schema" | "queries" | "typescript"> & {
  readonly plugins: readonly { readonly out: string }[];
};

/**
 * Finds for each entry of the configuration the one that it was on the other side, by what it is: its name, what it reads and where its
 * code goes; not by its place in the list. What is left over on both sides, one each, is the same entry with everything changed.
 */
export function pairEntries<E extends Entry>(head: readonly E[], base: readonly E[]): ReadonlyMap<E, E> {
  const pairs = new Map<E, E>();
  const taken = new Set<E>();
  // Where nothing is called as it was, a folder around it may have another name.
  for (const likenessOf of [likeness, likenessWithin]) {
    const ranked = head
      .flatMap((mine, i) =>
        base.map((theirs, j) => ({
          mine,
          theirs,
          likeness: likenessOf(mine, theirs),
          away: Math.abs(i - j),
        })),
      )
      .filter(({ mine, theirs, likeness }) => likeness > 0 && !pairs.has(mine) && !taken.has(theirs))
      .sort((a, b) => b.likeness - a.likeness || a.away - b.away);
    for (const { mine, theirs } of ranked) {
      if (pairs.has(mine) || taken.has(theirs)) continue;
      pairs.set(mine, theirs);
      taken.add(theirs);
    }
  }
  const left = [
    head.filter((entry) => !pairs.has(entry)),
    base.filter((entry) => !taken.has(entry)),
  ] as const;
  if (left[0].length === 1 && left[1].length === 1) pairs.set(left[0][0]!, left[1][0]!);
  return pairs;
}

/** Tells how much two entries have in common; an entry's name says more than all else. */
function likeness(a: Entry, b: Entry): number {
  if (a.name !== undefined && b.name !== undefined) return a.name === b.name ? 100 : 0;
  const outs = (entry: Entry): string[] => [
    ...(entry.typescript === null ? [] : [entry.typescript.out]),
    ...entry.plugins.map(({ out }) => out),
  ];
  return 3 * shared(a.queries, b.queries) + 3 * shared(outs(a), outs(b)) + 2 * shared(a.schema, b.schema);
}

/** The same, by what the files and folders themselves are called, wherever they are. */
function likenessWithin(a: Entry, b: Entry): number {
  const within = ({ queries, schema, typescript, plugins }: Entry): Entry => ({
    queries: queries.map(lastOf),
    schema: schema.map(lastOf),
    typescript: typescript === null ? null : { ...typescript, out: lastOf(typescript.out) },
    plugins: plugins.map(({ out }) => ({ out: lastOf(out) })),
  });
  return a.name !== undefined && b.name !== undefined ? 0 : likeness(within(a), within(b));
}

const lastOf = (path: string): string => path.replace(/\/+$/, "").split("/").at(-1)!;

/** 1 where both are the same, less where they have something in common. */
function shared(a: readonly string[], b: readonly string[]): number {
  const all = new Set([...a, ...b]);
  return all.size === 0 ? 0 : a.filter((one) => b.includes(one)).length / all.size;
}
