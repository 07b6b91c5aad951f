import type { Query, TablePrivilege } from "../../../model/query.ts";
import type { Engine } from "../../../postgres/engine.ts";
import { escapeLiteral, quoteIdentifier } from "../../../sql/quoting.ts";
import type { Facts } from "../facts.ts";
import { copyStep, type Execution, type Step, stepsOf, TrialSession } from "./execute.ts";
import { type ReachesBeyond, readReaching } from "./reaching.ts";
import { hasRole, makeRole, type TrialRoles } from "./roles.ts";
import { attempted, type SeedOptions, type Seeds, seed } from "./seed.ts";
import { type Variant, variantsOf } from "./variants.ts";

/** Executions of a query on a schema, in the order of its variants. */
export interface TrialOf {
  readonly executions: readonly Execution[];
  /** What it did when it was executed once more: what differs then, differs by itself. */
  readonly again: readonly Execution[];
  /** For `:copyfrom`, whether the table takes a copy. */
  readonly copy: Execution | null;
  /** Those before which tables were emptied, because its rows were there already: those that it inserts into, and these, in which what it sets off does. */
  readonly alone: Alone;
  /** By role, the same for the first few that went well at home; a role that is not there is absent. */
  readonly byRole: ReadonlyMap<string, readonly Execution[]>;
  /** Why it was not executed at all; absent where it was. */
  readonly hindrance?: string;
}

/** So many of the arguments are tried as each role. */
const AS_ROLE = 3;

/** What two rows of each table never need: a statement that goes on for ever comes to an end at once. */
export const LIMITS = "set local work_mem = '1MB'; set local temp_file_limit = '8MB'";

type Alone = ReadonlyMap<Variant, ReadonlySet<string>>;

/** So often tables are emptied for what is there already: behind one that was in the way, another one may be. */
const ROUNDS = 3;

const REACHES_BEYOND: TrialOf = {
  executions: [],
  again: [],
  copy: null,
  alone: new Map(),
  byRole: new Map(),
  hindrance: "on this server: it may reach beyond its database, to other sessions or to the server's files",
};

/** What the files of a schema say of the rows of a materialized view, `schema.name`. */
export type RowsOfView = (view: string) => "filled" | "emptied" | "as it was made";

interface Ground {
  readonly facts: Facts;
  /** What must not be executed here. */
  readonly reachesBeyond: ReachesBeyond;
  readonly seeds: Seeds;
  readonly roles: readonly string[];
  /** Stores rows, those that the other side has where they fit. */
  sow(preferred: Seeds | null): Promise<Seeds>;
}

/** A schema with seeded rows, on which queries are executed; all of it is undone at the end. */
export class TrialGround {
  readonly #session: TrialSession;
  readonly facts: Facts;
  #seeds: Seeds;
  readonly #roles: readonly string[];
  readonly #reachesBeyond: ReachesBeyond;
  readonly #sow: (preferred: Seeds | null) => Promise<Seeds>;

  private constructor(session: TrialSession, { facts, seeds, roles, reachesBeyond, sow }: Ground) {
    this.#session = session;
    this.#reachesBeyond = reachesBeyond;
    this.facts = facts;
    this.#seeds = seeds;
    this.#roles = roles;
    this.#sow = sow;
  }

  get seeds(): Seeds {
    return this.#seeds;
  }

  /** Stores other rows in place of those that are there, before anything is tried. */
  async sowAgain(preferred: Seeds): Promise<void> {
    this.#seeds = await this.#session.anew(() => this.#sow(preferred));
  }

