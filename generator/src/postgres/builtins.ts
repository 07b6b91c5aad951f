import { readFile } from "node:fs/promises";
import type { PgType } from "../model/catalog.ts";
import { CatalogReader, FIRST_NORMAL_OID, type RawFunction, type RawOperator } from "./catalog-reader.ts";
import type { Engine } from "./engine.ts";
import { readOperators } from "./operator-reader.ts";

/** What every database made of the prepared cluster has, so that no run has to read it. */
export interface Builtins {
  readonly functions: readonly RawFunction[];
  readonly types: readonly PgType[];
  /** Those that compare, or that are the negator of another. */
  readonly operators: readonly RawOperator[];
  /** The words that cannot stand as a column name without quotes. */
  readonly reservedWords: readonly string[];
}

/** Reads them where nothing has been created yet. */
export async function readBuiltins(engine: Engine): Promise<Builtins> {
  const reader = new CatalogReader(engine);
  const oids = async (sql: string) => (await engine.run(sql)).map((row) => Number(row.oid));
  const functions = await oids(
    `select oid::int8::text as oid from pg_proc where oid < ${FIRST_NORMAL_OID} and prokind <> 'p' order by 1`,
  );
  // The row types of the system's own tables are left out: hardly any query mentions one.
  const types = await oids(
    `select t.oid::int8::text as oid from pg_type t left join pg_type e on e.oid = t.typelem
     where t.oid < ${FIRST_NORMAL_OID} and t.typtype <> 'c' and e.typtype is distinct from 'c' order by 1`,
  );
  const operators = await oids(
    `select oid::int8::text as oid from pg_operator where oid < ${FIRST_NORMAL_OID} order by 1`,
  );
  await reader.ensureFunctions(functions);
  await reader.ensureTypes(types);
  return {
    functions: functions.map((oid) => reader.function(oid)!),
    types: types.map((oid) => reader.type(oid)!),
    operators: (await readOperators(engine, operators)).filter(
      ({ comparison, negator }) => comparison !== null || negator !== 0,
    ),
    reservedWords: [...(await reader.reservedWords())],
  };
}

/** Those of the cluster that ships with the package; null in a checkout that was not built. */
export async function shippedBuiltins(): Promise<Builtins | null> {
  for (const place of ["./builtins.json", "../../dist/builtins.json"]) {
    try {
      return JSON.parse(await readFile(new URL(place, import.meta.url), "utf8")) as Builtins;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return null;
}
