import type { Engine } from "../../postgres/engine.ts";
import { quoteIdentifier } from "../../sql/quoting.ts";
import type { Catalog } from "./catalog.ts";

/** What a schema was read to hold, and the roles that it takes as given; unquoted. */
interface Given {
  readonly catalog: Catalog;
  readonly givenRoles: readonly string[];
}

/** Makes what these schemas take as given where it is not there: what was there, or provided, for the one may be missing for the other. */
export async function provideGiven(engine: Engine, sides: readonly Given[]): Promise<void> {
  await provideRoles(
    engine,
    sides.flatMap(({ givenRoles }) => givenRoles),
  );
  await provideCollations(
    engine,
    sides.flatMap(({ catalog }) => catalog.collations),
  );
}

/** Makes the roles that a schema takes as given, where they are not there. */
async function provideRoles(engine: Engine, roles: readonly string[]): Promise<void> {
  if (roles.length === 0) return;
  const rows = await engine.run("select rolname::text as name from pg_roles");
  const there = new Set(rows.map(({ name }) => name));
  for (const name of new Set(roles)) {
    if (!there.has(name)) await engine.run(`create role ${quoteIdentifier(name)}`);
  }
}

/** As the analysis provides them: nothing is sorted by them. */
async function provideCollations(engine: Engine, collations: readonly string[]): Promise<void> {
  if (collations.length === 0) return;
  const rows = await engine.run(
    `select collname::text as name from pg_collation where collnamespace = 'pg_catalog'::regnamespace
       and collencoding in (-1, pg_char_to_encoding(getdatabaseencoding()))`,
  );
  const there = new Set(rows.map(({ name }) => name));
  for (const name of new Set(collations)) {
    if (!there.has(name)) await engine.run(`create collation pg_catalog.${quoteIdentifier(name)} from "C"`);
  }
}
