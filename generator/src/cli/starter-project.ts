/** What `init` writes: small, and complete enough that `generate` works at once. */
export const STARTER_FILES: Readonly<Record<string, string>> = {
  "sqlc.yaml": `# yaml-language-server: $schema=./node_modules/solitude-gen/schema.json
version: "2"
sql:
  - engine: postgresql
    schema: db/schema
    queries: db/queries
options:
  solitude-gen:
    typescript:
      out: src/db
`,
  "db/schema/001_authors.sql": `create table authors (
  id bigint generated always as identity primary key,
  name text not null,
  bio text,
  created_at timestamptz not null default now()
);
`,
  "db/queries/authors.sql": `-- name: GetAuthor :one
select * from authors where id = @id;

-- name: ListAuthors :many
select id, name from authors order by name;

-- name: CreateAuthor :one
insert into authors (name, bio) values (@name, @bio) returning *;

-- name: DeleteAuthor :execrows
delete from authors where id = @id;
`,
};
