import type { Diagnostic } from "../model/diagnostic.ts";
import type { SchemaFile } from "../model/source.ts";
import { type Engine, EngineBreakdown, PostgresError } from "../postgres/engine.ts";
import { hasOwnGrammar } from "../postgres/raw-parse.ts";
import { quoteLiteral } from "../sql/quoting.ts";
import { habitHint } from "./habits.ts";
import { isCalledNothing, suggestion } from "./query-problem.ts";
import { withoutConsequences, withoutNote } from "./schema/consequences.ts";
import { executeStatement, inTransaction } from "./schema/execute-statement.ts";
import { extensionToCreate } from "./schema/extension-objects.ts";
import { type Context, FileTransaction, RESET, scriptOf } from "./schema/file-transaction.ts";
import { MadeNames } from "./schema/made-names.ts";
import { missingName } from "./schema/missing-name.ts";
import { canBeMendedLater, lackHint } from "./schema/problem.ts";
import { type ReadStatements, readStatements, type SchemaStatement, spanOf } from "./schema/statements.ts";
import { Surroundings } from "./schema/surroundings.ts";

interface Failed {
  readonly statement: SchemaStatement;
  readonly context: Context;
  readonly problem: Diagnostic;
}

/** What came of applying a schema. */
export interface Applied {
  readonly diagnostics: readonly Diagnostic[];
  /** Whether every file went through as it stands: then what they lead to does not depend on files behind them. */
  readonly isClean: boolean;
}

/** Executes the files in order, statement by statement; goes on after an error, so that all of them are found. */
export async function applySchema(
  engine: Engine,
  files: readonly SchemaFile[],
): Promise<readonly Diagnostic[]> {
  return (await applyFiles(engine, files)).diagnostics;
}

/**
 * Does so where a beginning of the schema may have been applied.
 * @param done how many of the files the engine has, applied cleanly
 */
export async function applyFiles(engine: Engine, files: readonly SchemaFile[], done = 0): Promise<Applied> {
  const applied = await applyRest(engine, files, done);
  // What is temporary is gone with the migrations' session when the application has one. A later migration may want it.
  const [row] = await engine.run("select pg_catalog.pg_my_temp_schema() <> 0 as has");
  if (!row?.has) return applied;
  await engine.run("discard temp");
  return { ...applied, isClean: false };
}

async function applyRest(engine: Engine, files: readonly SchemaFile[], done: number): Promise<Applied> {
  const { scripts, made, unread, problems } = await readFiles(engine, files.slice(done));
  const diagnostics: Diagnostic[] = [...problems];
  let surroundings: Surroundings | null = null;
  const first: Failed[] = [];
  for (const statements of scripts) {
    const inside = withoutOuterBlock(statements);
    if (await executeWhole(engine, inside)) continue;
    if (surroundings === null) {
      // What the others make is of no use to what goes through.
      made.add((await readFiles(engine, files.slice(0, done))).made);
      surroundings = new Surroundings(made);
    }
    first.push(...(await executeFile(engine, inside, surroundings)));
  }
  const isClean = problems.length === 0 && unread.length === 0;
  if (surroundings === null) return { diagnostics, isClean };
  const final = first.filter(({ problem }) => !canBeMendedLater(problem));
  let failed = first.filter(({ problem }) => canBeMendedLater(problem));
  // Folders are read in the order of names, which need not be that of dependencies: what failed for want of
  // something later gets another chance.
  for (let progress = true; progress && failed.length > 0; ) {
    const still: Failed[] = [];
    for (const one of failed) {
      const problem = await executeAgain(engine, one, surroundings);
      if (problem) still.push({ ...one, problem });
    }
    progress = still.length < failed.length;
    failed = still;
  }
  for (const one of withoutConsequences([...final, ...failed], made, unread)) {
    const { problem, more, believed = [] } = one;
    const told = await withTypos(engine, await withHint(engine, problem), believed);
    const said: Diagnostic = (await isForReaders(engine, told, one))
      ? { ...told, isErrorIfLacked: true }
      : told;
    const others = more === 1 ? "another statement fails" : `${more} other statements fail`;
    diagnostics.push(more === 0 ? said : { ...said, message: `${said.message}; ${others} for want of it` });
  }
  diagnostics.push(...surroundings.assumptions());
  for (const said of surroundings.uncalled()) diagnostics.push(await withWhatToWrite(engine, said));
  diagnostics.push(...surroundings.given());
  return { diagnostics, isClean: false };
}

