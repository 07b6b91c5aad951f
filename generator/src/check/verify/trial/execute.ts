import type { Query } from "../../../model/query.ts";
import { type Engine, PostgresError } from "../../../postgres/engine.ts";
import { escapeLiteral, partsOf, quoteIdentifier } from "../../../sql/quoting.ts";
import { typed } from "./literal.ts";
import type { Variant } from "./variants.ts";

/** What became of a statement that was executed. */
export type Execution =
  | {
      readonly ok: true;
      readonly count: number /** Each row as text, sorted; null where it gives none. */;
      readonly rows: readonly string[] | null;
    }
  | {
      readonly ok: false;
      readonly sqlState: string;
      readonly message: string;
      readonly schema: string;
      readonly table: string;
      readonly column: string;
      readonly constraint: string;
      /** The names of the functions in whose bodies it was refused, the innermost first. */
      readonly within: readonly string[];
    };

/** Says that a statement went well; what it did is undone by it. */
const DONE = "SO001";
/** So many rows are compared, one by one. */
const ROWS = 200;

/** A statement that is to be executed. */
export interface Step {
  readonly sql: string;
  /** What its parameters are, as expressions; the role need not be able to name their types. */
  readonly args: readonly string[];
  readonly givesRows: boolean;
  /** Null for whoever is connected. */
  readonly role: string | null;
  /** Statements that are run before, as whoever is connected. */
  readonly before: string;
  /** Whether it is to be executed though it was before. */
  readonly isAgain?: boolean;
}

/**
 * Makes a step of each list of arguments of a query.
 * @param types what the parameters are on this schema
 */
export function stepsOf(
  query: Query,
  types: readonly string[],
  variants: readonly Variant[],
  { role, before }: Pick<Step, "role" | "before">,
): Step[] {
  return variants.map(({ values, sent }) => {
    const { text, params } = sent ?? { text: query.sql.text, params: types.map((_, i) => i + 1) };
    const args = params.map((number) => typed(values[number - 1] ?? null, types[number - 1]!));
    return { sql: `execute ${escapeLiteral(text)}`, args, givesRows: query.columns.length > 0, role, before };
  });
}

/** Makes the step that begins to copy into the table, as `:copyfrom` does, and sends no row. */
export function copyStep({ insert }: Query, role: string | null): Step | null {
  if (insert === null) return null;
  const target = `${quoteIdentifier(insert.schema)}.${quoteIdentifier(insert.table)} (${insert.columns.map(quoteIdentifier).join(", ")})`;
  return {
    sql: `execute ${escapeLiteral(`copy ${target} from '/dev/null'`)}`,
    args: [],
    givesRows: false,
    role,
    before: role === null ? "" : `grant pg_read_server_files to ${quoteIdentifier(role)};`,
  };
}

/** A transaction in which steps are carried out; what each did is undone before the next. */
export class TrialSession {
  readonly #engine: Engine;
  readonly #becoming: Becoming;
  /** By step, what became of it: a query that is deployed as it is now is executed once. */
  readonly #known = new Map<string, Execution>();
  /** What was asked for before. */
  #before: Promise<unknown> = Promise.resolve();

  private constructor(engine: Engine, becoming: Becoming) {
    this.#engine = engine;
    this.#becoming = becoming;
  }

  /** Goes on in the transaction that is open. */
  static async begin(engine: Engine): Promise<TrialSession> {
    const [who] = await engine.run(
      "select current_setting('is_superuser') as super, quote_ident(session_user) as name",
    );
    const isSuper = who?.super === "on";
    // The embedded server has not heard who has signed in, and would go back to nobody.
    if (isSuper) await engine.run(`set local session authorization ${String(who.name)}`);
    await engine.run("savepoint trial");
    return new TrialSession(engine, isSuper ? "session authorization" : "role");
  }

  /** Has the ground prepared otherwise: what fails later leads back to there. */
  async anew<T>(prepare: () => Promise<T>): Promise<T> {
    const prepared = await prepare();
    await this.#engine.run("release trial; savepoint trial");
    return prepared;
  }

  /** Carries steps out in one round trip, deferred constraints checked, behind what was asked for before: what fails would undo it. */
  execute(steps: readonly Step[]): Promise<Execution[]> {
    const executions = this.#before.then(() => this.#execute(steps));
    this.#before = executions.catch(() => {});
    return executions;
  }

