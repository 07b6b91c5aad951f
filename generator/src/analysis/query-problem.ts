import { nearest } from "../diagnostics/suggestion.ts";
import type { Diagnostic, Span } from "../model/diagnostic.ts";
import type { QuerySource } from "../model/source.ts";
import type { Engine, PostgresError } from "../postgres/engine.ts";
import { quoteLiteral } from "../sql/quoting.ts";
import { wordEnd } from "../sql/words.ts";
import { paramOffset } from "./commands.ts";
import { habitHint } from "./habits.ts";
import { lookAlike } from "./look-alike.ts";
import { extensionToCreate } from "./schema/extension-objects.ts";
import { type MissingName, missingName } from "./schema/missing-name.ts";
import { columnOfOlder } from "./target-version.ts";

/** What of an engine is needed to say what was meant. */
type AskedEngine = Pick<Engine, "run" | "describe" | "isEmbedded" | "version">;

interface Refused {
  readonly diagnostics: readonly Diagnostic[];
}

export function emptyProblem(source: QuerySource): Refused {
  return problem(source, "query-empty", `query "${source.name}" has no statement`, undefined, null);
}

/** Gives what the grammar refuses. */
export function syntaxProblem(source: QuerySource, { message }: Error, offset: number | null): Refused {
  const before = offset === null ? "" : source.text.slice(0, offset);
  const rest = offset === null ? "" : source.text.slice(offset);
  // The parser is WebAssembly, whose stack's end is the host's word.
  if (/call stack|recursion/i.test(message))
    return problem(source, "query-syntax", "the statement nests too deeply to be read", DEEP, null);
  return problem(
    source,
    "query-syntax",
    withNames(source, message),
    habitHint(message, source.text, offset) ?? syntaxHint(source, before, rest),
    offset,
  );
}

/** The hint where a statement is too deep for the embedded PostgreSQL. */
const DEEP =
  "The embedded PostgreSQL has less stack than a server. Write it flatter (a list for `in`, `any` of an array, `values`), or have a server analyse it: `database: { uri: … }`.";

/** What stands behind a cast's colons most of the time. */
const A_TYPE =
  /^(?:text|varchar|int[248]?|integer|bigint|smallint|numeric|decimal|float[48]?|real|double|bool(?:ean)?|date|time(?:stamp)?(?:tz)?|interval|uuid|jsonb?|bytea)$/i;

