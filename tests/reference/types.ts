import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../generator/bin/solitude-gen.js", import.meta.url));

const TYPES =
  `bool|int2|int4|int8|numeric|float4|float8|oid|text|varchar|bpchar|"char"|name|uuid|bytea|json|jsonb|date|time|timetz|timestamp|timestamptz|interval|money|inet|cidr|macaddr|macaddr8|bit|varbit|xml|tsvector|tsquery|point|line|lseg|box|path|polygon|circle|int4range|int8range|numrange|daterange|tsrange|tstzrange|int4multirange|tstzmultirange|pg_lsn|regclass|int2vector|oidvector|text[]|int4[]|timestamptz[]|color|color[]|email|address|citext|hstore`.split(
    "|",
  );
const SCHEMA = `create extension citext; create extension hstore;
create type color as enum ('red', 'green');
create domain email as text check (value like '%@%');
create type address as (street text, number int4);
create table everything (${TYPES.map((type, i) => `c${i} ${type} not null`).join(", ")});
create table checked (size text not null check (size in ('s', 'm', 'l')));
`;
/** By the name of the column on the page. */
const OPTIONS: Readonly<Record<string, object>> = {
  "by default": {},
  "int8: bigint, numeric: number, json: unknown, ranges: string, dates: date": {
    int8: "bigint",
    numeric: "number",
    json: "unknown",
    ranges: "string",
    date: "date",
    timestamp: "date",
    timestamptz: "date",
  },
  "int8: number, dates: temporal": {
    int8: "number",
    date: "temporal",
    timestamp: "temporal",
    timestamptz: "temporal",
  },
};

/** The page of types, as the tool itself says that it reads them. */
export function typesPage(): string {
  const folder = mkdtempSync(join(tmpdir(), "types-"));
  try {
    const sql = Object.values(OPTIONS).map((options, i) => ({
      engine: "postgresql",
      schema: "schema.sql",
      queries: "queries.sql",
      gen: { typescript: { out: `out${i}`, ...options } },
    }));
    writeFileSync(join(folder, "sqlc.json"), JSON.stringify({ version: "2", sql }));
    writeFileSync(join(folder, "schema.sql"), SCHEMA);
    writeFileSync(
      join(folder, "queries.sql"),
      "-- name: E :one\nselect * from everything;\n-- name: C :one\nselect * from checked;\n",
    );
    const ran = spawnSync(process.execPath, [CLI, "--quiet", "analyze", "--json"], {
      cwd: folder,
      encoding: "utf8",
    });
    if (ran.status !== 0) throw new Error(ran.stderr);
    const { queries } = JSON.parse(ran.stdout) as {
      queries: { querySet: number; name: string; columns: { tsType: string; type: string }[] }[];
    };
    const of = (name: string) =>
      queries.filter((query) => query.name === name).toSorted((a, b) => a.querySet - b.querySet);
    const everything = of("E");
    const cell = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``;
    const rows = TYPES.map((type, i) => {
      const [first = "", ...others] = everything.map(({ columns }) => columns[i]!.tsType);
      return `| ${cell(type)} | ${cell(first)} | ${others.map((other) => (other === first ? "" : cell(other))).join(" | ")} |\n`;
    });
    return `# Types

What a column that cannot be NULL is in TypeScript; one that can is \`T | null\`. Where nothing stands in a column, it is as by default.

| PostgreSQL | ${Object.keys(OPTIONS).join(" | ")} |
| - | ${Object.keys(OPTIONS)
      .map(() => "-")
      .join(" | ")} |
${rows.join("")}
\`vector\`, pgvector's, is \`number[]\`. Types that are not listed are \`string\`, PostgreSQL's own text: nothing of them is lost. \`color\` stands for any enum, \`email\` for any domain, \`address\` for any composite
type; each has its own TypeScript type. \`check (size in ('s', 'm', 'l'))\` on a column makes it ${cell(of("C")[0]!.columns[0]!.tsType)}.

## Why so

- **\`int8\` and \`numeric\` are strings**, since a \`number\` holds neither; \`int8: bigint\` or \`number\` (an error beyond the safe integers) and \`numeric: number\` (rounds) say otherwise.
- **Times are ISO 8601**, as \`to_json\` writes them: no microsecond is lost, and JSON that an endpoint answers with stays a form that its clients read. \`date\` (a \`Date\`) drops
  microseconds; \`temporal\` keeps them and needs the global \`Temporal\`; \`string\` is PostgreSQL's own text.
- **Arrays may hold NULL** and say so, until it is proven that they do not (\`array_agg\` of what cannot be NULL).
- **JSON that a query builds has a type** (\`json_build_object\`, \`json_agg\`, \`to_json\` of rows); of stored JSON nothing is known: \`Json\`, or a type of yours by \`overrides\`.

One column, one type or one query can have another type: \`overrides\` in the [configuration](configuration.md).
`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
