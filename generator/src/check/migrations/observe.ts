import type { TransactionStmt } from "libpg-query";
import { applySchema } from "../../analysis/apply-schema.ts";
import { executeStatement } from "../../analysis/schema/execute-statement.ts";
import { RESET } from "../../analysis/schema/file-transaction.ts";
import { MadeNames } from "../../analysis/schema/made-names.ts";
import { statementOf } from "../../analysis/schema/statements.ts";
import { Surroundings } from "../../analysis/schema/surroundings.ts";
import type { VetOptions } from "../../config/options/vet.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import type { Engine } from "../../postgres/engine.ts";
import { parseStatement, type StatementSpan, splitStatements } from "../../postgres/raw-parse.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import { leadingBlank } from "../../sql/cut.ts";
import type {
  BaseRelation,
  CheckedMigration,
  CheckedStatement,
  Effects,
  Outcome,
  StatementTransaction,
  StatementWithin,
  TablesBefore,
} from "./checked.ts";
import { effectsBetween, NO_EFFECTS } from "./effects.ts";
import { PendingOutcome } from "./outcome.ts";
import { isOpaque, readParts } from "./parts.ts";
import { look, type Moment } from "./relations.ts";
import { dropsRoutines, readRoutines, routinesGone } from "./routines.ts";
import { tablesBefore } from "./tables-before.ts";
import {
  type FolderTools,
  isMigration,
  type TransactionMode,
  toolsByFolder,
  transactionMode,
} from "./transaction-mode.ts";
import { statementsWithin } from "./within.ts";

export interface ObserveOptions {
  readonly vet: VetOptions;
  /** Files that are only applied, as what the others build on. */
  readonly isVetted: (path: string) => boolean;
  readonly base: (path: string) => BaseRelation | null;
  /** The base's file that a file is held against: that of its path, or the first of its folder that it sorts before. */
  readonly baseFile?: (path: string) => SchemaFile | undefined;
  /** The vetted files are deployed together: what one makes is new to the next. */
  readonly together: boolean;
}

/** A session's time zone decides whether some conversions rewrite a table; an unlucky one shows that they can. */
const TIME_ZONE = "set time zone 'America/New_York'";

/** Runs the schema files in order and watches every statement of the vetted ones. */
export async function observeMigrations(
  engine: Engine,
  files: readonly SchemaFile[],
  options: ObserveOptions,
): Promise<CheckedMigration[]> {
  const migrations: CheckedMigration[] = [];
  const folders = toolsByFolder(files);
  let before: SchemaFile[] = [];
  let inUse: InUse | null = null;
  // Filled when everything has run: rules look at it only then.
  const outcome = new PendingOutcome();
  for (const file of files) {
    if (!options.isVetted(file.path)) {
      before.push(file);
      continue;
    }
    await applySchema(engine, before);
    before = [];
    const watch = await Watch.begin(engine, file, { ...options, folders }, options.together ? inUse : null);
    if (!watch) {
      await applySchema(engine, [file]);
      continue;
    }
    inUse ??= watch.inUse;
    migrations.push(await watch.run(outcome));
  }
  await applySchema(engine, before);
  await outcome.read(engine);
  return migrations;
}

/** What was there before the first migration that is vetted. */
interface InUse {
  readonly relations: ReadonlySet<number>;
  /** The highest oid of a function: later ones are higher. */
  readonly lastRoutine: number;
}

type ParsedStatement = RawTree & {
  readonly span: StatementSpan;
  readonly text: string;
  readonly start: number;
};

interface WatchOptions extends ObserveOptions {
  readonly folders: FolderTools;
}

/** One migration as it runs. */
class Watch {
  readonly inUse: InUse;
  readonly #engine: Engine;
  readonly #file: SchemaFile;
  readonly #statements: readonly ParsedStatement[];
  readonly #mode: TransactionMode;
  readonly #options: WatchOptions;
  readonly #provided = new Surroundings(new MadeNames());
  readonly #isHistory: boolean;
  #moment: Moment;
  /** Whether a transaction is open that outlives the statement. */
  #inBlock = false;

  private constructor(
    engine: Engine,
    file: SchemaFile,
    statements: readonly ParsedStatement[],
    options: WatchOptions,
    moment: Moment,
    inUse: InUse,
  ) {
    this.#engine = engine;
    this.#file = file;
    this.#statements = statements;
    this.#options = options;
    this.#moment = moment;
    this.inUse = inUse;
    this.#mode = transactionMode(file, statements.length, options.vet.transaction, options.folders);
    this.#isHistory =
      options.vet.schema === undefined
        ? isMigration(file.path, file.text)
        : options.vet.schema === "migrations";
  }

