import type { ObjectPrivilege } from "../../model/query.ts";
import { quoteIdentifier, quoteLiteral } from "../../sql/quoting.ts";
import { functionMeant, isOfSystem, mayDiffer, mayLackColumns } from "./other-versions.ts";
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
    objects.map((p) => grantOn(p, to)).join(""),
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
  const ofTables = tables.flatMap((table) => {
    if (!isOfSystem(table.schema)) return [];
    const statement = `revoke all on ${nameOf(table)} from ${role}`;
    return mayLackColumns(table)
      ? [doBlock("", `if to_regclass(${quoteLiteral(nameOf(table))}) is not null then ${statement}; end if;`)]
      : [`${statement};\n`];
  });
  const ofFunctions = objects.flatMap((one) => {
    if (one.kind !== "execute on function" || !one.object.startsWith("pg_catalog.")) return [];
    return mayDiffer(one)
      ? [onEachMeant(one.object, "revoke all on function %s from", role)]
      : [`revoke all on function ${one.object} from ${role};\n`];
  });
  return [...ofTables, ...ofFunctions].join("");
}

const grantOn = (p: ObjectPrivilege, to: string): string =>
  mayDiffer(p)
    ? onEachMeant(p.object, "grant execute on function %s to", to)
    : `grant ${p.kind} ${p.object} to ${to};\n`;

/** @param statement what is done to each function, `%s`, for the role that is named behind it */
const onEachMeant = (signature: string, statement: string, role: string): string =>
  doBlock(
    "f regprocedure;",
    `for f in select p.oid from pg_proc p where ${functionMeant(signature)} loop execute format(${quoteLiteral(`${statement} %s`)}, f, ${quoteLiteral(role)}); end loop;`,
  );

const nameOf = ({ schema, name }: TableRights): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

function statementsOf(rights: TableRights, to: string): string {
  const { columns, whole, maintainsWherePossible } = rights;
  const table = nameOf(rights);
  const statements = BY_COLUMN.flatMap((kind) => {
    const list = columns[kind].map(quoteIdentifier).join(", ");
    if (list === "") return [];
    return [
      mayLackColumns(rights)
        ? onColumns(kind, columns[kind], rights, to)
        : `grant ${kind} (${list}) on ${table} to ${to};\n`,
    ];
  });
  statements.push(...whole.map((kind) => `grant ${kind} on ${table} to ${to};\n`));
  if (maintainsWherePossible) statements.push(maintain(table, to));
  return statements.join("");
}

/** Older servers do not know the word. */
function maintain(table: string, to: string): string {
  const statement = `grant maintain on ${table} to ${to}`;
  return doBlock(
    "",
    `if current_setting('server_version_num')::int >= 170000 then execute ${quoteLiteral(statement)}; end if;`,
  );
}

/** Grants those of the columns that a server has. */
function onColumns(kind: string, columns: readonly string[], table: TableRights, to: string): string {
  const name = nameOf(table);
  const statement = quoteLiteral(`grant ${kind} (%I) on ${name.replaceAll("%", "%%")} to %s`);
  return doBlock(
    "c name;",
    `for c in select a.attname from pg_attribute a where a.attrelid = to_regclass(${quoteLiteral(name)}) and a.attname in (${columns.map(quoteLiteral).join(", ")}) loop execute format(${statement}, c, ${quoteLiteral(to)}); end loop;`,
  );
}

function doBlock(declared: string, work: string): string {
  const body = `${declared === "" ? "" : `declare ${declared} `}begin ${work} end`;
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
