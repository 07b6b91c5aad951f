import type { ObjectPrivilege, Privilege, Query } from "../../model/query.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import { type Engine, PostgresError, type Row } from "../../postgres/engine.ts";
import { isComment, type Token, tokenize } from "../../sql/lexer.ts";
import { nameOf } from "../../sql/quoting.ts";

/** The right on a sequence that is its first argument. */
const ON_SEQUENCE: ReadonlyMap<string, ObjectPrivilege["kind"]> = new Map([
  ["nextval", "usage on sequence"],
  ["currval", "usage on sequence"],
  ["setval", "update on sequence"],
  ["pg_sequence_last_value", "usage on sequence"],
  ["pg_sequence_parameters", "usage on sequence"],
]);
/** What reads all of the table that is its first argument. */
const ON_TABLE: ReadonlySet<string> = new Set(["table_to_xml", "table_to_xml_and_xmlschema"]);
/** What executes a query, by which of its arguments that is. */
const ON_QUERY: ReadonlyMap<string, number> = new Map([
  ["query_to_xml", 0],
  ["query_to_xmlschema", 0],
  ["query_to_xml_and_xmlschema", 0],
  ["ts_stat", 0],
  ["ts_rewrite", 1],
  ["crosstab", 0],
]);
/** The types whose values are names of what is looked up in a schema. */
const OF_NAMES = /^reg(?:class|proc|procedure|oper|operator|type|config|dictionary|collation)$/;
/** What asks for a right on a large object, of which each has its own. */
const ON_LARGE_OBJECT: ReadonlySet<string> = new Set(["lo_get", "lo_put", "lo_open", "lo_unlink"]);
/** Of what an argument is made whose value is known before the statement is sent, beside texts. */
const CONSTANT = /^(?:pg_catalog|pg_get_serial_sequence|regclass|text|varchar|cast|as|\(|\)|,|\.|::|\|\|)$/;

interface Call {
  readonly name: string;
  /** As it is written. */
  readonly argument: string;
  readonly isConstant: boolean;
}

/**
 * Says of a statement which rights depend on its values, so that nobody knows them before.
 * @param isShut whether there are schemas that the role cannot look into
 * @param draws whether the role has a right on any sequence
 */
export function rightsByValue({ sql, params }: Query, isShut: boolean, draws: boolean): string[] {
  const calls = callsIn(sql.text);
  const isVariable = (names: (name: string) => boolean): boolean =>
    calls.some(({ name, isConstant }) => names(name) && !isConstant);
  const said = [
    ...(isVariable((name) => ON_TABLE.has(name)) ? ["a value says which table it reads"] : []),
    ...(isVariable((name) => ON_QUERY.has(name)) ? ["a value says which query it executes"] : []),
    ...(isVariable((name) => ON_SEQUENCE.has(name)) ? ["a value says which sequence it uses"] : []),
    ...(calls.some(({ name }) => ON_LARGE_OBJECT.has(name))
      ? ["each large object has rights of its own, and an owner"]
      : []),
    ...(!draws && calls.some(({ name }) => name === "lastval")
      ? ["what was drawn from last says which sequence it reads"]
      : []),
  ];
  const mayName = isShut && params.some(({ display }) => OF_NAMES.test(display));
  return said.length === 0 && mayName
    ? ["a value may name something in a schema that the role may not look into"]
    : said;
}

/**
 * Gives the rights that a statement asks for by what its texts name, and to look that up: sequences, by constants and by what `pg_get_serial_sequence`
 * says, tables, and queries that functions execute.
 */
export async function privilegesNamed(
  text: string,
  engine: Engine,
  reader: CatalogReader,
): Promise<Privilege[]> {
  const found: Privilege[] = [];
  for (const { name, argument, isConstant } of callsIn(text)) {
    if (!isConstant) continue;
    const kind = ON_SEQUENCE.get(name);
    const object = kind === undefined ? null : await sequenceOf(argument, engine);
    if (kind !== undefined && object !== null)
      found.push({ kind, object: object.sequence }, { kind: "usage on schema", object: object.schema });
    if (ON_TABLE.has(name)) found.push(...(await wholeTable(argument, engine)));
    if (ON_QUERY.has(name)) found.push(...(await askedByQuery(argument, engine, reader)));
  }
  return found;
}

