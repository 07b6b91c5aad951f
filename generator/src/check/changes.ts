import type { QuerySetConfig } from "../config/config.ts";
import type { QuerySource, SchemaFile } from "../model/source.ts";
import type { Project } from "../project/project.ts";
import { compareFiles } from "../source/file-order.ts";
import { tokenize } from "../sql/lexer.ts";
import type { BaseRelation } from "./migrations/checked.ts";

/** What of a project is to be vetted. */
export interface Changes {
  /** Whether a schema file is new or has another text. */
  readonly schema: (path: string, text: string) => boolean;
  readonly base: (path: string) => BaseRelation | null;
  /** The base's file that a file is held against: that of its path, or the first of its folder that it sorts before. */
  readonly baseFile?: (path: string) => SchemaFile | undefined;
  readonly query: (set: number, query: QuerySource) => boolean;
  /** All of it is deployed together. */
  readonly together: boolean;
}

export const EVERYTHING: Changes = {
  schema: () => true,
  base: () => null,
  query: () => true,
  together: false,
};

/** Gives what is new or changed against a git revision or a folder. @throws DiagnosticError with codes that begin with `base-` */
export async function changesSince(
  against: string | undefined,
  project: Project,
  cwd: string,
): Promise<Changes> {
  const { withBase } = await import("./base/base.ts");
  return withBase(against, project, cwd, async (base) => {
    if (base.kind === "database") {
      const { DiagnosticError } = await import("../model/diagnostic.ts");
      throw new DiagnosticError([
        {
          code: "base-kind",
          severity: "error",
          message: "a database has neither migrations nor queries to compare with",
          hint: "Name a git revision or a folder.",
        },
      ]);
    }
    const schema = new Map<string, string>();
    const queries: [number, QuerySource][] = [];
    // An entry that stands in another place is the same.
    const { pairEntries } = await import("./base/pairs.ts");
    const pairs = [...pairEntries(project.config.querySets, base.project.config.querySets)];
    const squashed = new Set<string>();
    for (const [set, other] of pairs)
      for (const path of await squashedBetween(base.project, other, project, set)) squashed.add(path);
    for (const set of base.project.config.querySets) {
      const source = await base.project.source(set);
      for (const file of source.schema) schema.set(file.path, file.text);
      const own = pairs.find(([, theirs]) => theirs === set)?.[0];
      if (own !== undefined) for (const query of source.queries) queries.push([own.index, query]);
    }
    return changesAgainst(schema, queries, squashed);
  });
}

/** Finds the schema files of an entry that took the place of the base's, and lead to the same. */
async function squashedBetween(
  base: Project,
  other: QuerySetConfig,
  head: Project,
  set: QuerySetConfig,
): Promise<ReadonlySet<string>> {
  const { squashedFiles } = await import("./schema/squashed.ts");
  const { readApplied } = await import("./schema/side.ts");
  const [before, now] = [(await base.schema(other)).schema, (await head.schema(set)).schema];
  const read = async (project: Project, { databaseUri }: QuerySetConfig, files: typeof now) =>
    (await readApplied({ project, files, extensions: [], databaseUri })).catalog;
  return squashedFiles(before, now, async () => [
    await read(base, other, before),
    await read(head, set, now),
  ]);
}

/**
 * @param schema the base's schema files, their text by their path
 * @param queries the base's queries, each with the place that its entry has now
 * @param squashed the schema files, by path, that are new and lead to what the base's led to
 */
export function changesAgainst(
  schema: ReadonlyMap<string, string>,
  queries: readonly (readonly [set: number, query: QuerySource])[],
  squashed: ReadonlySet<string> = new Set(),
): Changes {
  const texts = new Set([...schema.values()].map(meaning));
  const inOrder = [...schema.keys()].sort(compareFiles);
  const known = new Set(queries.map(([set, query]) => identity(set, query)));
  return {
    // A file that only moved is none that changed.
    schema: (path, text) => !squashed.has(path) && !texts.has(meaning(text)),
    base: (path) => {
      if (schema.has(path)) return "edited";
      const last = inOrder.findLast((one) => sameFolder(path, one));
      const isEarlier = last !== undefined && compareFiles(path, last) < 0;
      return isEarlier ? "out of order" : null;
    },
    baseFile(path) {
      const other = schema.has(path)
        ? path
        : inOrder.find((one) => sameFolder(path, one) && compareFiles(path, one) < 0);
      return other === undefined ? undefined : { path: other, text: schema.get(other)! };
    },
    query: (set, query) => !known.has(identity(set, query)),
    together: true,
  };
}

/** A tool's instruction in a comment. */
const MARK = /^--+\s*(?:\+goose|\+migrate|migrate:|atlas:|tern:|> statement-breakpoint)/i;

/** The text without its comments and line breaks, and whatever lines end with in a body: that of a migration may be explained, or ignored, later on. */
function meaning(text: string): string {
  return tokenize(text)
    .map((token) => ({ kind: token.kind, text: text.slice(token.start, token.end) }))
    .filter((token) => !token.kind.endsWith("comment") || MARK.test(token.text))
    .map((token) => withoutReturns(token.text))
    .join(" ");
}

function identity(set: number, { name, command, text }: QuerySource): string {
  return JSON.stringify([set, name, command, withoutReturns(text)]);
}

const withoutReturns = (text: string): string => text.replaceAll("\r\n", "\n");

function sameFolder(a: string, b: string): boolean {
  return a.slice(0, a.lastIndexOf("/") + 1) === b.slice(0, b.lastIndexOf("/") + 1);
}
