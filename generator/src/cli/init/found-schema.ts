import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Where a project keeps its schema, and whose files they are. */
export interface FoundSchema {
  /** As `schema:` takes it. */
  readonly path: string;
  /** The tool whose migrations they are, where that is certain. */
  readonly tool: string | null;
}

/** What a project has of a schema. */
export interface SchemaSearch {
  readonly found: FoundSchema | null;
  /** Other places that look like one. */
  readonly others: readonly string[];
  /** What stands in the way, and what helps, for a project whose schema is in no SQL file. */
  readonly hint: string | null;
}

/** Tools that have a folder of their own. */
const TOOL_FOLDERS: readonly (readonly [string, string])[] = [
  ["prisma/migrations", "Prisma"],
  ["supabase/migrations", "Supabase"],
  ["src/main/resources/db/migration", "Flyway"],
];

/** In the order in which the first that has SQL is taken. */
const PLACES = [
  "db/migrations",
  "migrations",
  "database/migrations",
  "sql/migrations",
  "src/db/migrations",
  "src/migrations",
  "src/database/migrations",
  "server/migrations",
  "db/migrate",
  "db/schema",
  "schema",
  "sql/schema",
  "database/schema",
  "db/schema.sql",
  "schema.sql",
  "sql/schema.sql",
  "database/schema.sql",
  "db/structure.sql",
  "structure.sql",
];

/** Looks for a schema or migrations in SQL below the folder, where tools and habits put them. */
export function findSchema(folder: string): SchemaSearch {
  const places: FoundSchema[] = [
    ...TOOL_FOLDERS.map(([path, tool]) => ({ path, tool })),
    ...drizzleFolders(folder),
    ...PLACES.map((path) => ({ path, tool: null })),
  ].filter(({ path }) => hasSql(join(folder, path), 2));
  const [found = null, ...rest] = places;
  // A folder's parent or child says the same twice.
  const others = rest.map(({ path }) => path).filter((path) => path !== found?.path);
  return { found, others, hint: found === null ? hintFor(folder) : null };
}

/** The `out` of drizzle.config.*, `drizzle` unless it says otherwise. */
function drizzleFolders(folder: string): FoundSchema[] {
  const config = ["ts", "js", "mjs", "cjs", "json"]
    .map((ending) => join(folder, `drizzle.config.${ending}`))
    .find((file) => existsSync(file));
  if (config === undefined) return [];
  const out =
    /["']?\bout\b["']?\s*:\s*["'`]([^"'`]+)["'`]/.exec(readFileSync(config, "utf8"))?.[1] ?? "drizzle";
  return [{ path: out.replace(/^\.\//, "").replace(/\/$/, ""), tool: "Drizzle" }];
}

/** Tells whether it is a file of SQL, or a folder with one, at most so many levels below. */
function hasSql(path: string, levels: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return path.endsWith(".sql");
  if (!found?.isDirectory()) return false;
  return readdirSync(path, { withFileTypes: true }).some((entry) =>
    entry.isDirectory()
      ? levels > 1 && hasSql(join(path, entry.name), levels - 1)
      : entry.name.endsWith(".sql"),
  );
}

const DUMP = 'pg_dump --schema-only --no-owner "$DATABASE_URL" > db/schema.sql';

function hintFor(folder: string): string | null {
  const has = (path: string): boolean => existsSync(join(folder, path));
  if (has("prisma/schema.prisma"))
    return "Prisma's schema is not SQL; write it out: npx prisma migrate diff --from-empty --to-schema-datamodel prisma/schema.prisma --script > db/schema.sql";
  for (const path of ["migrations", "src/migrations", "db/migrations", "src/db/migrations"]) {
    if (!has(path) || !statSync(join(folder, path)).isDirectory()) continue;
    if (readdirSync(join(folder, path)).some((name) => /\.[cm]?[jt]s$/.test(name)))
      return `the migrations in ${path}/ are no SQL; write out what they make: ${DUMP}`;
  }
  return null;
}