/** The right to read all columns of a table that a text names. */
async function wholeTable(argument: string, engine: Engine): Promise<Privilege[]> {
  const [row] = await asked(
    `select n.nspname::text as schema, c.relname::text as "table", array_agg(a.attname::text order by a.attname) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.oid = to_regclass((${argument})::text) group by 1, 2`,
    engine,
  );
  if (row === undefined) return [];
  const { schema, table, columns } = row as { schema: string; table: string; columns: string[] };
  return [{ kind: "select", schema, table, columns }];
}

async function askedByQuery(argument: string, engine: Engine, reader: CatalogReader): Promise<Privilege[]> {
  const [row] = await asked(`select (${argument})::text as query`, engine);
  if (typeof row?.query !== "string") return [];
  const { treeOfText } = await import("../../analysis/analyze-query.ts");
  const { privilegesOf } = await import("../../infer/privileges.ts");
  try {
    const tree = await treeOfText(row.query, engine, reader);
    if (tree === null) return [];
    const { privileges, privilegesWithin = [] } = privilegesOf(tree.query, reader);
    return [...privileges, ...privilegesWithin];
  } catch (error) {
    if (error instanceof PostgresError) return [];
    throw error;
  }
}

async function sequenceOf(
  argument: string,
  engine: Engine,
): Promise<{ readonly sequence: string; readonly schema: string } | null> {
  const [row] = await asked(
    `select quote_ident(n.nspname) as schema, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as sequence from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.oid = to_regclass((${argument})::text) and c.relkind = 'S'`,
    engine,
  );
  return row === undefined ? null : { sequence: String(row.sequence), schema: String(row.schema) };
}

/** Asks what depends on an author's expression; nothing where PostgreSQL refuses that. */
async function asked(sql: string, engine: Engine): Promise<Row[]> {
  try {
    return await engine.run(sql);
  } catch (error) {
    if (error instanceof PostgresError) return [];
    throw error;
  }
}

/** Tells whether the texts of a statement may name what analysis has not seen. */
export const mayNameByTexts = (text: string): boolean => callsIn(text).some(({ name }) => namesByText(name));

const namesByText = (name: string): boolean =>
  ON_SEQUENCE.has(name) || ON_TABLE.has(name) || ON_QUERY.has(name);

const isAsked = (name: string): boolean =>
  namesByText(name) || ON_LARGE_OBJECT.has(name) || name === "lastval";

/** Finds the calls of functions that ask for a right on what one of their arguments names. */
function callsIn(text: string): Call[] {
  const tokens = tokenize(text).filter((token) => !isComment(token));
  const written = ({ start, end }: Token): string => text.slice(start, end);
  return tokens.flatMap((token, i): Call[] => {
    const name = token.kind === "word" || token.kind === "quoted" ? nameOf(written(token)) : "";
    const open = tokens[i + 1];
    if (!isAsked(name) || open === undefined || written(open) !== "(") return [];
    if (name === "lastval") return [{ name, argument: "", isConstant: true }];
    const given = argumentsOf(tokens.slice(i + 2), written);
    // Of three texts the second is none.
    if (name === "ts_rewrite" && given.length !== 2) return [];
    const parts = given[ON_QUERY.get(name) ?? 0] ?? [];
    if (parts.length === 0) return [];
    const isConstant = parts.every((part) => part.kind === "string" || CONSTANT.test(nameOf(written(part))));
    const argument = text.slice(parts[0]!.start, parts.at(-1)!.end);
    return [{ name, argument, isConstant }];
  });
}

/** Cuts what stands behind an opening bracket at its commas, up to the closing one. */
function argumentsOf(tokens: readonly Token[], written: (token: Token) => string): Token[][] {
  const found: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    const text = written(token);
    if (depth === 0 && text === ")") break;
    if (depth === 0 && text === ",") found.push([]);
    else found.at(-1)!.push(token);
    depth += text === "(" ? 1 : text === ")" ? -1 : 0;
  }
  return found;
}