function syntaxHint(source: QuerySource, before: string, rest: string): string | undefined {
  const colon = /^:([A-Za-z_]\w*)/.exec(rest)?.[1];
  if (colon !== undefined && /[\w")\]]$/.test(before) && A_TYPE.test(colon))
    return `A cast has two colons: \`::${colon}\`.`;
  if (colon !== undefined) return `Parameters are written \`@${colon}\` or \`sqlc.arg(${colon})\`.`;
  if (/^\$\{/.test(rest)) return "A query is no template: write what changes as a parameter, `@name`.";
  if (/`/.test(before.slice(-40)) && !before.includes("'"))
    return "Names are quoted with double quotes in PostgreSQL.";
  if (/^:=/.test(rest)) return "`=` assigns in SQL.";
  // An operator that ends so wants something behind it.
  if (/(?:^|[^?|&])\?\s*$/.test(before)) return "Parameters are written `@name`, or `$1`, `$2` and so on.";
  if (/^(?:\s*$|[),;])/.test(rest) && /@\s*$/.test(before))
    return "A parameter has a name, right behind its `@`: `@name`.";
  const alike = lookAlike(rest);
  if (alike !== undefined) return alike;
  const number = /^\$(\d+)/.exec(rest)?.[1];
  if (number !== undefined) {
    const name = written(source, Number(number));
    const type = /\b(interval|date|time|timestamp|timestamptz|numeric|json|jsonb|uuid|inet)\s*$/i.exec(
      before,
    )?.[1];
    return type !== undefined
      ? `In front of a parameter a type is a cast behind it: \`${name}::${type.toLowerCase()}\`.`
      : "A parameter stands for a value only: not for a table, a column, an order or another word of SQL.";
  }
  if (/,\s*$/.test(before) && /^(?:from|where|group|order|limit|\))/i.test(rest))
    return "A comma stands in front of it that nothing follows.";
  if (/^\)/.test(rest))
    return "No parenthesis is open that it could close, or something is missing in front of it.";
  return misspeltWord(before, rest);
}

/** Gives what PostgreSQL refuses when it analyses the statement. */
export async function refusedProblem(
  source: QuerySource,
  error: PostgresError,
  engine: AskedEngine,
  target: number | null = null,
): Promise<Refused> {
  const number = Number(/\bparameter \$(\d+)/.exec(error.message)?.[1] ?? Number.NaN);
  const place = error.offset ?? placeOf(error.message, source.text);
  const offset = Number.isNaN(number) ? place : (paramOffset(source.text, number) ?? place);
  const own = error.sqlState === "54001" && engine.isEmbedded ? DEEP : sentences(error.detail, error.hint);
  const hint =
    (await paramHint(source, error, number, engine)) ??
    habitHint(error.message, source.text, offset) ??
    (error.sqlState === "42601" && offset !== null && /^syntax error/.test(error.message)
      ? syntaxHint(source, source.text.slice(0, offset), source.text.slice(offset))
      : undefined) ??
    columnOfOlder(error.message, target, engine) ??
    (offset === null ? undefined : lookAlike(source.text.slice(offset))) ??
    extensionToCreate(missingName(error)) ??
    (/cannot be qualified/.test(own) ? own : undefined) ??
    (await suggestion(error, engine, withNamesIn(source.text))) ??
    (await nobodysFunction(error, engine)) ??
    (await nobodysOperator(error, engine)) ??
    (await calledWithout(error, engine)) ??
    (own || usualReason(source, error, offset));
  return problem(source, "query-invalid", withNames(source, error.message), hint, offset, error.sqlState);
}

/** Finds where what a message is about stands, of which PostgreSQL does not say it: the name that it quotes, or the clause. */
function placeOf(message: string, text: string): number | null {
  const clause = /^FOR (?:NO KEY )?UPDATE|^FOR (?:KEY )?SHARE/.exec(message)?.[0];
  const name = /"([^"]+)"/.exec(message)?.[1];
  const what = clause?.replaceAll(" ", String.raw`\s+`) ?? name?.replace(/[^\w]/g, String.raw`\$&`);
  if (what === undefined) return null;
  return new RegExp(String.raw`(?<![\w$])${what}(?![\w$])`, "i").exec(text)?.index ?? null;
}

/** The names of a statement's WITH. */
function withNamesIn(text: string): string[] {
  const named =
    /(?:\bwith(?:\s+recursive)?\s+|\)\s*,\s*)(\w+)\s*(?:\([^()]*\)\s*)?as\s+(?:(?:not\s+)?materialized\s+)?\(/gi;
  return [...text.matchAll(named)].map(([, name]) => name!);
}

/** A function's name where a column's would stand. */
async function calledWithout({ message }: PostgresError, engine: AskedEngine): Promise<string | undefined> {
  const name = /^column "(\w+)" does not exist$/.exec(message)?.[1];
  if (name === undefined) return undefined;
  const isCalled = `select 1 as one from pg_proc where proname = ${quoteLiteral(name)} and pronargs = 0`;
  return (await engine.run(isCalled)).length > 0
    ? `A function is called with parentheses: \`${name}()\`.`
    : undefined;
}

async function nobodysFunction(error: PostgresError, engine: AskedEngine): Promise<string | undefined> {
  const missing = missingName(error);
  return missing !== null && (await isCalledNothing(missing, engine))
    ? "PostgreSQL has no function of that name, and no file under `schema` makes one."
    : undefined;
}

