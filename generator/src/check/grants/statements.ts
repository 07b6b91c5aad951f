import { quoteIdentifier, quoteLiteral } from "../../sql/quoting.ts";
import { BY_COLUMN, type Rights, type TableRights } from "./rights.ts";

/**
 * SQL that takes every right on the schemas and their tables, sequences and functions from the role, and then gives it what it
 * needs, and nothing else, in one transaction. It can be run again and again; the same input gives the same bytes.
 */
export function grantsFor(role: string, rights: Rights): string {
  return [
    "-- Written by `solitude-gen grants` from the queries: what they need, and nothing else. Apply it after the migrations.\n",
    "begin;\n",
    grantsWithin(role, rights),
    "commit;\n",
  ].join("\n");
}

/** The same statements, to be run in a transaction. */
export function grantsWithin(role: string, { schemas, usable, tables, objects }: Rights): string {
  const to = quoteIdentifier(role);
  const blocks = [
    ...schemas.map((schema) => revocations(quoteIdentifier(schema), to)),
    revocationsOfSystem(tables, objects, to),
    usable.map((schema) => `grant usage on schema ${quoteIdentifier(schema)} to ${to};\n`).join(""),
    ...tables.map((table) => statementsOf(table, to)),
    objects.map((p) => `grant ${p.kind} ${p.object} to ${to};\n`).join(""),
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

function revocations(schema: string, role: string): string {
  return [
    ...["tables", "sequences", "routines"].map(
      (kind) => `revoke all on all ${kind} in schema ${schema} from ${role};\n`,
    ),
    `revoke all on schema ${schema} from ${role};\n`,
  ].join("");
}

/** Of PostgreSQL's own objects those are taken back that are given below, since nobody else's rights on them are this file's. */
function revocationsOfSystem(tables: Rights["tables"], objects: Rights["objects"], role: string): string {
  return [
    ...tables.filter(({ schema }) => SYSTEM.has(schema)).map((table) => nameOf(table)),
    ...objects.flatMap(({ kind, object }) =>
      kind === "execute on function" && object.startsWith("pg_catalog.") ? [`function ${object}`] : [],
    ),
  ]
    .map((object) => `revoke all on ${object} from ${role};\n`)
    .join("");
}

const SYSTEM: ReadonlySet<string> = new Set(["pg_catalog", "information_schema"]);

const nameOf = ({ schema, name }: TableRights): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

function statementsOf(rights: TableRights, to: string): string {
  const { columns, whole, maintainsWherePossible } = rights;
  const table = nameOf(rights);
  const statements = BY_COLUMN.flatMap((kind) => {
    const list = columns[kind].map(quoteIdentifier).join(", ");
    return list === "" ? [] : [`grant ${kind} (${list}) on ${table} to ${to};\n`];
  });
  statements.push(...whole.map((kind) => `grant ${kind} on ${table} to ${to};\n`));
  if (maintainsWherePossible) statements.push(maintain(table, to));
  return statements.join("");
}

/** Older servers do not know the word. */
function maintain(table: string, to: string): string {
  const statement = `grant maintain on ${table} to ${to}`;
  const body = `begin if current_setting('server_version_num')::int >= 170000 then execute ${quoteLiteral(statement)}; end if; end`;
  const quote = dollarQuote(body);
  return `do ${quote} ${body} ${quote};\n`;
}

function dollarQuote(body: string): string {
  for (let n = 0; ; n++) {
    const quote = n === 0 ? "$$" : `$q${n}$`;
    if (!body.includes(quote)) return quote;
  }
}

/** Always quoted: which words must be differs between versions. */
