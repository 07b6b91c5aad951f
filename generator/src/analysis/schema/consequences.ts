import type { Diagnostic } from "../../model/diagnostic.ts";
import { mayBringType } from "./extension-objects.ts";
import type { MadeKind, MadeNames } from "./made-names.ts";
import { type MissingName, missingName } from "./missing-name.ts";
import type { SchemaStatement } from "./statements.ts";

interface Failed {
  readonly statement: SchemaStatement;
  readonly problem: Diagnostic;
}

/** What is said, and of how many statements more it holds. */
interface Said {
  readonly problem: Diagnostic;
  more: number;
  /** The statements of which it holds, and what may have failed for want of them. */
  readonly statements: SchemaStatement[];
  /** Whether these only make what is new: then what it lacks shows where a query reads that. */
  readonly onlyMakes?: boolean;
  /** Of an extension, the types that are believed to be its own, which nobody makes. */
  readonly believed?: readonly string[];
}

/** Extensions that no type, function or operator of a query comes from. */
const WITHOUT_TYPES = new Set([
  "adminpack",
  "auto_explain",
  "dblink",
  "file_fdw",
  "mysql_fdw",
  "oracle_fdw",
  "pg_cron",
  "pg_graphql",
  "pg_net",
  "pg_partman",
  "pg_repack",
  "pg_squeeze",
  "pg_stat_kcache",
  "pg_stat_monitor",
  "pgagent",
  "pgaudit",
  "pglogical",
  "postgres_fdw",
  "redis_fdw",
  "supabase_vault",
  "tds_fdw",
  "wrappers",
]);

/**
 * Gives what is to be said of the statements that failed: nothing of those that failed for want of what another would have made.
 * @param unread the beginnings of statements that could not be read: what they name, they may make
 */
export function withoutConsequences(
  failed: readonly Failed[],
  made: MadeNames,
  unread: readonly string[],
): Said[] {
  const extensions = failed.filter(({ problem }) => problem.code === "schema-extension");
  const withTypes = extensions
    .map(({ problem }) => missingName(problem)?.name ?? "")
    .filter((extension) => !WITHOUT_TYPES.has(extension));
  const mayBring = (kind: MadeKind, name: string): boolean =>
    withTypes.some((extension) => kind !== "type" || mayBringType(extension, name));
  const lost: string[] = [];
  const believed = new Set<string>();
  const following: SchemaStatement[] = [];
  const kept = failed.filter((one) => {
    const { statement, problem } = one;
    if (extensions.includes(one)) return true;
    const missing = missingName(
      problem.code === "schema-skipped" ? { message: withoutNote(problem.message) } : problem,
    );
    if (missing === null || !isName(missing.kind)) return true;
    const { kind, name } = missing;
    const isMadeByFailed = failed.some((other) => other !== one && makes(other.statement.makes, kind, name));
    const isKnown =
      isMadeByFailed || unread.some((text) => text.includes(name.slice(name.lastIndexOf(".") + 1)));
    const isBelieved = !isKnown && !makes(made, kind, name) && mayBring(kind, name);
    if (isBelieved && kind === "type") believed.add(name);
    const follows = isKnown || isBelieved;
    if (follows && statement.decidesTypes) {
      lost.push(...statement.makes.described());
      following.push(statement);
    }
    return !follows;
  });
  return once(kept, made).map(({ problem, more, statements }) => {
    const all = [...statements, ...following];
    const onlyMakes = all.every(({ kind }) => ONLY_MAKES.has(kind));
    const isBlamed =
      problem.code === "schema-extension" &&
      lost.length > 0 &&
      !WITHOUT_TYPES.has(missingName(problem)?.name ?? "");
    const message = isBlamed ? `${problem.message}${LEFT_OUT}${lost.join(", ")}` : problem.message;
    const types = [...believed].filter((type) => mayBringType(missingName(problem)?.name ?? "", type));
    return {
      ...{ problem: { ...problem, message }, more, statements: all, onlyMakes },
      ...(isBlamed && { believed: types }),
    };
  });
}

const ONLY_MAKES = new Set(["CreateFunctionStmt", "CreateStmt", "CreateTableAsStmt", "ViewStmt"]);

const LEFT_OUT = "; left out with it: ";

/** Gives what was said of the extension with which the schema lost a name, or null. */
export function leftOutWith({ kind, name }: MissingName, said: readonly Diagnostic[]): Diagnostic | null {
  const what = `${kind} ${name.slice(name.lastIndexOf(".") + 1)}`;
  return (
    said.find(
      ({ code, message }) =>
        code === "schema-extension" && message.split(LEFT_OUT)[1]?.split(", ").includes(what),
    ) ?? null
  );
}

/** Says what nobody makes where it is missing first, with a count of the other statements that fail for want of it. */
function once(failed: readonly Failed[], made: MadeNames): Said[] {
  const first = new Map<string, Said>();
  return failed.flatMap(({ problem, statement }) => {
    const said: Said = { problem, more: 0, statements: [statement] };
    const key = keyOf(problem, made);
    const known = key === null ? undefined : first.get(key);
    if (known !== undefined) {
      known.more++;
      known.statements.push(statement);
      return [];
    }
    if (key !== null && problem.code === "schema-invalid") first.set(key, said);
    return said;
  });
}

function keyOf({ code, message }: Diagnostic, made: MadeNames): string | null {
  if (code !== "schema-invalid" && code !== "schema-skipped") return null;
  const own = withoutNote(message);
  const missing = missingName({ message: own });
  if (missing === null || !isName(missing.kind) || makes(made, missing.kind, missing.name)) return null;
  // Of functions of one name, those with other arguments are others.
  return missing.kind === "function" ? own : `${missing.kind} ${missing.name.replace(/^public\./, "")}`;
}

/** A table has a type of its name. */
function makes(names: MadeNames, kind: MadeKind, name: string): boolean {
  return names.has(kind, name) || (kind === "type" && names.has("relation", name));
}

const isName = (kind: string): kind is "relation" | "type" | "function" | "schema" =>
  kind === "relation" || kind === "type" || kind === "function" || kind === "schema";

/** Gives PostgreSQL's own words, without what was done about it. */
export const withoutNote = (message: string): string =>
  message.replace(/; the (?:statement was skipped|[a-z ]+ was left out)$/, "");
