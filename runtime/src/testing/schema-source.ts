import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** SQL itself, or the file or folder that it is in; several are applied one after the other. */
export type SchemaSource =
  | { readonly sql: string | readonly string[] }
  | { readonly files: string | URL | readonly (string | URL)[] };

/** Where the half of a migration begins that undoes it, as migration tools mark it. */
const DOWN = /^--\s*(?:migrate:down|\+(?:goose|migrate)\s+down|rambler\s+down|undo)\b/im;
/** psql's own commands in a dump, which restrict what it may do. */
const OF_PSQL = /^\\(?:un)?restrict .*$/gm;

/** Gives the schema's SQL, a file each. @throws Error where a file has what would undo it */
export function readSchema(source: SchemaSource): string[] {
  if ("sql" in source) return [source.sql].flat();
  return [source.files]
    .flat()
    .flatMap((file) => readFiles(file instanceof URL ? fileURLToPath(file) : String(file)));
}

function readFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [readOne(path)];
  // In the order of the migrations' numbers and times, as their tools have it.
  const inside = readdirSync(path, { withFileTypes: true }).sort((a, b) =>
    a.name.localeCompare(b.name, "en", { numeric: true }),
  );
  const sql = inside.flatMap((entry) => {
    const at = join(path, entry.name);
    if (entry.isDirectory()) return readFiles(at);
    return entry.name.endsWith(".sql") && !/\.(?:down|undo)\.sql$/.test(entry.name) ? [readOne(at)] : [];
  });
  return sql;
}

function readOne(path: string): string {
  const sql = readFileSync(path, "utf8");
  if (DOWN.test(sql))
    throw new Error(
      `${path} says how to undo it, too: \`emit_schema: true\` of solitude-gen writes what is to be applied`,
    );
  return sql.replace(OF_PSQL, "");
}
