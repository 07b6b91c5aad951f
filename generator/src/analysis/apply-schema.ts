import type { Diagnostic } from "../model/diagnostic.ts";
import type { SchemaFile } from "../model/source.ts";
import { type Engine, PostgresError } from "../postgres/engine.ts";
import { parseErrorOffset, type StatementSpan, splitStatements } from "../postgres/raw-parse.ts";

/** What a real schema takes as given and a fresh cluster lacks: made on demand, mentioned once. */
export interface Provided {
  readonly roles: Set<string>;
  readonly schemas: Set<string>;
}

interface Failed {
  readonly file: SchemaFile;
  readonly span: StatementSpan;
  readonly problem: Diagnostic;
}

/** Executes the files in order, statement by statement; goes on after an error, so that all of them are found. */
export async function applySchema(engine: Engine, files: readonly SchemaFile[]): Promise<Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  const provided: Provided = { roles: new Set(), schemas: new Set() };
  let failed: Failed[] = [];
  for (const file of files) {
    let statements: StatementSpan[];
    try {
      statements = await splitStatements(file.text);
    } catch (error) {
      const offset = parseErrorOffset(file.text, error) ?? 0;
      diagnostics.push({
        code: "schema-syntax",
        severity: "error",
        message: (error as Error).message,
        span: wordAt(file, offset),
      });
      continue;
    }
    if (await executeWhole(engine, file, statements)) continue;
    for (const span of statements) {
      const problem = await executeStatement(engine, file, span, provided);
      if (problem) failed.push({ file, span, problem });
    }
    await engine.run(`rollback; ${RESET}`);
  }
  // Folders are read in the order of names, which need not be that of dependencies: what failed for want of
  // something later gets another chance.
  for (let progress = true; progress && failed.length > 0; ) {
    const still: Failed[] = [];
    for (const { file, span } of failed) {
      const problem = await executeStatement(engine, file, span, provided);
      if (problem) still.push({ file, span, problem });
    }
    progress = still.length < failed.length;
    failed = still;
  }
  diagnostics.push(...failed.map(({ problem }) => problem));
  const given = [
    ...[...provided.roles].sort().map((name) => `role ${name}`),
    ...[...provided.schemas].sort().map((name) => `schema ${name}`),
  ];
  if (given.length > 0) {
    diagnostics.push({
      code: "schema-provided",
      severity: "info",
      message: `the schema takes as given, and the analysis provided: ${given.join(", ")}`,
    });
  }
  return diagnostics;
}

/**
 * A file that runs as one script costs a fraction of its statements one by one. Whatever is special about it (an error,
 * a role to provide, a statement that wants a transaction of its own) undoes the attempt and is for the slow way to find.
 */
async function executeWhole(
  engine: Engine,
  file: SchemaFile,
  statements: readonly StatementSpan[],
): Promise<boolean> {
  const bodies = statements.map((span) => file.text.slice(span.start, span.end));
  if (bodies.some((body) => SPECIAL.test(body.slice(leadingBlank(body))))) return false;
  try {
    await engine.run(`begin;\n${bodies.join(";\n")};\ncommit; ${RESET}`);
    return true;
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    await engine.run(`rollback; ${RESET}`);
    return false;
  }
}

export const SETTINGS = "set check_function_bodies = off; set client_min_messages = error";
/** A file must not leave its settings or its role to the next one. */
export const RESET = `reset session authorization; reset role; reset all; ${SETTINGS}`;
const SPECIAL =
  /^(create\s+database|alter\s+system|alter\s+database|vacuum|checkpoint|create\s+tablespace|load\s|create\s+subscription|reindex|cluster\b|analyze\b|lock\b|refresh\s+materialized\b|begin|start\s+transaction|commit|rollback|end\b|abort|savepoint|release|set\b|alter\s+type|create\s+(unique\s+)?index\s+concurrently|drop\s+index\s+concurrently)/i;

/**
 * What says nothing of the schema: cluster-wide commands, some of which cannot run here, and those about data. A dump made
 * with `--use-set-session-authorization` has roles do things for which a fresh cluster gives them no right.
 */
const IGNORED =
  /^(create\s+database|alter\s+system|alter\s+database|vacuum|checkpoint|create\s+tablespace|load\s|create\s+subscription|reindex|cluster\b|analyze\b|lock\b|refresh\s+materialized\b|set\s+(session\s+)?session\s+authorization\b)/i;
/** What the pg_dump of another release sets for itself, and this one may not know. */
const SET_BY_DUMP =
  /^set\s+(?:transaction_timeout|idle_in_transaction_session_timeout|default_table_access_method|row_security|default_with_oids|xmloption)\b/i;
const CONCURRENTLY = /^((?:create\s+(?:unique\s+)?|drop\s+)index\s+)concurrently\b/i;

