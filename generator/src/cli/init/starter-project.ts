import { posix } from "node:path";
import type { Catalog } from "../../model/catalog.ts";
import { quoteIdentifierIfNeeded } from "../../sql/quoting.ts";
import type { Surroundings } from "./surroundings.ts";

/** A schema for those who have none, small, and complete enough that `generate` works at once. */
const SCHEMA = `create table authors (
  id bigint generated always as identity primary key,
  name text not null,
  bio text,
  created_at timestamptz not null default now()
);
`;
const QUERIES = `-- name: GetAuthor :one
select * from authors where id = @id;

-- name: ListAuthors :many
select id, name from authors order by name;

-- name: CreateAuthor :one
insert into authors (name, bio) values (@name, @bio) returning *;

-- name: DeleteAuthor :execrows
delete from authors where id = @id;
`;
/** Holds for any schema; what is there instead once it has been read. */
const ANY_QUERY = `-- name: ServerTime :one
select now() as now;
`;

/** What `init` writes. */
export interface StarterProject {
  readonly files: Readonly<Record<string, string>>;
  /** The file of queries, where it is to be about a table of the project's own. */
  readonly queryFile: string | null;
}

/** The configuration for what the project has, and what it lacks to be generated. */
export function starterProject(around: Surroundings): StarterProject {
  const { found, unwritten } = around.schema;
  const schema = (found ?? unwritten)?.path ?? "db/schema";
  const queries = around.queries ?? posix.join(posix.dirname(schema), "queries");
  const config = configText(around, schema, queries);
  const gitAttributes = around.isInGit ? { ".gitattributes": `${around.out}/*.ts linguist-generated\n` } : {};
  if (found === null && unwritten === null) {
    const files = {
      "sqlc.yaml": config,
      [`${schema}/001_authors.sql`]: SCHEMA,
      [`${queries}/authors.sql`]: QUERIES,
    };
    return { files: { ...files, ...gitAttributes }, queryFile: null };
  }
  const queryFile = around.queries === null ? `${queries}/first.sql` : null;
  const first = queryFile === null ? {} : { [queryFile]: ANY_QUERY };
  // What is not written yet has no table.
  return { files: { "sqlc.yaml": config, ...first, ...gitAttributes }, queryFile: found && queryFile };
}

function configText(around: Surroundings, schema: string, queries: string): string {
  const tool = around.schema.found?.tool;
  return `# yaml-language-server: $schema=${around.configSchema}
version: "2"
sql:
  - engine: postgresql
    schema: ${plain(schema)}${tool ? ` # ${tool}'s migrations, as they are` : ""}
    queries: ${plain(queries)}
options:
  solitude-gen:
    typescript:
      out: ${plain(around.out)}
${around.usesRuntime ? '      driver: "@solitude/runtime"\n' : ""}`;
}

const plain = (path: string): string => (/^[\w./-]+$/.test(path) ? path : JSON.stringify(path));

/** Tables that tools keep their own state in. */
const OF_A_TOOL = /migration|^(?:schema_|goose_|flyway_|atlas_|knex_|databasechangelog|_prisma|ar_internal)/i;

/** Queries on a table of the catalog's, the first that says something; null where there is none. */
export function queriesOn(
  catalog: Catalog,
  names: { pascal(name: string): string; singular(name: string): string },
): string | null {
  const table = catalog.relations.find(
    ({ kind, name, partitionOf }) =>
      (kind === "table" || kind === "partitioned table") && partitionOf === null && !OF_A_TOOL.test(name),
  );
  if (table === undefined) return null;
  const from = `${table.schema === "public" ? "" : `${quoteIdentifierIfNeeded(table.schema)}.`}${quoteIdentifierIfNeeded(table.name)}`;
  const many = `-- name: List${names.pascal(table.name)} :many\nselect * from ${from} limit @page_size;\n`;
  const key = table.columns.find(({ name }) => name === "id");
  if (key === undefined) return many;
  return `-- name: Get${names.pascal(names.singular(table.name))} :one\nselect * from ${from} where id = @id;\n\n${many}`;
}
