import type { QuerySetConfig } from "../../config/config.ts";
import type { QuerySet } from "../../model/analysis.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import type { Project } from "../../project/project.ts";
import { quoteIdentifier } from "../../sql/quoting.ts";
import { readFacts } from "../verify/facts.ts";
import type { Execution } from "../verify/trial/execute.ts";
import { hasRole } from "../verify/trial/roles.ts";
import { referringToOwnTable } from "../verify/trial/seed.ts";
import { isForbidden, TrialGround } from "../verify/trial/trial.ts";
import { type GrantedSet, type Rights, rightsOf } from "./rights.ts";
import { grantsWithin } from "./statements.ts";

/** Hints, by what was refused. */
const HINTS = {
  body: "What a function or a trigger does inside is not in what is written: declare the function SECURITY DEFINER, or grant that by hand.",
  owner: "Let it run as the owner, or through a function of the owner's with SECURITY DEFINER.",
  other:
    "What a statement names by a value, or sets off by the way, is not in what is written: grant that by hand, or let it run through a function with SECURITY DEFINER.",
};

/** What became of a query as the role, where a right was missing. */
type Refusal = Pick<Refused, "message" | "within">;

/** Rights that cannot be given where queries are tried. */
class NotGiven extends Error {}

/**
 * Executes a role's queries as the role, with the rights that are written for it and no others, and tells of those that PostgreSQL
 * refuses. So what cannot be seen in a statement, and what was overlooked in it, is told, and is no surprise on a server. What is unmet is told already.
 */
export async function refusedQueries(
  role: string,
  granted: GrantedSet & Pick<QuerySet, "index">,
  project: Project,
): Promise<Diagnostic[]> {
  const set = project.config.querySets.find(({ index }) => index === granted.index);
  const rights = rightsOf(role, [granted]);
  const isToldAlready = ({ name }: Query): boolean =>
    rights.unmet.some(({ query, by }) => by !== "membership" && query.name === name);
  const queries = granted.queries.filter((query) => !isToldAlready(query));
  if (set === undefined || queries.length === 0) return [];
  const { store, workspace } = project;
  const { schema } = await project.schema(set);
  const isKept = set.databaseUri === undefined;
  const asked = queries.map(({ command, sql, params, columns, insert }) => [
    ...[command, sql.text, sql.variants, insert, columns.length],
    params.map(({ display, nullable, origin, values, record }) => [
      display,
      nullable,
      origin,
      values,
      record,
    ]),
  ]);
  const of = [
    project.keyOf(set.databaseUri, schema),
    role,
    grantsWithin(role, rights),
    JSON.stringify(asked),
  ];
  const key = workspace.host.key("refused", ...of);
  const kept = isKept ? await store.read<Tried>("refused", key) : null;
  const tried = kept ?? (await tryAll(role, queries, rights, set, project));
  if (isKept && kept === null) await store.write("refused", key, tried);
  if (typeof tried === "string") return [untried(tried)];
  return queries.flatMap((query, i) => (tried[i] == null ? [] : [told(role, query, tried[i])]));
}

/** In the order of the queries; or why they cannot be tried. */
type Tried = readonly (Refusal | null)[] | string;

function tryAll(
  role: string,
  queries: readonly Query[],
  rights: Rights,
  set: QuerySetConfig,
  project: Project,
): Promise<Tried> {
  return project.use(set, "traces", async ({ engine, reader, diagnostics }) => {
    if (diagnostics.some(({ severity }) => severity === "error")) return [];
    const facts = await readFacts(engine, reader, queries);
    const secured = await readSecured(engine);
    const options = {
      preferred: null,
      seeding: { turned: referringToOwnTable(facts.constraints), isSeeded: () => true },
      roles: { names: [role], isStated: true, isMadeUp: false, memberOf: new Map() },
      rowsOf: (): "filled" => "filled",
      prepare: () => giveRights(engine, role, rights),
    };
    const work = async (ground: TrialGround): Promise<(Refusal | null)[]> => {
      const found: (Refusal | null)[] = [];
      for (const query of queries) {
        const isSecured = engine.isEmbedded && query.relations.some((one) => secured.has(one));
        const refusal = await refusalOf(query, role, ground, isSecured);
        found.push(refusal === undefined ? null : { message: refusal.message, within: refusal.within });
      }
      return found;
    };
    try {
      return await TrialGround.with(engine, facts, options, work);
    } catch (error) {
      if (error instanceof NotGiven) return error.message;
      throw error;
    }
  });
}