  async #execute(steps: readonly Step[]): Promise<Execution[]> {
    const keys = steps.map((step) => JSON.stringify(step));
    const open = steps.filter((_, i) => !this.#known.has(keys[i]!));
    const executions = new Map<Step, Execution>();
    for (const [i, execution] of (await this.#carryOut(open)).entries()) executions.set(open[i]!, execution);
    for (const [i, step] of steps.entries()) {
      const execution = executions.get(step);
      if (execution !== undefined && !step.isAgain) this.#known.set(keys[i]!, execution);
    }
    return steps.map((step, i) => executions.get(step) ?? this.#known.get(keys[i]!)!);
  }

  async #carryOut(steps: readonly Step[]): Promise<Execution[]> {
    if (steps.length === 0) return [];
    const read = steps.map((_, i) => `current_setting('solitude.trial${i}') as t${i}`);
    try {
      const [row] = await this.#engine.run(
        `${steps.map((step, i) => block(step, i, this.#becoming)).join("\n")} select ${read.join(", ")}`,
      );
      return steps.map((_, i) => toExecution(String(row?.[`t${i}`])));
    } catch (error) {
      if (!(error instanceof PostgresError)) throw error;
      await this.#engine.run("rollback to trial");
      // Which of them it was shows when each is carried out by itself.
      if (steps.length > 1) {
        const executions: Execution[] = [];
        for (const step of steps) executions.push(...(await this.#carryOut([step])));
        return executions;
      }
      const { sqlState, message } = error;
      return [
        { ok: false, sqlState, message, schema: "", table: "", column: "", constraint: "", within: [] },
      ];
    }
  }
}

/** In a transaction, expressions of plpgsql are asked for the right to call functions once: by whoever came first. */
const FORGET = "discard plans;";

/**
 * How the session becomes a role: altogether, as if it had signed in, so that it may become no other one; who is no superuser can only take the role on.
 */
type Becoming = "session authorization" | "role";

/** What PREPARE has made stays whatever is undone, and its name is taken then. */
const UNPREPARE =
  "for r in select name from pg_catalog.pg_prepared_statements where from_sql loop execute pg_catalog.format('deallocate %I', r.name); end loop;";

/** Writes a block that carries a step out, notes what became of it, and undoes it. */
function block({ sql, args, givesRows, role, before }: Step, index: number, becoming: Becoming): string {
  const using = args.length > 0 ? ` using ${args.map((_, i) => `p.a${i}`).join(", ")}` : "";
  const values = args.map((arg, i) => `${arg} as a${i}`).join(", ");
  const work = givesRows
    ? `for r in ${sql}${using} loop
         n := n + 1;
         if n <= ${ROWS} then got := array_append(got, r::text); end if;
       end loop;`
    : `${sql}${using}; get diagnostics n = row_count;`;
  return `do $solitude$
declare r record; p record; n bigint := 0; got text[] := '{}'; s text; m text; h text; t text; c text; k text; x text;
begin
  ${before} ${/\bprepare\b/i.test(sql) ? UNPREPARE : ""} ${values === "" ? "" : `select ${values} into p;`}
  ${role === null ? "" : `${FORGET} set local ${becoming} ${quoteIdentifier(role)};`}
  ${work}
  set constraints all immediate;
  raise exception using errcode = '${DONE}', message = 'done';
exception when others then
  get stacked diagnostics s = returned_sqlstate, m = message_text, h = schema_name, t = table_name, c = column_name, k = constraint_name, x = pg_exception_context;
  perform set_config('solitude.trial${index}',
    json_build_object('s', s, 'm', m, 'h', h, 't', t, 'c', c, 'k', k, 'x', x, 'n', n, 'rows', ${givesRows ? "got" : "null"})::text, true);
end $solitude$;`;
}

function toExecution(text: string): Execution {
  const { s, m, h, t, c, k, x, n, rows } = JSON.parse(text) as Record<
    "s" | "m" | "h" | "t" | "c" | "k" | "x",
    string
  > & {
    n: number;
    rows: string[] | null;
  };
  if (s === DONE) return { ok: true, count: n, rows: rows === null ? null : [...rows].sort() };
  return {
    ok: false,
    sqlState: s,
    message: m,
    schema: h,
    table: t,
    column: c,
    constraint: k,
    within: routinesIn(x),
  };
}

/** Reads the lines of a context: `PL/pgSQL function shop.note(integer) line 3 at RAISE`, `SQL function "name" statement 1`. */
function routinesIn(context: string): string[] {
  return context.split("\n").flatMap((line) => {
    const [, path] = /^\S+ function ((?:"(?:[^"]|"")+"|[^\s"(]+)+)/.exec(line) ?? [];
    return path === undefined || path === "inline_code_block" ? [] : (partsOf(path).at(-1) ?? []);
  });
}