/** Says of an operator that is nowhere that no extension has brought it: other types would not help. */
async function nobodysOperator(
  { message }: PostgresError,
  engine: Pick<Engine, "run">,
): Promise<string | undefined> {
  const name = /^operator does not exist: (?:.*? )?([-+*/<>=~!@#%^&|`?]+)(?: |$)/.exec(message)?.[1];
  if (name === undefined) return undefined;
  const known = await engine.run(
    `select 1 as one from pg_operator where oprname = ${quoteLiteral(name)} limit 1`,
  );
  return known.length > 0
    ? undefined
    : "PostgreSQL has no operator of that name, and no extension that the schema creates brings one.";
}

/** Gives what is usually meant, where PostgreSQL has no hint of its own. */
function usualReason(
  source: QuerySource,
  { sqlState, message }: PostgresError,
  offset: number | null,
): string | undefined {
  const quoted = offset === null ? undefined : /^"[^"]*"/.exec(source.text.slice(offset))?.[0];
  if (sqlState === "42703" && quoted !== undefined)
    return `Between double quotes stands a name; a string is written '${quoted.slice(1, -1)}'.`;
  if (sqlState === "42703" && !/\bfrom\b/i.test(source.text) && /^\s*select\b/i.test(source.text))
    return "The statement has no FROM that could have it.";
  if (sqlState === "42702") return "Put its table's name or alias in front of it.";
  const table = /^missing FROM-clause entry for table "(.+)"$/.exec(message)?.[1];
  if (table !== undefined) return `No table or alias of FROM is called "${table}".`;
  return undefined;
}

async function paramHint(
  source: QuerySource,
  error: PostgresError,
  number: number,
  engine: AskedEngine,
): Promise<string | undefined> {
  if (Number.isNaN(number)) return undefined;
  const name = written(source, number);
  if (/^could not determine data type/.test(error.message)) {
    const isNull = new RegExp(String.raw`\$${number}\s+is\s+(?:not\s+)?null`, "i").test(source.text);
    return isNull
      ? `Nothing that it is first met by has a type: cast it there, as \`${name}::${await typeElsewhere(source.text, number, engine)} is null\`.`
      : `Nothing says its type: cast it where it is used, as \`${name}::text\`.`;
  }
  if (/^inconsistent types deduced/.test(error.message))
    return `${sentences(error.detail ?? "It is used with two types.")} Cast it at one of the places, as \`${name}::text\`.`;
  return undefined;
}

/** The type that a parameter has by what else it is met by; text where there is nothing else. */
async function typeElsewhere(sql: string, number: number, engine: AskedEngine): Promise<string> {
  const others = sql.replace(/\$\d+\s+is\s+(?:not\s+)?null/gi, "true");
  const described = await engine.describe(others, { tree: false }).catch(() => null);
  const type = described?.params[number - 1];
  if (type === undefined) return "text";
  const [row] = await engine.run(`select format_type(${type}, null) as name`);
  return String(row?.name);
}

/** PostgreSQL ends some with a full stop, some not. */
function sentences(...texts: readonly (string | null)[]): string {
  return texts.flatMap((text) => (text ? [/[.!?:)]$/.test(text) ? text : `${text}.`] : [])).join(" ");
}

/** PostgreSQL knows numbers where the author wrote names. */
function withNames(source: QuerySource, message: string): string {
  return message.replace(/\$(\d+)/g, (whole, number: string) => {
    const named = source.params.find((param) => param.number === Number(number));
    return named === undefined ? whole : `@${named.name}`;
  });
}

/** A parameter as the author writes it, its macro where it has one that says more. */
function written(source: QuerySource, number: number): string {
  const param = source.params.find((one) => one.number === number);
  if (param === undefined) return `$${number}`;
  if (param.slice) return `sqlc.slice(${param.name})`;
  return param.nullable ? `sqlc.narg(${param.name})` : `@${param.name}`;
}

/** Names like the one that is not there, from PostgreSQL's own catalogs. */
const LIKE: Readonly<Record<string, string>> = {
  relation:
    "select case when pg_table_is_visible(oid) then relname::text else format('%s.%s', relnamespace::regnamespace, relname) end as name from pg_class where relkind in ('r', 'v', 'm', 'p', 'f') and relnamespace <> 'information_schema'::regnamespace and relnamespace <> 'pg_catalog'::regnamespace",
  function:
    "select distinct case when pg_function_is_visible(oid) then proname::text else format('%s.%s', pronamespace::regnamespace, proname) end as name from pg_proc where prorettype <> 'internal'::regtype and proname !~ '^pg_'",
  type: "select distinct case when pg_type_is_visible(oid) then typname::text else format('%s.%s', typnamespace::regnamespace, typname) end as name from pg_type where typname !~ '^(_|pg_)' and typtype <> 'p' and (typrelid = 0 or exists (select from pg_class c where c.oid = typrelid and relkind = 'c'))",
  schema: "select nspname::text as name from pg_namespace where nspname !~ '^pg_'",
};

/**
 * Gives what was probably meant by a name that is not there, or null.
 * @param relations those that the statement itself makes
 */
