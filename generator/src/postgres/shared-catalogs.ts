import { quoteIdentifier, quoteLiteral } from "../sql/quoting.ts";
import { PostgresError, type Row } from "./engine.ts";

/** Sends statements to a session, and gives the rows of the last one that has any. */
export type Ask = (sql: string) => Promise<Row[]>;

/** Thrown where a statement would change what the databases of a server have in common; nothing of it is done then. */
export class ReachesServer extends PostgresError {
  constructor(message: string) {
    super("", { message, code: REACHES_SERVER });
  }
}

/** A state that PostgreSQL has none of. */
export const REACHES_SERVER = "SG001";

/** A row of a catalog that all databases of a server share. */
interface SharedRow {
  /** Names it, the same in every reading. */
  readonly key: string;
  /** All that it says. */
  readonly text: string;
  /** What it is of, in words. */
  readonly of: string;
  /** The roles that it is of: where one of them was made here, it goes with that. */
  readonly roles: readonly string[];
  /** Of a role, its name. */
  readonly role: string | null;
  readonly hasPassword: boolean;
}

/** Of roles that were made here, the names by oid. */
export type MadeRoles = ReadonlyMap<string, string>;

/**
 * Keeps what happens in one database from changing anything outside of it: before a transaction is committed, what its session sees of the shared
 * catalogs is held against what others see. Roles may be made, since they can be dropped again.
 */
export class SharedCatalogs {
  readonly #query: string;
  readonly #others: Ask;
  readonly #remember: (made: MadeRoles) => Promise<void>;
  readonly #made: Map<string, string>;
  /** What was seen last, and found to be as it should. */
  #seen = "";
  /** How many rows of roles the session had changed by then. */
  #changed = 0;

  /**
   * @param others a session that changes nothing
   * @param made roles that other databases of this kind have made, and leave to whoever is the last
   * @param remember told of all roles that were made, before the transaction that makes one is committed
   */
  static async begin(
    database: string,
    others: Ask,
    made: MadeRoles,
    remember: (made: MadeRoles) => Promise<void>,
  ): Promise<SharedCatalogs> {
    const [row] = await others("select has_table_privilege('pg_authid', 'select') as all");
    return new SharedCatalogs(rowsOf(database, row?.all === true), others, made, remember);
  }

  private constructor(
    query: string,
    others: Ask,
    made: MadeRoles,
    remember: (made: MadeRoles) => Promise<void>,
  ) {
    this.#query = query;
    this.#others = others;
    this.#made = new Map(made);
    this.#remember = remember;
  }

  get made(): MadeRoles {
    return this.#made;
  }

