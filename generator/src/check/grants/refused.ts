import type { QuerySet } from "../../model/analysis.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import type { Project } from "../../project/project.ts";
import { quoteIdentifier } from "../../sql/quoting.ts";
import { tryQueries } from "../verify/cross.ts";
import type { Execution } from "../verify/trial/execute.ts";
import { hasRole } from "../verify/trial/roles.ts";
import { referringToOwnTable } from "../verify/trial/seed.ts";
import { isForbidden, TrialGround, type TrialOf } from "../verify/trial/trial.ts";
import { type GrantedSet, type Rights, rightsOf } from "./rights.ts";
import { grantsWithin } from "./statements.ts";

/** Hints, by what was refused. */
const HINTS = {
  body: "What a function or a trigger does inside is not in what is written: declare the function SECURITY DEFINER, or grant that by hand.",
  owner: "Let it run as the owner, or through a function of the owner's with SECURITY DEFINER.",
  other:
    "What a statement names by a value, or sets off by the way, is not in what is written: grant that by hand, or let it run through a function with SECURITY DEFINER.",
};

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
  return project.use(set, "traces", async ({ engine, reader, diagnostics }) => {
    if (diagnostics.some(({ severity }) => severity === "error")) return [];
    const { outcomes, ...facts } = await tryQueries(engine, reader, [queries], set.targetVersion);
    const options = {
      preferred: null,
      seeding: { turned: referringToOwnTable(facts.constraints), isSeeded: () => true },
      roles: { names: [role], isStated: true, isMadeUp: false, memberOf: new Map() },
      rowsOf: (): "filled" => "filled",
      prepare: () => giveRights(engine, role, rights),
    };
    const found: Diagnostic[] = [];
    const work = async (ground: TrialGround): Promise<void> => {
      for (const [i, query] of queries.entries()) {
        const outcome = outcomes[0]![i]!;
        if (!("query" in outcome)) continue;
        const own = { ...outcome.query, sql: query.sql };
        const refusal = refusalOf(await ground.try(own, ground.variants(own), null), role);
        if (refusal !== undefined) found.push(told(role, query, refusal));
      }
    };
    try {
      await TrialGround.with(engine, facts, options, work);
    } catch (error) {
      if (error instanceof NotGiven) return [untried(error)];
      throw error;
    }
    return found;
  });
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

const untried = ({ message }: NotGiven): Diagnostic => ({
  code: "grants-untried",
  severity: "warning",
  message: `whether the rights do was not tried: ${message}`,
  hint: "Give the role of `database.uri` the right to make roles, or leave it out of the configuration.",
});

/** A name that is not found may be one in a schema that may not be looked into: undefined tables, functions, objects, schemas. */
const NOT_FOUND: ReadonlySet<string> = new Set(["42P01", "42883", "42704", "3F000"]);
/** How PostgreSQL says that a right is missing. A row that a policy keeps out is one of made-up values, and a function may raise what it likes. */
const MISSING = /^(?:permission denied|must (?:be|have)|only (?:superuser|role)s?)\b/;

/** Gives what was refused to the role for want of a right. */
function refusalOf({ byRole, executions }: TrialOf, role: string): Refused | undefined {
  const isNamed = executions.some(({ ok }) => ok);
  return byRole
    .get(role)
    ?.find(
      (one): one is Refused =>
        !one.ok &&
        ((isForbidden(one) && MISSING.test(one.message)) || (isNamed && NOT_FOUND.has(one.sqlState))),
    );
}

type Refused = Execution & { readonly ok: false };

function told(role: string, query: Query, { message, within }: Refused): Diagnostic {
  const where = within.length === 0 ? "" : ` in ${within.join(", called by ")}`;
  return {
    code: "grants-refused",
    severity: "warning",
    message: `${query.name}: tried as ${role} with these rights: ${message}${where}`,
    hint: within.length > 0 ? HINTS.body : message.startsWith("must be owner") ? HINTS.owner : HINTS.other,
    span: query.span,
  };
}
