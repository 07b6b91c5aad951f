import type { Diagnostic } from "../../model/diagnostic.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import { REACHES_SERVER } from "../../postgres/shared-catalogs.ts";
import { nameOf, quoteIdentifier, quoteLiteral } from "../../sql/quoting.ts";
import type { EditedSql } from "./edited-sql.ts";
import { HOST_FUNCTIONS, HOST_PUBLICATIONS, HOSTS, LANGUAGES } from "./hosts.ts";
import {
  leaveOutCaller,
  leaveOutClause,
  leaveOutExclusions,
  leaveOutForeignKeys,
  leaveOutLibrary,
  leaveOutStorageOptions,
  ownTypeFor,
  replaceForeignType,
  resultTypeOffset,
} from "./left-out.ts";
import type { MadeNames } from "./made-names.ts";
import { missingName } from "./missing-name.ts";
import { indexWithPath, mayStayUnfilled, UNFILLED } from "./own-search-path.ts";
import { firstWord } from "./places.ts";
import { type SchemaStatement, spanOf } from "./statements.ts";

/** Whether a statement can be tried again, counts as done, or has failed (null). */
export type Remedy = "again" | "skip" | null;

type Session = Pick<Engine, "run">;

interface Failure {
  readonly session: Session;
  readonly statement: SchemaStatement;
  readonly sql: EditedSql;
  readonly error: PostgresError;
}

/**
 * What a real schema takes as given and a fresh cluster lacks: made on demand where no type of a query can follow from it,
 * and mentioned once.
 */
export class Surroundings {
  readonly #made: MadeNames;
  readonly #provided = new Set<string>();
  readonly #leftOut = new Set<string>();
  /** By the type that was assumed. */
  readonly #assumed = new Map<string, Diagnostic>();
  /** By the function that nobody makes. */
  readonly #uncalled = new Map<string, Diagnostic>();

  /** @param made what the schema makes by itself, sooner or later: none of that is provided */
  constructor(made: MadeNames) {
    this.#made = made;
  }