  /**
   * Looks at what the open transaction of a session has done so far.
   * @throws ReachesServer where it has changed more than its database
   */
  async check(session: Ask): Promise<void> {
    const first = await readWithin(session, this.#query);
    if (first.changed <= this.#changed && textOf(first.rows) === this.#seen) return;
    const { rows, changed, gone, come, made } = await this.#differences(session);
    await this.#noteMade(made);
    const isOurs = ({ roles }: SharedRow): boolean => roles.some((role) => this.#made.has(role));
    const touched = [...gone, ...come].filter((row) => !isOurs(row));
    const hasOtherChanges = changed > this.#changed && !come.some(isOurs);
    this.#changed = changed;
    const names = [...new Set(touched.map((row) => row.of))];
    if (names.length === 0 && hasOtherChanges) names.push("a role's password");
    if (names.length > 0)
      throw new ReachesServer(`this would change what belongs to the whole server: ${names.join(", ")}`);
    this.#seen = textOf(rows);
  }

  /** Does the same in front of a COMMIT, and sees to it that nobody can sign in by a password that stands in a schema. */
  async checkAtEnd(session: Ask): Promise<void> {
    await this.check(session);
    if (this.#made.size === 0) return;
    const { rows } = await readWithin(session, this.#query);
    const open = rows.filter(
      ({ role, roles, hasPassword }) => role && hasPassword && this.#made.has(roles[0]!),
    );
    if (open.length === 0) return;
    const each = open.map(({ role }) => `alter role ${quoteIdentifier(role!)} password null`);
    await session(`set local role none; ${each.join("; ")}`);
    this.#changed += open.length;
  }

  async #noteMade(made: readonly SharedRow[]): Promise<void> {
    if (made.every(({ roles }) => this.#made.has(roles[0]!))) return;
    for (const { roles, role } of made) this.#made.set(roles[0]!, role!);
    await this.#remember(this.#made);
  }

  /** Finds in what the session sees something else than others do. Those may be at work, too: what only they have changed is another at each reading. */
  async #differences(session: Ask): Promise<Differences> {
    let found = await this.#compare(session);
    for (let more = 1; more < READINGS && found.gone.length + found.come.length > 0; more++) {
      const again = await this.#compare(session);
      found = {
        ...again,
        gone: inBoth(again.gone, found.gone),
        come: inBoth(again.come, found.come),
        made: inBoth(again.made, found.made),
      };
    }
    return found;
  }

  async #compare(session: Ask): Promise<Differences> {
    const before = await this.#read();
    const { rows, changed } = await readWithin(session, this.#query);
    const after = await this.#read();
    const own = byText(rows);
    const known = new Set([...before.values(), ...after.values()].map(({ key }) => key));
    return {
      rows,
      changed,
      gone: [...before].filter(([text]) => after.has(text) && !own.has(text)).map(([, row]) => row),
      come: [...own].filter(([text]) => !before.has(text) && !after.has(text)).map(([, row]) => row),
      made: rows.filter(({ key, role }) => role !== null && !known.has(key)),
    };
  }

  async #read(): Promise<ReadonlyMap<string, SharedRow>> {
    return byText(toRows(await this.#others(this.#query)));
  }
}

interface Within {
  readonly rows: readonly SharedRow[];
  readonly changed: number;
}

interface Differences extends Within {
  /** What others see, and the session does not. */
  readonly gone: readonly SharedRow[];
  /** What the session sees, and others do not. */
  readonly come: readonly SharedRow[];
  /** The roles among it that nobody else knows of. */
  readonly made: readonly SharedRow[];
}

/** How often what differs must have done so. */
const READINGS = 3;

function inBoth(some: readonly SharedRow[], others: readonly SharedRow[]): SharedRow[] {
  const texts = byText(others);
  return some.filter((row) => texts.has(textOf([row])));
}

/** Reads in an open transaction, as the session's own user, and leaves no trace in it. */
async function readWithin(session: Ask, query: string): Promise<Within> {
  const rows = await session(
    `savepoint solitude_server; set local role none; ${query}; rollback to savepoint solitude_server; release savepoint solitude_server`,
  );
  return { rows: toRows(rows), changed: Number(rows[0]?.changed ?? 0) };
}

function toRows(rows: readonly Row[]): SharedRow[] {
  return rows.map((row) => ({
    key: String(row.key),
    text: String(row.text),
    of: String(row.of),
    roles: row.roles as string[],
    role: row.role as string | null,
    hasPassword: row.secret === true,
  }));
}

const textOf = (rows: readonly SharedRow[]): string =>
  rows.map(({ key, text }) => `${key}\0${text}`).join("\n");

const byText = (rows: readonly SharedRow[]): Map<string, SharedRow> =>
  new Map(rows.map((row) => [textOf([row]), row]));

/**
 * The query for all rows of the shared catalogs, but for those of the database itself and what servers write by themselves.
 * @param readsAll whether whoever asks may read passwords
 */
function rowsOf(database: string, readsAll: boolean): string {
  const own = `(select oid from pg_catalog.pg_database where datname = ${quoteLiteral(database)})`;
  const name = (oid: string): string => `pg_catalog.pg_get_userbyid(${oid})`;
  const isRole = "s.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass";
  const labelled = `case when ${isRole} then 'role ' || ${name("s.objoid")} else (s.classoid::pg_catalog.regclass)::text end`;
  const parts = [
    `select 'role ' || a.oid, (to_jsonb(a) - 'oid')::text, 'role ' || a.rolname, array[a.oid::int8::text], a.rolname::text, ${readsAll} and a.rolpassword is not null from pg_catalog.${readsAll ? "pg_authid" : "pg_roles"} a`,
    `select 'member ' || m.roleid || ' ' || m.member || ' ' || m.grantor, (to_jsonb(m) - 'oid')::text, 'who is a member of role ' || ${name("m.roleid")}, array[m.roleid::int8::text, m.member::int8::text], null, false from pg_catalog.pg_auth_members m`,
    `select 'setting ' || s.setdatabase || ' ' || s.setrole, s.setconfig::text, case when s.setrole = 0 then 'the settings of a database' else 'the settings of role ' || ${name("s.setrole")} end, array[s.setrole::int8::text], null, false from pg_catalog.pg_db_role_setting s where s.setdatabase <> ${own}`,
    `select 'database ' || d.oid, (to_jsonb(d) - '{datfrozenxid,datminmxid}'::text[])::text, 'database ' || d.datname, '{}'::text[], null, false from pg_catalog.pg_database d where d.oid <> ${own}`,
    `select 'tablespace ' || t.oid, to_jsonb(t)::text, 'tablespace ' || t.spcname, '{}', null, false from pg_catalog.pg_tablespace t`,
    `select 'comment ' || s.classoid || ' ' || s.objoid, s.description, 'a comment on ' || ${labelled}, case when ${isRole} then array[s.objoid::int8::text] else '{}' end, null, false from pg_catalog.pg_shdescription s where s.objoid <> ${own}`,
    `select 'label ' || s.classoid || ' ' || s.objoid || ' ' || s.provider, s.label, 'a security label of ' || ${labelled}, case when ${isRole} then array[s.objoid::int8::text] else '{}' end, null, false from pg_catalog.pg_shseclabel s where s.objoid <> ${own}`,
    `select 'parameter ' || p.parname, p.paracl::text, 'who may set ' || p.parname, '{}', null, false from pg_catalog.pg_parameter_acl p`,
    // That of a subscription goes with it.
    `select 'origin ' || o.roident, o.roname, 'a replication origin', '{}', null, false from pg_catalog.pg_replication_origin o
       where not exists (select from pg_catalog.pg_subscription u where u.subdbid = ${own} and o.roname = 'pg_' || u.oid)`,
  ];
  // Where passwords cannot be read, that a role was changed is known by how many rows were.
  const changed = readsAll
    ? "0"
    : "pg_catalog.pg_stat_get_xact_tuples_updated('pg_catalog.pg_authid'::pg_catalog.regclass)";
  return `select r.*, ${changed} as changed from (${parts.join(" union all ")}) r(key, text, "of", roles, role, secret) order by r.key collate "C"`;
}