/** Reads which tables have row security, `schema.name`, and all views, which may read one. */
async function readSecured(engine: Engine): Promise<ReadonlySet<string>> {
  const rows = await engine.run(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where (c.relrowsecurity or c.relkind = 'v' and c.oid >= ${FIRST_NORMAL_OID}) and exists (select from pg_class where relrowsecurity)`,
  );
  return new Set(rows.map(({ name }) => String(name)));
}

/** Makes the role, where the schema does not, and gives it the rights. */
async function giveRights(engine: Engine, role: string, rights: Rights): Promise<void> {
  try {
    if (!(await hasRole(engine, role))) await engine.run(`create role ${quoteIdentifier(role)}`);
    await engine.run(grantsWithin(role, rights));
  } catch (error) {
    if (error instanceof PostgresError) throw new NotGiven(error.message);
    throw error;
  }
}

const untried = (message: string): Diagnostic => ({
  code: "grants-untried",
  severity: "warning",
  message: `whether the rights do was not tried: ${message}`,
  hint: "Give the role of `database.uri` the right to make roles, or leave it out of the configuration.",
});

/** A name that is not found may be one in a schema that may not be looked into: undefined tables, functions, objects, schemas. */
const NOT_FOUND: ReadonlySet<string> = new Set(["42P01", "42883", "42704", "3F000"]);
/** How PostgreSQL says that a right is missing. A row that a policy keeps out is one of made-up values, and a function may raise what it likes. */
const MISSING = /^(?:permission denied|must (?:be|have)|only (?:superuser|role)s?)\b/;

/**
 * Gives what was refused to the role for want of a right. Most queries go well with one of the first arguments, and are tried with no others: what is
 * asked of anybody is asked at once, and what rows set off, they do. Where policies may keep rows from the role, it is tried without them, too.
 */
async function refusalOf(
  query: Query,
  role: string,
  ground: TrialGround,
  isSecured: boolean,
): Promise<Refused | undefined> {
  const bypassing = `alter role ${quoteIdentifier(role)} bypassrls;`;
  const all = isSecured
    ? [...(await ground.tryAs(query, role, "", 1)), ...(await ground.tryAs(query, role, bypassing))]
    : await ground.tryAs(query, role);
  const refusal = all.find((one): one is Refused => !one.ok && isMissing(one));
  const isTold = all.some(({ ok }) => ok) && !all.some((one) => !one.ok && NOT_FOUND.has(one.sqlState));
  if (refusal !== undefined || (isTold && query.command !== ":copyfrom")) return refusal;
  const { byRole, executions } = await ground.try(query, ground.variants(query), null);
  const isNamed = executions.some(({ ok }) => ok);
  return byRole
    .get(role)
    ?.find((one): one is Refused => !one.ok && (isMissing(one) || (isNamed && NOT_FOUND.has(one.sqlState))));
}

const isMissing = (one: Refused): boolean => isForbidden(one) && MISSING.test(one.message);

type Refused = Execution & { readonly ok: false };

function told(role: string, query: Query, { message, within }: Refusal): Diagnostic {
  const where = within.length === 0 ? "" : ` in ${within.join(", called by ")}`;
  return {
    code: "grants-refused",
    severity: "warning",
    message: `${query.name}: tried as ${role} with these rights: ${message}${where}`,
    hint: within.length > 0 ? HINTS.body : message.startsWith("must be owner") ? HINTS.owner : HINTS.other,
    span: query.span,
  };
}