  /** Null for a file that cannot be parsed, which the analysis has reported. */
  static async begin(
    engine: Engine,
    file: SchemaFile,
    options: WatchOptions,
    inUse: InUse | null,
  ): Promise<Watch | null> {
    const statements = await parseAll(file).catch(() => null);
    if (statements === null) return null;
    const moment = await look(engine);
    const { relations, lastRoutine } = moment;
    const known = inUse ?? { relations: new Set(relations.keys()), lastRoutine };
    return new Watch(engine, file, statements, options, moment, known);
  }

  async run(outcome: Outcome): Promise<CheckedMigration> {
    const statements: CheckedStatement[] = [];
    const migration: CheckedMigration = {
      file: this.#file.path,
      mode: this.#mode,
      base: this.#isHistory ? await this.#relationToBase() : null,
      statements,
      options: this.#options.vet,
      outcome,
    };
    await this.#engine.run(TIME_ZONE);
    const failed: ParsedStatement[] = [];
    await this.#openFileBlock();
    for (const [index, parsed] of this.#statements.entries()) {
      const transaction = this.#transaction();
      const tables = await tablesBefore(this.#engine, parsed.tree, (oid) => this.#isNew(oid));
      const within = isOpaque(parsed) ? await this.#within(parsed) : [];
      const effects = await this.#execute(parsed, tables);
      if (effects.error) failed.push(parsed);
      statements.push({ ...parsed, migration, index, transaction, tables, effects, within });
    }
    await this.#engine.run(`${this.#inBlock ? "commit; " : ""}${RESET}`);
    this.#inBlock = false;
    await this.#retry(failed);
    return migration;
  }

  async #within(parsed: ParsedStatement): Promise<StatementWithin[]> {
    const found: StatementWithin[] = [];
    for (const statement of await statementsWithin(this.#engine, parsed)) {
      const tables = await tablesBefore(this.#engine, statement.tree, (oid) => this.#isNew(oid));
      found.push({ ...statement, tables });
    }
    return found;
  }

  /** A migration that PostgreSQL refuses has run nowhere, and none behind it: whoever changes it, or goes before it, mends it. */
  async #relationToBase(): Promise<BaseRelation | null> {
    const { path } = this.#file;
    const relation = this.#options.base(path);
    const other = relation === null ? undefined : this.#options.baseFile?.(path);
    return other !== undefined && !(await this.#runs(other)) ? null : relation;
  }

  /** Tells whether PostgreSQL takes a file here; all of it is undone. */
  async #runs(file: SchemaFile): Promise<boolean> {
    const statements = await parseAll(file).catch(() => null);
    if (statements === null) return false;
    const provided = new Surroundings(new MadeNames());
    await this.#engine.run("begin");
    try {
      for (const statement of statements) {
        if (statement.kind === "TransactionStmt" || runsOutside(statement)) continue;
        const { text, start } = statement;
        const placed = statementOf(file, statement, { start, end: start + text.length });
        await this.#engine.run("savepoint vet");
        const error = await executeStatement(this.#engine, placed, provided);
        if (error !== null && NEEDS_NO_BLOCK.has(error.sqlState ?? ""))
          await this.#engine.run("rollback to savepoint vet");
        else if (error !== null) return false;
      }
      return true;
    } finally {
      await this.#engine.run(`rollback; ${RESET}`);
    }
  }

  #isNew(oid: number): boolean {
    return !this.#isHistory || !this.inUse.relations.has(oid);
  }

  #isNewRoutine(oid: number): boolean {
    return !this.#isHistory || oid > this.inUse.lastRoutine;
  }

  #transaction(): StatementTransaction {
    if (this.#inBlock) return "block";
    return this.#mode.runs === "unknown" ? "unknown" : "own";
  }

  async #openFileBlock(): Promise<void> {
    if (this.#mode.runs !== "one") return;
    await this.#engine.run("begin");
    this.#inBlock = true;
  }

  async #execute(statement: ParsedStatement, tables: TablesBefore): Promise<Effects> {
    if (statement.kind === "TransactionStmt") return this.#transactionStatement(statement.tree);
    if (runsOutside(statement)) return this.#executeOutside(statement);
    if (this.#inBlock) return this.#watched(statement, tables);
    await this.#engine.run("begin");
    const effects = await this.#watched(statement, tables);
    await this.#engine.run("commit").catch(() => this.#engine.run("rollback"));
    this.#moment = { ...this.#moment, locks: [] };
    return effects;
  }

