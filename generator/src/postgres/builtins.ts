import { readFile } from "node:fs/promises";
import type { Oid, PgType } from "../model/catalog.ts";
import type { Builtins, Comparison } from "./catalog-objects.ts";
import { CatalogReader } from "./catalog-reader.ts";
import type { Engine } from "./engine.ts";
import { FIRST_NORMAL_OID } from "./normal-oid.ts";
import { readOperators } from "./operator-reader.ts";

/** What is written of them: most functions are PostgreSQL's own in every respect, and there are thousands. */
interface PackedBuiltins {
  /**
   * oid, name, volatility and whether strict and a set (`s+*`), type of the result, names of the arguments if any, schema if another, signature of what
   * not just anyone may call.
   */
  readonly functions: readonly (readonly [
    Oid,
    string,
    string,
    Oid,
    (readonly string[] | number)?,
    string?,
    string?,
  ])[];
  readonly types: readonly PgType[];
  /** oid, name, negator, how it compares if it does. */
  readonly operators: readonly (readonly [Oid, string, Oid, Comparison?])[];
  readonly reservedWords: readonly string[];
}

/** The text of what is shipped. */
export function packBuiltins({ functions, types, operators, reservedWords }: Builtins): string {
  const packed: PackedBuiltins = {
    functions: functions.map((fn) => {
      const kind = `${fn.volatility}${fn.strict ? "+" : ""}${fn.returnsSet ? "*" : ""}`;
      const names = fn.argNames.some((name) => name !== "") ? fn.argNames : fn.argNames.length;
      if (fn.restricted !== null)
        return [fn.oid, fn.name, kind, fn.resultType, names, fn.schema, fn.restricted];
      const isUsual = fn.schema === "pg_catalog";
      return isUsual
        ? [fn.oid, fn.name, kind, fn.resultType, names]
        : [fn.oid, fn.name, kind, fn.resultType, names, fn.schema];
    }),
    types,
    operators: operators.map(({ oid, name, negator, comparison }) =>
      comparison === null ? [oid, name, negator] : [oid, name, negator, comparison],
    ),
    reservedWords,
  };
  return JSON.stringify(packed);
}

function unpackBuiltins(text: string): Builtins {
  const { functions, types, operators, reservedWords } = JSON.parse(text) as PackedBuiltins;
  return {
    functions: functions.map(
      ([oid, name, kind, resultType, names = 0, schema = "pg_catalog", restricted = null]) => ({
        oid,
        schema,
        name,
        builtIn: true,
        volatility: kind.charAt(0),
        strict: kind.includes("+"),
        returnsSet: kind.includes("*"),
        resultType,
        columnTypes: null,
        columnNames: null,
        bodyLanguage: null,
        argNames: typeof names === "number" ? UNNAMED.slice(0, names) : names,
        restricted,
        isOfExtension: false,
        restrictedByDefaults: [],
        runsAs: "caller",
        isAtomic: false,
      }),
    ),
    types,
    operators: operators.map(([oid, name, negator, comparison = null]) => ({
      oid,
      name,
      negator,
      comparison,
    })),
    reservedWords,
  };
}

/** As many as a function can have arguments. */
const UNNAMED: readonly string[] = Array.from({ length: 100 }, () => "");

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
    operators: await readOperators(engine, operators),
    reservedWords: [...(await reader.reservedWords())],
  };
}

/** Those of the cluster that ships with the package; null in a checkout that was not built. */
export async function shippedBuiltins(): Promise<Builtins | null> {
  for (const place of ["./builtins.json", "../../dist/builtins.json"]) {
    try {
      return unpackBuiltins(await readFile(new URL(place, import.meta.url), "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return null;
}