  /** Begins a transaction, stores the rows, works, and rolls all of it back. */
  static async with<T>(
    engine: Engine,
    facts: Facts,
    options: {
      readonly preferred: Seeds | null;
      readonly seeding: SeedOptions;
      readonly roles: TrialRoles;
      readonly rowsOf: RowsOfView;
      /** Called before anything is tried, to make roles and give them rights. */
      prepare?(): Promise<void>;
    },
    work: (ground: TrialGround) => Promise<T>,
  ): Promise<T> {
    await engine.run(`begin; ${LIMITS}`);
    try {
      const sow = async (preferred: Seeds | null): Promise<Seeds> => {
        const seeds = await seed(engine, facts, preferred, options.seeding);
        await refresh(engine, options.rowsOf);
        return seeds;
      };
      const seeds = await sow(options.preferred);
      if (options.roles.isMadeUp) await makeRole(engine);
      await options.prepare?.();
      const there: string[] = [];
      for (const role of options.roles.names) if (await hasRole(engine, role)) there.push(role);
      const session = await TrialSession.begin(engine);
      // Beside the embedded one there is nobody.
      const reachesBeyond = engine.isEmbedded ? () => false : await readReaching(engine);
      return await work(new TrialGround(session, { facts, seeds, roles: there, reachesBeyond, sow }));
    } finally {
      await engine.run("rollback");
    }
  }

  variants(query: Query): Variant[] {
    return variantsOf(query, this.facts, this.seeds);
  }

  /**
   * @param query as it is analysed on this schema
   * @param home what became of the same on the schema that its client was made for; null where this is that one
   */
  async try(query: Query, variants: readonly Variant[], home: TrialOf | null): Promise<TrialOf> {
    if (home?.hindrance !== undefined || this.#reachesBeyond(query)) return REACHES_BEYOND;
    const types = query.params.map(({ display }) => display);
    const steps = (some: readonly Variant[], role: string | null, alone: Alone): Step[] =>
      some.flatMap((one) => {
        const others = alone.get(one);
        const before = others === undefined ? "" : emptying(new Set([...insertedBy(query), ...others]));
        return stepsOf(query, types, [one], { role, before });
      });
    const copyOf = (role: string | null): Step[] => {
      const step = query.command === ":copyfrom" ? copyStep(query, role) : null;
      return step === null ? [] : [step];
    };
    const asRoles = (chosen: readonly Variant[], alone: Alone): Step[][] =>
      this.#roles.map((role) => [...steps(chosen, role, alone), ...copyOf(role)]);
    if (home !== null) {
      const chosen = forRoles(variants, home.executions);
      const [executions = [], copy = [], ...byRole] = await this.#carryOut([
        steps(variants, null, home.alone),
        copyOf(null),
        ...asRoles(chosen, home.alone),
      ]);
      return {
        executions,
        again: [],
        copy: copy[0] ?? null,
        alone: home.alone,
        byRole: this.#named(byRole),
      };
    }
    const runs = (alone: Alone): Promise<Execution[][]> =>
      this.#carryOut([
        steps(variants, null, alone),
        query.columns.length > 0
          ? steps(variants, null, alone).map((step) => ({ ...step, isAgain: true }))
          : [],
        copyOf(null),
      ]);
    let alone: Alone = new Map();
    let [executions = [], again = [], copy = []] = await runs(alone);
    for (let round = 0; round < ROUNDS; round++) {
      const more = withMore(alone, query, variants, executions);
      if (more === null) break;
      alone = more;
      [executions = [], again = [], copy = []] = await runs(alone);
    }
    const byRole = await this.#carryOut(asRoles(forRoles(variants, executions), alone));
    return { executions, again, copy: copy[0] ?? null, alone, byRole: this.#named(byRole) };
  }

  /** Tells whether a role may run a query with one of its first arguments; null where it is not there, or was not needed. */
  async mayRun(query: Query, role: string): Promise<boolean | null> {
    const executions = await this.tryAs(query, role);
    return executions.length === 0 ? null : !executions.every(isForbidden);
  }

  /**
   * Executes a query as a role, and as nobody else, with its first arguments; not at all where the role is not there, or it would reach beyond.
   * @param before statements that are run before, as whoever is connected
   */
  async tryAs(query: Query, role: string, before = "", most = AS_ROLE): Promise<readonly Execution[]> {
    if (!this.#roles.includes(role) || this.#reachesBeyond(query)) return [];
    const variants = this.variants(query).slice(0, most);
    const types = query.params.map(({ display }) => display);
    return this.#session.execute(stepsOf(query, types, variants, { role, before }));
  }

  /** Carries out several lists of steps in one round trip. */
  async #carryOut(lists: readonly (readonly Step[])[]): Promise<Execution[][]> {
    const executions = await this.#session.execute(lists.flat());
    let at = 0;
    return lists.map(({ length }) => {
      at += length;
      return executions.slice(at - length, at);
    });
  }

  /** By role, what came of the steps as each. */
  #named(byRole: readonly Execution[][]): Map<string, readonly Execution[]> {
    return new Map(this.#roles.map((role, i) => [role, byRole[i] ?? []]));
  }
}