/** Reads the statements of files, and what they make. */
async function readFiles(
  engine: Engine,
  files: readonly SchemaFile[],
): Promise<
  Omit<ReadStatements, "statements"> & { readonly scripts: readonly (readonly SchemaStatement[])[] }
> {
  const made = new MadeNames();
  const all: ReadStatements[] = [];
  for (const file of files) {
    const read = await readStatements(file, hasOwnGrammar(engine));
    made.add(read.made);
    all.push(read);
  }
  return {
    made,
    scripts: all.map(({ statements }) => statements),
    problems: all.flatMap(({ problems }) => problems),
    unread: all.flatMap(({ unread }) => unread),
  };
}

/**
 * Tells whether what failed concerns nobody but those who read what it would have made: it wants a table or a function of another tool's,
 * with no name here that could have been meant, and nothing stands in its place.
 */
async function isForReaders(
  engine: Engine,
  said: Diagnostic,
  {
    statements,
    onlyMakes,
  }: { readonly statements: readonly SchemaStatement[]; readonly onlyMakes?: boolean },
): Promise<boolean> {
  if (!onlyMakes || said.code !== "schema-invalid" || !said.hint?.startsWith(NOBODY_MAKES)) return false;
  if (missingName(said)?.kind === "type") return false;
  const names = statements.flatMap(({ makes }) => makes.readable()).map(quoteLiteral);
  const there = await engine.run(
    `select 1 as one from pg_class where relname in (${names}) union all select 1 from pg_proc where proname in (${names})`,
  );
  return there.length === 0;
}

/** Says of types that are believed to be of a missing extension which others may have been meant. */
async function withTypos(engine: Engine, said: Diagnostic, types: readonly string[]): Promise<Diagnostic> {
  const hints: string[] = [];
  for (const type of types) {
    const meant = await suggestion({ message: `type "${type}" does not exist` }, engine);
    if (meant !== null) hints.push(`The type "${type}" is taken for one of its own. ${meant}`);
  }
  return hints.length === 0 ? said : { ...said, hint: [said.hint, ...hints].filter(Boolean).join(" ") };
}

/** Runs a file as one transaction, statement by statement. */
async function executeFile(
  engine: Engine,
  inside: readonly SchemaStatement[],
  surroundings: Surroundings,
): Promise<Failed[]> {
  try {
    return await executeEach(engine, inside, surroundings);
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    // Rows that break a deferred constraint undo everything at the end: without rows there is nothing to break.
    await engine.run(`rollback; ${RESET}`);
    return executeEach(
      engine,
      inside.filter(({ kind }) => !WRITES_ROWS.has(kind)),
      surroundings,
    );
  }
}

const WRITES_ROWS = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt"]);

async function executeEach(
  engine: Engine,
  statements: readonly SchemaStatement[],
  surroundings: Surroundings,
): Promise<Failed[]> {
  const failed: Failed[] = [];
  const transaction = await FileTransaction.begin(engine);
  for (const statement of statements) {
    const problem = await executeIn(transaction, statement, surroundings);
    if (problem) failed.push({ statement, context: await transaction.context(), problem });
  }
  await transaction.end();
  return failed;
}

/** A file that is one block says of its transaction what holds anyway. */
function withoutOuterBlock(statements: readonly SchemaStatement[]): readonly SchemaStatement[] {
  const own = statements.filter(({ transaction }) => transaction !== null);
  const isBlock =
    own.length === 2 &&
    own[0] === statements[0] &&
    own[1] === statements.at(-1) &&
    /_(?:BEGIN|START)$/.test(own[0]!.transaction!.kind) &&
    own[1]!.transaction!.kind === "TRANS_STMT_COMMIT";
  return isBlock ? statements.slice(1, -1) : statements;
}

/** The statements that a script opens with: its BEGIN. */
const OPENING = 1;

/**
 * Runs a file as one script, which costs a fraction of its statements one by one, where these tell that it can; whatever is special about it
 * (an error, something to provide) undoes the attempt and is for the slow way to find.
 * @returns whether it did
 */
