import { ask, type Session } from "./session.ts";

/**
 * The settings of a session before a transaction of its own, which is a savepoint in truth: what that makes for itself alone would
 * otherwise hold until the test's end, and a scope's rows would be seen outside of it.
 */
export class LocalSettings {
  readonly #before: ReadonlyMap<string, string>;

  private constructor(before: ReadonlyMap<string, string>) {
    this.#before = before;
  }

  static async before(session: Session): Promise<LocalSettings> {
    return new LocalSettings(new Map((await read(session)).map(({ name, value }) => [name, value])));
  }

  /** Gives each the value that it had. */
  async restore(session: Session): Promise<void> {
    for (const { name, value, initial } of await read(session)) {
      const before = this.#before.get(name) ?? initial;
      if (value !== before) await ask(session, "select set_config($1, $2, true)", [name, before]);
    }
  }
}

interface Setting {
  readonly name: string;
  readonly value: string;
  /** What it is where nothing was set. */
  readonly initial: string;
}

/** The role comes first: it decides what else may be seen. */
const SETTINGS = `select 'role', current_setting('role'), 'none'
union all select name, setting, coalesce(reset_val, '') from pg_settings
where source = 'session' and name not like 'transaction\\_%'`;

async function read(session: Session): Promise<Setting[]> {
  const { rows } = await ask(session, SETTINGS);
  return rows.map(([name, value, initial]) => ({
    name: name ?? "",
    value: value ?? "",
    initial: initial ?? "",
  }));
}