  async remedy(
    session: Session,
    statement: SchemaStatement,
    sql: EditedSql,
    error: PostgresError,
  ): Promise<Remedy> {
    const failure: Failure = { session, statement, sql, error };
    try {
      return (
        (await this.#provide(failure)) ??
        this.#leaveOut(failure) ??
        this.#leaveOutCaller(failure) ??
        (await asOlderDoes(failure)) ??
        (await this.#giveRights(failure)) ??
        (await this.#alignOwner(failure))
      );
    } catch (problem) {
      // What cannot be made leaves the statement with its own error.
      if (problem instanceof PostgresError) return null;
      throw problem;
    }
  }

  /** Types of other databases that were taken for PostgreSQL's. */
  assumptions(): Diagnostic[] {
    return [...this.#assumed.values()];
  }

  /** Functions that nobody makes, with what was left out because it calls them */
  uncalled(): Diagnostic[] {
    return [...this.#uncalled.values()];
  }

  /** Whatever else was provided or left out, in one. */
  given(): Diagnostic[] {
    const said = [
      ...(this.#provided.size > 0 ? [`the analysis provided: ${sorted(this.#provided)}`] : []),
      ...(this.#leftOut.size > 0 ? [`left out: ${sorted(this.#leftOut)}`] : []),
    ];
    if (said.length === 0) return [];
    const message = `the schema takes as given, and ${said.join("; ")}`;
    return [{ code: "schema-provided", severity: "info", message }];
  }

  async #provide({ session, statement, sql, error }: Failure): Promise<Remedy> {
    const missing = missingName(error);
    if (missing === null) return null;
    const { kind, name } = missing;
    const make = async (what: string, ddl: string): Promise<Remedy> => {
      await session.run(ddl);
      this.#provided.add(what);
      return "again";
    };
    switch (kind) {
      case "role":
        if (this.#made.has("role", name)) return null;
        return make(`role ${name}`, `create role ${quoteIdentifier(name)}`);
      case "schema":
        // A statement that decides nothing can be done without.
        return statement.decidesTypes || HOSTS[name]?.sql ? this.#provideSchema(session, name) : null;
      case "language":
        if (this.#made.has("language", name)) return null;
        // Nothing is ever run in it: any handler will do.
        return make(
          `language ${name}`,
          `create trusted language ${quoteIdentifier(name)} handler plpgsql_call_handler`,
        );
      case "extension":
        if (!LANGUAGES.has(name)) return null;
        await session.run(`create trusted language ${quoteIdentifier(name)} handler plpgsql_call_handler`);
        this.#provided.add(`language ${name}`);
        return "skip";
      case "collation": {
        if (this.#made.has("collation", name)) return null;
        const plain = name.replace(/^pg_catalog\./, "");
        return make(`collation ${plain}`, `create collation pg_catalog.${quoteIdentifier(plain)} from "C"`);
      }
      case "server":
        await session.run(`create foreign data wrapper ${quoteIdentifier(`${name} wrapper`)}`);
        return make(
          `server ${name}`,
          `create server ${quoteIdentifier(name)} foreign data wrapper ${quoteIdentifier(`${name} wrapper`)}`,
        );
      case "foreign-data wrapper":
        return make(`foreign-data wrapper ${name}`, `create foreign data wrapper ${quoteIdentifier(name)}`);
      case "relation":
        return this.#provideRelation(session, name, sql.text);
      case "function":
        return (await this.#provideHost(session, name)) ?? this.#provideHostFunction(session, name);
      case "type":
        return this.#assumeType(statement, sql, name, error);
      default:
        return null;
    }
  }

  async #provideSchema(session: Session, name: string): Promise<Remedy> {
    if (this.#made.has("schema", name)) return null;
    await session.run(`create schema ${quoteIdentifier(name)}; ${HOSTS[name]?.sql ?? ""}`);
    this.#provided.add(`schema ${name}`);
    return "again";
  }

  /** The schema of a host that a qualified name stands in. */
  async #provideHost(session: Session, name: string): Promise<Remedy> {
    const schema = /^(\w+)\./.exec(name)?.[1];
    if (schema === undefined || HOSTS[schema] === undefined || this.#provided.has(`schema ${schema}`))
      return null;
    return (await hasSchema(session, schema)) ? null : this.#provideSchema(session, schema);
  }

  async #provideHostFunction(session: Session, name: string): Promise<Remedy> {
    const [schema, own] = name.split(".");
    const found = schema === "extensions" && own !== undefined ? HOST_FUNCTIONS[own] : undefined;
    if (
      found === undefined ||
      this.#made.has("extension", found.extension) ||
      this.#provided.has(`function ${name}`)
    )
      return null;
    await session.run(`create function ${name}${found.sql} language sql as 'select null'`);
    this.#provided.add(`function ${name}`);
    return "again";
  }

  async #provideRelation(session: Session, name: string, sql: string): Promise<Remedy> {
    const host = await this.#provideHost(session, name);
    if (host !== null || this.#made.has("relation", name)) return host;
    if (!/\bnextval\s*\(/i.test(sql) || !sql.includes(name.slice(name.lastIndexOf(".") + 1))) return null;
    const schema = name.includes(".") ? name.slice(0, name.indexOf(".")) : null;
    if (
      schema !== null &&
      !(await hasSchema(session, schema)) &&
      (await this.#provideSchema(session, schema)) === null
    )
      return null;
    await session.run(`create sequence ${name.split(".").map(quoteIdentifier).join(".")}`);
    this.#provided.add(`sequence ${name}`);
    return "again";
  }

  #assumeType(statement: SchemaStatement, sql: EditedSql, name: string, error: PostgresError): Remedy {
    const own = ownTypeFor(name);
    if (own === null || this.#made.has("type", name)) return null;
    const offset = error.offset ?? resultTypeOffset(sql, name);
    if (offset === null) return null;
    const span = firstWord(statement.file, statement.start + sql.original(offset));
    if (!replaceForeignType(sql, offset, own)) return null;
    if (!this.#assumed.has(name)) {
      this.#assumed.set(name, {
        code: "schema-type-assumed",
        severity: "warning",
        message: `PostgreSQL has no type "${name}"; the analysis takes it for ${own}`,
        hint: `Write \`${own}\`, or make the type in a file that stands first under \`schema\`: \`create domain ${name} as ${own};\`.`,
        span,
      });
    }
    return "again";
  }

  #leaveOut({ statement, sql, error }: Failure): Remedy {
    const note = (what: string, done: boolean): Remedy => {
      if (!done) return null;
      this.#leftOut.add(what);
      return isEmptyCommand(sql.text) ? "skip" : "again";
    };
    const missing = missingName(error);
    const setting = /^invalid value for parameter "default_(tablespace|table_access_method)": "(.+)"$/.exec(
      error.message,
    );
    if (setting) {
      this.#leftOut.add(`${setting[1] === "tablespace" ? "tablespace" : "access method"} ${setting[2]}`);
      return "skip";
    }
    const library = /^could not access file "(.+)": /.exec(error.message)?.[1];
    if (library !== undefined && statement.kind === "CreateFunctionStmt")
      return note(`library ${library}`, leaveOutLibrary(sql));
    if (missing?.kind === "tablespace") {
      const { name } = missing;
      if (/^alter\b/i.test(sql.text)) {
        this.#leftOut.add(`tablespace ${name}`);
        return "skip";
      }
      return note(`tablespace ${name}`, leaveOutClause(sql, "tablespace", name));
    }
    const compression = /^compression method (\w+) not supported$/.exec(error.message)?.[1];
    if (compression !== undefined)
      return note(`compression ${compression}`, leaveOutClause(sql, "compression", compression));
    if (missing?.kind === "access method" && statement.decidesTypes)
      return note(`access method ${missing.name}`, leaveOutClause(sql, "using", missing.name));
    if (
      /^unrecognized parameter|^tables declared WITH OIDS/.test(error.message) &&
      /^create\b.*\btable\b/is.test(sql.text)
    )
      return note("storage options", leaveOutStorageOptions(sql));
    if (missing?.kind === "relation" && !this.#made.has("relation", missing.name))
      return note(`foreign keys to ${missing.name}`, leaveOutForeignKeys(sql, missing.name));
    const publication = /^publication "(.+)" does not exist$/.exec(error.message)?.[1];
    return publication !== undefined && HOST_PUBLICATIONS.has(publication) ? "skip" : null;
  }

  /** Leaves out the default, check, generated column or exclusion constraint that wants what nobody makes: none decides a type. */
  #leaveOutCaller({ statement, sql, error }: Failure): Remedy {
    // Rows would have had what a default gives.
    if (error.sqlState === NOT_NULL_VIOLATION)
      return this.#uncalled.size > 0 && !statement.decidesTypes ? "skip" : null;
    if (!OF_TABLE_OR_DOMAIN.test(sql.text)) return null;
    const span =
      error.offset === null
        ? spanOf(statement)
        : firstWord(statement.file, statement.start + sql.original(error.offset));
    const missing = missingName(error);
    const isOperator = /^data type \S+ has no default operator class|^operator does not exist/.test(
      error.message,
    );
    let clause: string | null = null;
    if (missing?.kind === "function" && !this.#made.has("function", missing.name))
      clause = leaveOutCaller(sql, lastPart(missing.name), error.offset);
    else if (isOperator && leaveOutExclusions(sql)) clause = "exclusion constraint";
    if (clause === null) return null;
    const key = missing?.name ?? error.message;
    if (!this.#uncalled.has(key)) {
      this.#uncalled.set(key, {
        code: "schema-skipped",
        severity: "warning",
        message: `${error.message}; the ${clause} was left out`,
        ...(error.sqlState && { sqlState: error.sqlState }),
        ...(error.hint && { hint: error.hint }),
        span,
      });
    }
    return isEmptyCommand(sql.text) ? "skip" : "again";
  }

  /** A role that files are run as has the rights for what they do. */
  async #giveRights({ session, error }: Failure): Promise<Remedy> {
    if (!LACK_OF_RIGHTS.has(error.sqlState)) return null;
    const [row] = await session.run("select current_user as role, current_user <> session_user as is_other");
    if (row?.is_other !== true && row?.is_other !== "t") return null;
    const role = quoteIdentifier(String(row.role));
    try {
      await session.run(`reset role; alter role ${role} superuser; set role ${role}`);
    } catch (refusal) {
      if (!(refusal instanceof PostgresError) || refusal.sqlState !== REACHES_SERVER) throw refusal;
      // One that the server had before stays as it is; what it was to do is done by whoever runs the analysis.
      await session.run("reset role");
    }
    this.#provided.add(`rights of role ${String(row.role)}`);
    return "again";
  }

  /**
   * Gives a sequence the owner of the table whose column is to own it. In a schema that is applied by the owner himself the
   * sequence has that owner from the beginning, and only the tables say so; here the superuser makes both.
   */
  async #alignOwner({ session, sql, error }: Failure): Promise<Remedy> {
    if (error.sqlState !== "55000" || !/must have same owner/.test(error.message)) return null;
    const [, sequence, table] = SEQUENCE_OWNED_BY.exec(sql.text) ?? [];
    if (sequence === undefined || table === undefined) return null;
    const [row] = await session.run(
      `select relowner::regrole::text as owner from pg_class where oid = ${quoteLiteral(table)}::regclass`,
    );
    await session.run(`alter sequence ${sequence} owner to ${String(row?.owner)}`);
    return "again";
  }
}

/** Does as releases before the embedded one, where those accept the statement. */
async function asOlderDoes({ session, statement, sql, error }: Failure): Promise<Remedy> {
  // Before 18 UNLOGGED was ignored there.
  if (/^partitioned tables cannot be unlogged$/.test(error.message))
    return leaveOutClause(sql, "unlogged", null) ? "again" : null;
  if (statement.kind === "CreateTableAsStmt" && missingName(error) !== null) {
    if (!mayStayUnfilled(sql.text)) return null;
    sql.replace(sql.text.length, sql.text.length, UNFILLED);
    return "again";
  }
  const missing = missingName(error)?.name;
  if ((statement.kind === "IndexStmt" || statement.kind === "AlterTableStmt") && missing !== undefined)
    return (await indexWithPath(session, sql.text, missing)) ? "skip" : null;
  // Before 17 a partition kept an identity of its own, as LIKE INCLUDING ALL gives it; from there on it has its parent's.
  const [, partition, identity] =
    /^table "(.+)" being attached contains an identity column "(.+)"$/.exec(error.message) ?? [];
  if (partition !== undefined) {
    const named = new RegExp(String.raw`\battach\s+partition\s+((?:${NAME}\s*\.\s*)?${NAME})`, "i").exec(
      sql.text,
    )?.[1];
    if (named === undefined) return null;
    await session.run(`alter table ${named} alter column ${quoteIdentifier(identity!)} drop identity`);
    return "again";
  }
  // Before 18 a primary key of a parent alone said nothing of its children; the parent's own column may stay nullable.
  if (/^column ".+" of table ".+" is not marked NOT NULL$/.test(error.message)) return "skip";
  const [, table, column] = DROP_NOT_NULL.exec(sql.text) ?? [];
  if (table !== undefined && /^cannot drop inherited constraint /.test(error.message)) {
    // Before 18 a child could give up what its parent has; whoever reads the parent reads the child's rows too.
    await session.run(`set local allow_system_table_mods = on;
      with recursive up(relid) as (select ${quoteLiteral(table)}::regclass::oid union select inhparent from pg_inherits join up on inhrelid = relid)
      update pg_attribute set attnotnull = false from up
      where attrelid = relid and attname = ${quoteLiteral(nameOf(column!))};
      set local allow_system_table_mods = off`);
    return "skip";
  }
  return null;
}

/** insufficient_privilege; invalid_schema_name, of a search path of which nothing may be used. */
const LACK_OF_RIGHTS = new Set(["42501", "3F000"]);
const NOT_NULL_VIOLATION = "23502";
const OF_TABLE_OR_DOMAIN = /^(?:create|alter)\s+(?:\w+\s+)*?(?:table|domain)\b/i;

const lastPart = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

async function hasSchema(session: Session, name: string): Promise<boolean> {
  return (
    (await session.run(`select 1 as one from pg_namespace where nspname = ${quoteLiteral(name)}`)).length > 0
  );
}

const NAME = String.raw`(?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+)`;
const SEQUENCE_OWNED_BY = new RegExp(
  String.raw`^alter\s+(?:sequence|table)\s+(?:if\s+exists\s+)?(${NAME}(?:\.${NAME})?)\s+owned\s+by\s+(${NAME}(?:\.${NAME})?)\.${NAME}\s*;?\s*$`,
  "i",
);
const DROP_NOT_NULL = new RegExp(
  String.raw`^alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(${NAME}(?:\s*\.\s*${NAME})?)\s+alter\s+(?:column\s+)?(${NAME})\s+drop\s+not\s+null\s*$`,
  "i",
);
const EMPTY_ALTER = new RegExp(
  String.raw`^alter\s+(?:(?:foreign\s+)?table|domain)\s+(?:if\s+exists\s+)?(?:only\s+)?${NAME}(?:\s*\.\s*${NAME})?\s*$`,
  "i",
);

/** Tells whether nothing is left of an ALTER. */
function isEmptyCommand(sql: string): boolean {
  return EMPTY_ALTER.test(sql);
}

const sorted = (names: ReadonlySet<string>): string => [...names].sort().join(", ");