  async #transactionStatement({ kind = "TRANS_STMT_BEGIN" }: TransactionStmt): Promise<Effects> {
    if (/_(BEGIN|START)$/.test(kind) && !this.#inBlock) {
      await this.#engine.run("begin");
      this.#inBlock = true;
    } else if (/_(COMMIT|ROLLBACK)$/.test(kind) && this.#inBlock) {
      await this.#engine.run(/_COMMIT$/.test(kind) ? "commit" : "rollback");
      this.#inBlock = false;
      this.#moment = await look(this.#engine);
    }
    return NO_EFFECTS;
  }

  /** Runs what cannot run in a transaction, in another form: it has no effects to speak of but the schema's. */
  async #executeOutside(statement: ParsedStatement): Promise<Effects> {
    const wasInBlock = this.#inBlock;
    if (wasInBlock) await this.#engine.run("commit");
    const text = /PartitionCmd/.test(JSON.stringify(statement.tree))
      ? blankWord(statement.text, /\bconcurrently\b/i)
      : statement.text;
    const error = await this.#run(this.#engine, { ...statement, text });
    if (wasInBlock) await this.#engine.run("begin");
    this.#moment = { ...(await look(this.#engine)), locks: [] };
    return { ...NO_EFFECTS, error };
  }

  async #watched(statement: ParsedStatement, tables: TablesBefore): Promise<Effects> {
    const notices: string[] = [];
    const session: Pick<Engine, "run"> = {
      run: async (sql) => {
        await this.#engine.run("savepoint vet; set local client_min_messages = debug1");
        try {
          const rows = await this.#engine.run(sql, (notice) => notices.push(notice));
          await this.#engine.stayWithin?.();
          return rows;
        } catch (error) {
          await this.#engine.run("rollback to savepoint vet");
          throw error;
        }
      },
    };
    const before = this.#moment;
    const partsBefore = isOpaque(statement) ? await readParts(this.#engine) : null;
    const routinesBefore =
      partsBefore !== null || dropsRoutines(statement) ? await readRoutines(this.#engine) : null;
    const error = await this.#run(session, statement);
    if (error && NEEDS_NO_BLOCK.has(error.sqlState ?? "")) {
      await this.#engine.run("commit");
      const again = await this.#run(this.#engine, statement);
      await this.#engine.run("begin");
      this.#moment = { ...(await look(this.#engine)), locks: [] };
      return { ...NO_EFFECTS, error: again ?? { ...error, code: "fails-in-block" } };
    }
    this.#moment = await look(this.#engine);
    if (error) return { ...NO_EFFECTS, error };
    const parts = partsBefore && { before: partsBefore, after: await readParts(this.#engine) };
    const routines =
      routinesBefore &&
      routinesGone(routinesBefore, await readRoutines(this.#engine), (oid) => this.#isNewRoutine(oid));
    const isNew = (oid: number): boolean => this.#isNew(oid);
    return effectsBetween(before, this.#moment, notices, statement, tables, isNew, parts, routines ?? []);
  }

  #run(engine: Pick<Engine, "run">, parsed: ParsedStatement): Promise<Diagnostic | null> {
    const { text, start } = parsed;
    const file = { path: this.#file.path, text: " ".repeat(start) + text };
    const statement = statementOf(file, parsed, { start, end: start + text.length });
    // It says nothing of the schema, and much of who waits.
    const isIgnored = statement.isIgnored && parsed.kind !== "LockStmt";
    return executeStatement(engine, { ...statement, isIgnored }, this.#provided);
  }

  /** Files are read in the order of names, which need not be that of dependencies. */
  async #retry(failed: readonly ParsedStatement[]): Promise<void> {
    for (const statement of failed) await this.#run(this.#engine, statement);
  }
}

/** unsafe_new_enum_value_usage, active_sql_transaction, invalid_transaction_termination */
const NEEDS_NO_BLOCK = new Set(["55P04", "25001", "2D000"]);

async function parseAll(file: SchemaFile): Promise<ParsedStatement[]> {
  const statements: ParsedStatement[] = [];
  for (const span of await splitStatements(file.text)) {
    const start = span.start + leadingBlank(file.text.slice(span.start, span.end));
    const text = file.text.slice(start, span.end).trimEnd();
    const parsed = await parseStatement(text);
    if (parsed) statements.push({ ...parsed, span, text, start });
  }
  return statements;
}

/** Commands that PostgreSQL refuses inside of a transaction block. */
export function runsOutside({ kind, tree }: RawTree): boolean {
  switch (kind) {
    case "IndexStmt":
    case "DropStmt":
      return tree.concurrent === true;
    case "ReindexStmt":
      return (
        JSON.stringify(tree.params ?? []).includes('"concurrently"') ||
        /^REINDEX_OBJECT_(?:SCHEMA|SYSTEM|DATABASE)$/.test(tree.kind ?? "")
      );
    case "AlterTableStmt":
      return JSON.stringify(tree.cmds ?? []).includes('"concurrent":true');
    case "VacuumStmt":
      return tree.is_vacuumcmd === true;
    case "CreatedbStmt":
    case "DropdbStmt":
    case "CreateTableSpaceStmt":
    case "DropTableSpaceStmt":
    case "AlterSystemStmt":
      return true;
    default:
      return false;
  }
}

function blankWord(text: string, word: RegExp): string {
  return text.replace(word, (match) => " ".repeat(match.length));
}
