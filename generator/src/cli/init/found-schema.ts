import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { dependencyOf, readManifest } from "./manifest.ts";

/** Where a project keeps its schema, and whose files they are. */
export interface FoundSchema {
  /** As `schema:` takes it. */
  readonly path: string;
  /** The tool whose migrations they are, where that is certain. */
  readonly tool: string | null;
}

/** A schema that no file has in SQL yet. */
export interface UnwrittenSchema {
  /** Where it will be, as `schema:` takes it. */
  readonly path: string;
  /** What writes it. */
  readonly command: string;
  /** Whether that is a command of a package that the project has. */
  readonly isOfPackage: boolean;
  readonly why: string;
}

/** What a project has of a schema. */
export interface SchemaSearch {
  readonly found: FoundSchema | null;
  /** Other places that look like one. */
  readonly others: readonly string[];
  /** Where none was found, and the project's tool can write it. */
  readonly unwritten: UnwrittenSchema | null;
}

/** Tools that have a folder of their own. */
const TOOL_FOLDERS: readonly (readonly [string, string])[] = [
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
  "server/db/migrations",
  "server/database/migrations",
  "db/migrate",
  "db/migration",
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
    { path: prismaOf(folder).migrations, tool: "Prisma" },
    ...TOOL_FOLDERS.map(([path, tool]) => ({ path, tool })),
    ...drizzleFolders(folder),
    ...PLACES.map((path) => ({ path, tool: null })),
  ].filter(({ path }) => hasSql(join(folder, path), 2));
  const [found = null, ...rest] = places;
  // A folder's parent or child says the same twice.
  const others = rest.map(({ path }) => path).filter((path) => path !== found?.path);
  return { found, others, unwritten: found === null ? unwrittenSchema(folder) : null };
}

/** A package below, or a project of Nx's, that has a schema of its own. */
export interface PackageWithSchema {
  readonly folder: string;
  /** Where it has it, seen from above; null where its tool has yet to write it. */
  readonly schema: string | null;
}

/** Gives which of these folders below have a schema of their own. */
export function schemasOfPackages(folder: string, below: Iterable<string>): PackageWithSchema[] {
  return [...below]
    .filter((path) => ["package.json", "project.json"].some((file) => existsSync(join(folder, path, file))))
    .flatMap((path) => {
      const { found, unwritten } = findSchema(join(folder, path));
      if (found === null && unwritten === null) return [];
      return [{ folder: path, schema: found && posix.join(path, found.path) }];
    });
}

/** Gives the folders that workspaces usually have their packages in, as far as they are here. */
export function packageFolders(folder: string): string[] {
  return ["packages", "apps", "libs", "services"].flatMap((parent) => {
    const path = join(folder, parent);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
    return readdirSync(path).map((name) => `${parent}/${name}`);
  });
}

/** Gives the text of a tool's configuration, whatever it is written in; undefined where there is none. */
function configOf(folder: string, tool: string): string | undefined {
  const file = ["ts", "mts", "cts", "js", "mjs", "cjs", "json"]
    .map((ending) => join(folder, `${tool}.config.${ending}`))
    .find((path) => existsSync(path));
  return file === undefined ? undefined : readFileSync(file, "utf8");
}

const plain = (path: string): string => path.replace(/^\.\//, "").replace(/\/$/, "");

/** The `out` of drizzle.config.*, `drizzle` unless it says otherwise. */
function drizzleFolders(folder: string): FoundSchema[] {
  const config = configOf(folder, "drizzle");
  if (config === undefined) return [];
  const out = /["']?\bout\b["']?\s*:\s*["'`]([^"'`]+)["'`]/.exec(config)?.[1] ?? "drizzle";
  return [{ path: plain(out), tool: "Drizzle" }];
}

/** A path as a configuration in JavaScript says it: a text, or `path.join` of some. */
const PATH = /(?:["'`]([^"'`]+)["'`]|(?:path\.)?(?:posix\.)?join\(([^)]*)\))/.source;
const pathOf = (found: RegExpExecArray | null): string | undefined =>
  found?.[1] ?? found?.[2]?.replaceAll(/["'`\s]/g, "").replaceAll(",", "/");

/** Gives where Prisma has its migrations and its schema, by prisma.config.* or by habit; no schema where there is none. */
function prismaOf(folder: string): { readonly migrations: string; readonly schema: string | undefined } {
  const config = configOf(folder, "prisma") ?? "";
  const migrations = pathOf(
    new RegExp(`\\bmigrations\\s*:\\s*\\{[^}]*?\\bpath\\s*:\\s*${PATH}`).exec(config),
  );
  const schema = pathOf(new RegExp(`\\bschema\\s*:\\s*${PATH}`).exec(config));
  const known = [schema, "prisma/schema.prisma", "prisma/schema", "schema.prisma"].map((path) =>
    path === undefined ? "" : plain(path),
  );
  return {
    migrations: plain(migrations ?? "prisma/migrations"),
    schema: known.find((path) => path !== "" && existsSync(join(folder, path))),
  };
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

/** Where a schema goes that a command writes: into the folder itself, which is there. */
const WRITTEN = "schema.sql";

/** Folders of migrations that are programs. */
const PROGRAMS = [
  "migrations",
  "src/migrations",
  "migration",
  "src/migration",
  "db/migrations",
  "src/db/migrations",
  "database/migrations",
  "src/database/migrations",
];

function unwrittenSchema(folder: string): UnwrittenSchema | null {
  const { schema } = prismaOf(folder);
  if (schema !== undefined)
    return {
      path: WRITTEN,
      command: `prisma migrate diff --from-empty ${isBeforePrisma7(folder) ? `--to-schema-datamodel ${schema} --script >` : `--to-schema ${schema} --script --output`} ${WRITTEN}`,
      isOfPackage: true,
      why: "Prisma's schema is not SQL: writes it out",
    };
  const [drizzle] = drizzleFolders(folder);
  if (drizzle !== undefined)
    return {
      path: drizzle.path,
      command: "drizzle-kit generate",
      isOfPackage: true,
      why: `Drizzle's schema is not SQL: writes it to ${drizzle.path}`,
    };
  for (const path of PROGRAMS) {
    if (!statSync(join(folder, path), { throwIfNoEntry: false })?.isDirectory()) continue;
    if (readdirSync(join(folder, path)).some((name) => /\.[cm]?[jt]s$/.test(name)))
      return {
        path: WRITTEN,
        command: `pg_dump --schema-only --no-owner "$DATABASE_URL" > ${WRITTEN}`,
        isOfPackage: false,
        why: `the migrations in ${path}/ are no SQL: writes out what they make`,
      };
  }
  return null;
}

/** Tells whether the project's Prisma has the option that version 7 took away. */
function isBeforePrisma7(folder: string): boolean {
  const asked = dependencyOf(readManifest(folder), "prisma");
  const major = /\d+/.exec(readManifest(join(folder, "node_modules/prisma"))?.version ?? asked ?? "")?.[0];
  return major !== undefined && Number(major) < 7;
}
