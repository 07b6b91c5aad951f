import { quoteIdentifier, quoteLiteral } from "../../sql/quoting.ts";
import { BY_COLUMN, type Rights, type TableRights } from "./rights.ts";

/**
 * SQL that takes every right on the schemas and their tables, sequences and functions from the role, and then gives it what it
 * needs, and nothing else, in one transaction. It can be run again and again; the same input gives the same bytes.
 */
export function grantsFor(role: string, { schemas, usable, tables, objects }: Rights): string {
  const to = quoteIdentifier(role);
  const blocks = [
    "-- Written by `solitude-gen grants` from the queries: what they need, and nothing else. Apply it after the migrations.\n",
    "begin;\n",
    ...schemas.map((schema) => revocations(quoteIdentifier(schema), to)),
    usable.map((schema) => `grant usage on schema ${quoteIdentifier(schema)} to ${to};\n`).join(""),
    ...tables.map((table) => statementsOf(table, to)),
    objects.map((p) => `grant ${p.kind} ${p.object} to ${to};\n`).join(""),
    "commit;\n",
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

function statementsOf(
  { schema, name, columns, whole, maintainsWherePossible }: TableRights,
  to: string,
): string {
  const table = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
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
