import { once } from "../../model/once.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import { tokenize } from "../../sql/lexer.ts";
import { quoteLiteral } from "../../sql/quoting.ts";
import type { Catalog, Routine } from "../schema/catalog.ts";
import { compareCatalogs } from "../schema/compare.ts";
import { isParsed } from "./concerns/body-writes.ts";

/** Works on a database that has the schema of one side. */
type OnSide = <T>(work: (engine: Engine) => Promise<T>) => Promise<T>;

/**
 * Finds the routines in SQL whose bodies are written otherwise and mean the same: as a text on one side and as `return …` on the other, or in other
 * words for the same tree. PostgreSQL reads both, and prints them.
 * @returns the keys of what both schemas have
 */
export async function sameBodies(
  [before, after]: readonly [Catalog, Catalog],
  sides: readonly [OnSide, OnSide],
): Promise<ReadonlySet<string>> {
  const pairs = compareCatalogs(before, after).changed.flatMap(({ from, to, properties }) =>
    isOfSql(from) && isOfSql(to) && properties.every((name) => BODY.has(name)) ? [[from, to] as const] : [],
  );
  if (pairs.length === 0) return new Set();
  const [was, is] = await Promise.all(
    sides.map((onSide, i) =>
      onSide((engine) =>
        printed(
          engine,
          pairs.map((pair) => pair[i]!),
        ),
      ),
    ),
  );
  return new Set(
    pairs.flatMap(([{ key }]) => {
      const text = was!.get(key);
      return text !== undefined && text === is!.get(key) ? [key] : [];
    }),
  );
}

const BODY: ReadonlySet<string> = new Set(["body", "definition"]);

/** Tells whether names in its body mean what they mean where it is made: with settings of its own they may mean something else. */
const isOfSql = (object: { readonly kind: string }): object is Routine => {
  if (object.kind !== "function" && object.kind !== "procedure") return false;
  const { language, attributes } = (object as Routine).properties;
  return language === "sql" && !attributes.some((one) => one.startsWith("set "));
};

/** Gives the bodies by key as PostgreSQL prints what it has read; none of one that it cannot read before it runs. */
async function printed(engine: Engine, routines: readonly Routine[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  // Before 14 there are none.
  if (engine.version < 140000) return found;
  await engine.run("begin");
  try {
    for (const { key, identity, properties } of routines) {
      const written = asTree(properties);
      const body = written === null ? null : await bodyOf(engine, identity, written);
      if (body !== null) once(found, key, () => asQuery(body));
    }
    return found;
  } finally {
    await engine.run("rollback");
  }
}

/** Gives the statement that makes the routine with a body that is read at once, where it has a text; "" where it has one already. */
function asTree({ definition, body }: Routine["properties"]): string | null {
  if (isParsed(body)) return "";
  const head = /^([\s\S]*?\n)AS \$(\w*)\$/.exec(definition)?.[1];
  return head === undefined ? null : `${head}begin atomic ${body}\n; end`;
}

async function bodyOf(engine: Engine, identity: string, create: string): Promise<string | null> {
  await engine.run("savepoint body");
  try {
    if (create !== "") await engine.run(create);
    const rows = await engine.run(
      `select pg_get_function_sqlbody(${quoteLiteral(identity)}::regprocedure) as body`,
    );
    return typeof rows[0]?.body === "string" ? rows[0].body : null;
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    return null;
  } finally {
    await engine.run("rollback to body");
  }
}

/** Writes `return …` as the query that gives the same. */
function asQuery(body: string): string {
  const own = /^RETURN ([\s\S]*)$/.exec(body)?.[1];
  const within = own === undefined ? undefined : /^\(\s*(SELECT [\s\S]*)\)$/.exec(own)?.[1];
  if (within !== undefined && isOneQuery(within) && givesOneRow(within)) return plain(within);
  if (own !== undefined) return plain(`SELECT ${own}`);
  const only = /^BEGIN ATOMIC\s+([\s\S]*?);\s*END$/.exec(body)?.[1];
  if (only === undefined || /;\n/.test(only)) return body;
  return plain(only);
}

/** Writes a query on one line; the name of the one value, where nothing is read for it, is nobody's. */
function plain(query: string): string {
  const words = tokenize(query).map(({ start, end }) => query.slice(start, end));
  const isNamed = words.at(-2) === "AS" && !words.includes("FROM");
  return words.slice(0, isNamed ? -2 : undefined).join(" ");
}

/** Tells whether a text that begins and ends with a bracket around it is one query, and not two of them with something between. */
function isOneQuery(text: string): boolean {
  let depth = 0;
  for (const { start, end } of tokenize(text)) {
    const word = text.slice(start, end);
    if (word === "(") depth++;
    if (word === ")" && --depth < 0) return false;
  }
  return depth === 0;
}

/** Tells whether a query gives one row at most: where there are more, a value is refused, and a function gives the first. */
const givesOneRow = (query: string): boolean =>
  !/\bFROM\b/.test(query) ||
  /\bLIMIT 1\s*$/.test(query) ||
  (/^SELECT (?:COALESCE\()?(?:count|max|min|sum|avg|bool_and|bool_or|every|array_agg|string_agg|jsonb?_agg)\(/.test(
    query,
  ) &&
    !/\b(?:GROUP BY|OVER|UNION|INTERSECT|EXCEPT)\b/.test(query));