/** Tells whether a right is missing. */
export const isForbidden = (execution: Execution): boolean => !execution.ok && execution.sqlState === "42501";

/** Tells whether a policy keeps a row out. */
export const isOfPolicy = (execution: Execution): boolean =>
  isForbidden(execution) && !execution.ok && /\brow-level security policy\b/.test(execution.message);

/** Tells whether such a row is there already. */
const isTaken = (execution: Execution): boolean => !execution.ok && /^23(505|P01)$/.test(execution.sqlState);

/** Adds those before which tables are to be emptied: null where nothing is in the way that was not emptied. */
function withMore(
  alone: Alone,
  query: Query,
  variants: readonly Variant[],
  executions: readonly Execution[],
): Alone | null {
  const all = new Map(alone);
  const inserted = new Set(insertedBy(query));
  // Without the rows that it changes it would do nothing.
  const changed = new Set(query.privileges.flatMap((p) => ("table" in p ? [tableNamed(p)] : [])));
  for (const [i, variant] of variants.entries()) {
    const execution = executions[i]!;
    if (execution.ok || !isTaken(execution)) continue;
    const known = all.get(variant);
    const table = tableNamed(execution);
    if (known?.has(table) || (changed.has(table) && !inserted.has(table))) continue;
    all.set(variant, new Set([...(known ?? []), table]));
  }
  return [...all].every(([variant, tables]) => alone.get(variant)?.size === tables.size) ? null : all;
}

const tableNamed = ({ schema, table }: Pick<TablePrivilege, "schema" | "table">): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;

const insertedBy = ({ privileges }: Query): string[] =>
  privileges.flatMap((p) => ("table" in p && p.kind === "insert" ? [tableNamed(p)] : []));

/** Empties tables, as far as they are there; nothing where there are none. */
function emptying(tables: ReadonlySet<string>): string {
  if (tables.size === 0) return "";
  // What refers to the rows stays as it is.
  const without = [...tables].map((table) => {
    const name = escapeLiteral(table);
    return `if to_regclass(${name}) is not null then execute 'delete from ' || ${name}; end if;`;
  });
  return `set local session_replication_role = replica; ${without.join(" ")} set local session_replication_role = origin;`;
}

/** Those that went well at home; where none did, rights are refused before values are looked at. */
function forRoles(variants: readonly Variant[], home: readonly Execution[]): Variant[] {
  const well = variants.filter((_, i) => home[i]?.ok);
  return (well.length > 0 ? well : variants).slice(0, AS_ROLE);
}

/** Fills materialized views, and empties those that their migrations leave without rows: what is about data alone was not run with the schema. */
async function refresh(engine: Engine, rowsOf: RowsOfView): Promise<void> {
  const rows = await engine.run(
    `select n.nspname || '.' || c.relname as name, c.oid::regclass::text as sql, c.relispopulated as filled
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'm' order by c.oid`,
  );
  for (const { name, sql, filled } of rows) {
    const said = rowsOf(String(name));
    if (said === "filled" && filled !== true)
      await attempted(engine, `refresh materialized view ${String(sql)}`);
    if (said === "emptied" && filled === true)
      await attempted(engine, `refresh materialized view ${String(sql)} with no data`);
  }
}