async function executeWhole(engine: Engine, statements: readonly SchemaStatement[]): Promise<boolean> {
  if (statements.some(({ transaction }) => transaction !== null)) return false;
  const executed = statements.filter(({ isIgnored, sql }) => !isIgnored && sql !== "");
  if (executed.length === 0) return true;
  try {
    await engine.run(`${scriptOf(executed.map((one) => ({ sql: inTransaction(one) })))} ${RESET}`);
    return true;
  } catch (error) {
    if (error instanceof EngineBreakdown)
      throw error.at(spanOf(executed[error.breakdown.done - OPENING] ?? executed[0]!));
    if (!(error instanceof PostgresError)) throw error;
    await engine.run(`rollback; ${RESET}`);
    return false;
  }
}

/** unsafe_new_enum_value_usage; active_sql_transaction, invalid_transaction_termination. */
const NEEDS_COMMIT = "55P04";
const NEEDS_NO_BLOCK = new Set(["25001", "2D000"]);

async function executeIn(
  transaction: FileTransaction,
  statement: SchemaStatement,
  surroundings: Surroundings,
): Promise<Diagnostic | null> {
  if (statement.transaction) {
    await transaction.transactionStatement(statement.transaction.kind, statement.transaction.savepoint);
    return null;
  }
  const problem = await executeStatement(transaction, statement, surroundings);
  const needsNone = NEEDS_NO_BLOCK.has(problem?.sqlState ?? "");
  if (problem === null || (problem.sqlState !== NEEDS_COMMIT && !needsNone)) return problem;
  const apart = { run: (sql: string) => transaction.runApart(sql, needsNone).then(() => []) };
  return executeStatement(apart, statement, surroundings);
}

async function executeAgain(
  engine: Engine,
  { statement, context }: Failed,
  surroundings: Surroundings,
): Promise<Diagnostic | null> {
  const transaction = await FileTransaction.begin(engine, context);
  const problem = await executeIn(transaction, statement, surroundings);
  await transaction.end();
  return problem;
}

/** Gives what to write where nothing of the schema makes a name. */
async function withHint(engine: Engine, problem: Diagnostic): Promise<Diagnostic> {
  const lack = lackHint(problem, engine);
  if (lack !== null) return { ...problem, hint: lack };
  if (problem.code !== "schema-invalid") return problem;
  if (/^no schema has been selected to create in$/.test(problem.message))
    return {
      ...problem,
      hint: "The search path is empty there, as pg_dump sets it: write the schema in front of the name, as in `public.t`.",
    };
  return withWhatToWrite(engine, problem);
}

async function withWhatToWrite(engine: Engine, problem: Diagnostic): Promise<Diagnostic> {
  const own = { message: withoutNote(problem.message) };
  const missing = missingName(own);
  const meant =
    extensionToCreate(missing) ??
    (missing?.kind === "type" ? typeElsewhere(missing.name) : habitHint(own.message, "", null)) ??
    (await suggestion(own, engine));
  if (meant !== null) return { ...problem, hint: meant };
  const isOthers = missing === null || !(await isCalledNothing(missing, engine));
  if (problem.hint !== undefined && isOthers) return problem;
  const write = missing && WRITE[missing.kind];
  if (!write) return problem;
  return {
    ...problem,
    hint: `${NOBODY_MAKES} If another tool does, write \`${write(missing.name)}\` in a file that stands first there.`,
  };
}

/** Types of programming languages. */
const OF_LANGUAGES: Readonly<Record<string, string>> = {
  float32: "real",
  float64: "double precision",
  int16: "smallint",
  int32: "integer",
  int64: "bigint",
  long: "bigint",
  object: "jsonb",
  str: "text",
  string: "text",
  timestampz: "timestamptz",
  uint: "bigint",
  uint32: "bigint",
  uint64: "numeric(20)",
};

/** Gives what PostgreSQL has for a type that others have, or null. */
function typeElsewhere(name: string): string | null {
  if (name === "enum") return "An enum is a type of its own: `create type mood as enum ('sad', 'happy');`.";
  const own = Object.hasOwn(OF_LANGUAGES, name) ? OF_LANGUAGES[name] : undefined;
  return own === undefined ? null : `PostgreSQL has \`${own}\` for that.`;
}

const NOBODY_MAKES = "No file under `schema` makes it.";

const WRITE: Readonly<Record<string, (name: string) => string>> = {
  relation: (name) => `create table ${name} (…);`,
  type: (name) => `create domain ${name} as text;`,
  function: (name) => `create function ${name}(…) returns … language sql as '…';`,
};
