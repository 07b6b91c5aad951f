import type { QuerySource, SchemaFile } from "../model/source.ts";
import { type Engine, majorVersion } from "../postgres/engine.ts";
import { SYSTEM_COLUMNS } from "./system-columns.ts";

/** A star as the columns that it stands for: `a.id, a.name` in the place of `a.*`. */
interface Expansion {
  readonly star: { readonly start: number; readonly end: number };
  readonly first: number;
  readonly count: number;
  readonly text: string;
}

/** A relation of the catalog, as far as it says which columns it has. */
interface Columned {
  readonly schema: string;
  readonly name: string;
  readonly columns: ReadonlyMap<number, { readonly name: string }>;
}

/** The major version of PostgreSQL that a dump among the schema's files was made from, or null. */
export function versionOfDump(schema: readonly Pick<SchemaFile, "text">[]): number | null {
  for (const { text } of schema) {
    const version = /^-- Dumped from database version (\d+)/m.exec(text)?.[1];
    if (version !== undefined) return Number(version);
  }
  return null;
}

/**
 * The query with its stars over PostgreSQL's own tables and views written out as the target has them; null where they
 * are the same in both.
 * @param relations all that the query reads
 */
export function asTargetHasIt(
  source: QuerySource,
  expansions: readonly Expansion[],
  columns: readonly { readonly name: string }[],
  relations: readonly Columned[],
  target: number,
): QuerySource | null {
  const added = SYSTEM_COLUMNS[target]?.added;
  if (added === undefined) return null;
  const lists = relations.map((one) => ({
    names: [...one.columns.values()].map(({ name }) => name),
    added: new Set(added[`${one.schema}.${one.name}`]),
  }));
  /** A star's columns are those of one relation after another: which of them its relation has not. */
  const missing = (names: readonly string[]): Set<number> => {
    const found = new Set<number>();
    for (let at = 0; at < names.length; ) {
      const own = lists.find((list) => list.names.every((name, i) => names[at + i] === name));
      if (own) {
        for (const [i, name] of own.names.entries()) if (own.added.has(name)) found.add(at + i);
      } else {
        // Joined by USING, columns stand in another order: then the name says it, where only one relation has it.
        const having = lists.filter((list) => list.names.includes(names[at]!));
        if (having.length > 0 && having.every((list) => list.added.has(names[at]!))) found.add(at);
      }
      at += own?.names.length || 1;
    }
    return found;
  };
  let changed = false;
  const edits = expansions.flatMap(({ star, first, count, text }) => {
    const parts = text.split(", ");
    // What is quoted may hold a comma; none of PostgreSQL's own columns is.
    if (first < 0 || parts.length !== count) return [];
    const gone = missing(columns.slice(first, first + count).map(({ name }) => name));
    const kept = parts.filter((_, i) => !gone.has(i));
    if (kept.length === count || kept.length === 0) return [];
    changed = true;
    return [{ ...star, by: kept.join(", ") }];
  });
  return changed ? withEdits(source, edits) : null;
}

function withEdits(
  source: QuerySource,
  edits: readonly { readonly start: number; readonly end: number; readonly by: string }[],
): QuerySource {
  let text = "";
  let at = 0;
  for (const { start, end, by } of edits) {
    text += source.text.slice(at, start) + by;
    at = end;
  }
  text += source.text.slice(at);
  const before = (offset: number): number => {
    let shift = 0;
    for (const { start, end, by } of edits) {
      if (offset < start + shift) break;
      if (offset < start + shift + by.length) return start;
      shift += by.length - (end - start);
    }
    return offset - shift;
  };
  const after = (offset: number): number =>
    edits.reduce(
      (sum, { start, end, by }) => (end <= offset ? sum + by.length - (end - start) : sum),
      offset,
    );
  return {
    ...source,
    text,
    embeds: source.embeds.map((one) => ({ ...one, start: after(one.start), end: after(one.end) })),
    toFile: (offset) => source.toFile(before(offset)),
  };
}

/** Gives what to say of a column that a target has and the PostgreSQL that analyses has not, or null. */
export function columnOfOlder(
  message: string,
  target: number | null,
  engine: Pick<Engine, "isEmbedded" | "version">,
): string | null {
  const column = /^column (?:\w+\.)?"?(\w+)"? does not exist$/.exec(message)?.[1];
  if (column === undefined) return null;
  for (const [version, { removed }] of Object.entries(SYSTEM_COLUMNS)) {
    if (target !== null && Number(version) !== target) continue;
    const own = majorVersion(engine);
    if (Number(version) >= own) continue;
    for (const [relation, columns] of Object.entries(removed)) {
      if (!columns.includes(column)) continue;
      const analyses = engine.isEmbedded ? "which analyses here" : "the server of `database.uri`";
      return `PostgreSQL ${version} has ${relation.replace("pg_catalog.", "")}.${column}, and ${own}, ${analyses}, has not. Set \`database.uri\` to a server of that version.`;
    }
  }
  return null;
}