/** Executes one statement as far as it concerns the schema; null where nothing is wrong with it. */
export async function executeStatement(
  engine: Pick<Engine, "run">,
  file: SchemaFile,
  span: StatementSpan,
  provided: Provided,
): Promise<Diagnostic | null> {
  const text = file.text.slice(span.start, span.end);
  const lead = leadingBlank(text);
  const body = text.slice(lead);
  if (body === "" || IGNORED.test(body)) return null;
  // Same length, so that positions stay true: an index built concurrently is an index like any other here.
  const sql = body.replace(CONCURRENTLY, (match, head: string) => head.padEnd(match.length));
  for (let attempt = 0; ; attempt++) {
    try {
      await engine.run(sql);
      return null;
    } catch (error) {
      if (!(error instanceof PostgresError)) throw error;
      // pg_dump writes `create schema public`, which every cluster has.
      if (error.sqlState === "42P06" && /"public"/.test(error.message)) return null;
      // A dump of the whole cluster has its superuser.
      if (error.sqlState === "42710" && /^role "postgres" /.test(error.message)) return null;
      if (SET_BY_DUMP.test(sql)) return null;
      if (attempt < 20 && (await provide(engine, error, provided))) continue;
      if (attempt < 20 && (await alignOwner(engine, error, sql))) continue;
      return refused(file, span.start + lead, sql, error);
    }
  }
}

/** How many characters of white space and comments the text begins with. */
export function leadingBlank(text: string): number {
  return /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(text)?.[0].length ?? 0;
}

/** Makes what the error says is missing, where it is something that the schema's surroundings would have. */
async function provide(
  engine: Pick<Engine, "run">,
  error: PostgresError,
  provided: Provided,
): Promise<boolean> {
  // 22023 where a setting names it: SET ROLE.
  const role =
    error.sqlState === "42704" || error.sqlState === "22023"
      ? /^role "(.+)" does not exist$/.exec(error.message)?.[1]
      : undefined;
  const schema =
    error.sqlState === "3F000" ? /^schema "(.+)" does not exist$/.exec(error.message)?.[1] : undefined;
  if (role !== undefined && !provided.roles.has(role)) {
    provided.roles.add(role);
    await engine.run(`create role ${quote(role)}`);
    return true;
  }
  // Only for what hosts bring along; a schema of the project's own must be made by the project.
  if (schema !== undefined && HOSTED_SCHEMAS.has(schema) && !provided.schemas.has(schema)) {
    provided.schemas.add(schema);
    await engine.run(`create schema ${quote(schema)}`);
    return true;
  }
  return false;
}

const HOSTED_SCHEMAS = new Set(["extensions", "auth", "storage", "graphql", "vault", "realtime", "cron"]);

const NAME = String.raw`(?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+)`;
const SEQUENCE_OWNED_BY = new RegExp(
  String.raw`^alter\s+(?:sequence|table)\s+(?:if\s+exists\s+)?(${NAME}(?:\.${NAME})?)\s+owned\s+by\s+(${NAME}(?:\.${NAME})?)\.${NAME}\s*;?\s*$`,
  "i",
);

/**
 * Gives a sequence the owner of the table whose column is to own it. In a schema that is applied by the owner himself the
 * sequence has that owner from the beginning, and only the tables say so; here the superuser makes both.
 */
async function alignOwner(engine: Pick<Engine, "run">, error: PostgresError, sql: string): Promise<boolean> {
  if (error.sqlState !== "55000" || !/must have same owner/.test(error.message)) return false;
  const [, sequence, table] = SEQUENCE_OWNED_BY.exec(sql) ?? [];
  if (sequence === undefined || table === undefined) return false;
  const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const [row] = await engine.run(
    `select relowner::regrole::text as owner from pg_class where oid = ${literal(table)}::regclass`,
  );
  await engine.run(`alter sequence ${sequence} owner to ${String(row?.owner)}`);
  return true;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function refused(file: SchemaFile, start: number, sql: string, error: PostgresError): Diagnostic {
  const extension = /^extension "(.+)" is not available$/.exec(error.message)?.[1];
  const hint = extension
    ? `The embedded PostgreSQL has no "${extension}". ${EXTENSION_HINTS[extension] ?? "Set `database.uri` in the configuration to analyse against a server (PostgreSQL 16 or later) that has it."}`
    : [error.detail, error.hint].filter(Boolean).join(" ");
  if (DUPLICATE.has(error.sqlState)) {
    return {
      code: "schema-duplicate",
      severity: "warning",
      message: `${error.message}; the statement was skipped`,
      hint: "Something earlier in the schema made it already; the analysis goes on with that.",
      sqlState: error.sqlState,
      span: error.offset === null ? firstLine(file, start, sql) : wordAt(file, start + error.offset),
    };
  }
  return {
    code: extension ? "schema-extension" : "schema-invalid",
    severity: "error",
    message: error.message,
    sqlState: error.sqlState,
    ...(hint ? { hint } : {}),
    span: error.offset === null ? firstLine(file, start, sql) : wordAt(file, start + error.offset),
  };
}

/** duplicate_column, duplicate_object, duplicate_table, duplicate_schema: what the statement makes is there. */
const DUPLICATE = new Set(["42701", "42710", "42P07", "42P06"]);

const EXTENSION_HINTS: Readonly<Record<string, string>> = {
  vector: "Install its package beside this one: npm install --save-dev @electric-sql/pglite-pgvector",
  postgis: "Install its package beside this one: npm install --save-dev @electric-sql/pglite-postgis",
};

function firstLine(file: SchemaFile, start: number, sql: string) {
  const length = sql.indexOf("\n") === -1 ? sql.length : sql.indexOf("\n");
  return { file: file.path, start, end: start + length };
}

function wordAt(file: SchemaFile, offset: number) {
  const word = /^(?:"(?:[^"]|"")*"|[\w$.\u0080-\uffff]+|\S)/.exec(file.text.slice(offset))?.[0];
  return { file: file.path, start: offset, end: offset + Math.max(1, word?.length ?? 1) };
}