export async function suggestion(
  error: Pick<PostgresError, "message">,
  engine: Pick<Engine, "run">,
  relations: readonly string[] = [],
): Promise<string | null> {
  const missing = missingName(error);
  const like = missing && LIKE[missing.kind];
  if (!like) return amongParts(error, engine);
  const name = missing.name.replace(/^public\./, "");
  const own = missing.kind === "relation" ? relations : [];
  const names = [...own, ...(await engine.run(like)).map((row) => String(row.name))];
  // One of another shape exists; then its arguments are what is wrong.
  if (names.includes(name)) return null;
  const elsewhere = names.find((one) => one.slice(one.lastIndexOf(".") + 1) === name);
  const isFunction = missing.kind === "function";
  const meant =
    elsewhere ??
    nearestOf(name, missing.kind === "type" ? [...SQL_TYPES, ...names] : names, isFunction ? 3 : 2);
  return meant === null ? null : `Did you mean "${meant}"?`;
}

/** As SQL names them, where the catalog has other names. */
const SQL_TYPES = [
  "bigint",
  "boolean",
  "character",
  "decimal",
  "integer",
  "real",
  "smallint",
  "text",
  "timestamp",
  "varchar",
];

/** A column of a table, or a label of an enum. */
async function amongParts(
  { message }: Pick<PostgresError, "message">,
  engine: Pick<Engine, "run">,
): Promise<string | null> {
  const [, column, relation] = /^column "(.+)" of relation "(.+)" does not exist$/.exec(message) ?? [];
  const [, type, label] = /^invalid input value for enum (.+): "(.*)"$/.exec(message) ?? [];
  const sql =
    column !== undefined
      ? `select distinct attname::text as name from pg_attribute a join pg_class c on c.oid = attrelid where relname = ${quoteLiteral(relation!)} and attnum > 0 and not attisdropped`
      : type !== undefined
        ? `select enumlabel::text as name from pg_enum where enumtypid = to_regtype(${quoteLiteral(type)}) order by enumsortorder`
        : null;
  if (sql === null) return null;
  const names = (await engine.run(sql)).map(({ name }) => String(name));
  const meant = nearestOf((column ?? label)!, names);
  if (meant !== null) return `Did you mean "${meant}"?`;
  return type === undefined ? null : `Its labels are ${names.map((name) => `'${name}'`).join(", ")}.`;
}

/** Letters that changed places are the commonest slip. */
function nearestOf(word: string, known: readonly string[], share?: number): string | null {
  const letters = (text: string): string => [...text.toLowerCase()].sort().join("");
  return known.find((one) => letters(one) === letters(word)) ?? nearest(word, known, share);
}

/** Tells whether there is no function of a name at all, whatever its arguments; PostgreSQL's own hint is about those. */
export async function isCalledNothing(
  { kind, name }: MissingName,
  engine: Pick<Engine, "run">,
): Promise<boolean> {
  const own = quoteLiteral(name.slice(name.lastIndexOf(".") + 1));
  return (
    kind === "function" &&
    (await engine.run(`select 1 as one from pg_proc where proname = ${own} limit 1`)).length === 0
  );
}

const WORDS =
  "select from where group order having limit offset insert into values update delete returning join left right inner cross union with case when then else create table view index type function alter drop column constraint primary references default unique materialized schema sequence trigger policy grant".split(
    " ",
  );

/** The key word that was probably meant by the word at a syntax error, or by the one in front of it. */
export function misspeltWord(before: string, rest: string): string | undefined {
  for (const word of [/^[A-Za-z]+/.exec(rest)?.[0], /([A-Za-z]+)\s*$/.exec(before)?.[1]]) {
    if (word === undefined || word.length < 4 || WORDS.includes(word.toLowerCase())) continue;
    const meant = nearestOf(word, WORDS);
    const isNear =
      meant !== null && Math.abs(meant.length - word.length) <= 1 && meant[0] === word[0]!.toLowerCase();
    if (isNear) return `Did you mean \`${meant}\`?`;
  }
  return undefined;
}

function problem(
  source: QuerySource,
  code: string,
  message: string,
  hint: string | undefined,
  offset: number | null,
  sqlState?: string,
): Refused {
  return {
    diagnostics: [
      {
        code,
        severity: "error",
        message,
        ...(hint ? { hint } : {}),
        ...(sqlState ? { sqlState } : {}),
        span: offset === null ? source.span : wordAt(source, offset),
      },
    ],
  };
}

/** PostgreSQL points at where a word begins; underline the word. */
function wordAt(source: QuerySource, offset: number): Span {
  const at = Math.min(offset, source.text.length);
  const start = source.toFile(at);
  return {
    file: source.span.file,
    start,
    end: Math.max(start + 1, source.toFile(wordEnd(source.text, at))),
  };
}
