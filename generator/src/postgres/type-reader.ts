import type { Oid, PgType } from "../model/catalog.ts";
import { allowedTexts } from "./allowed-texts.ts";
import type { Engine, Row } from "./engine.ts";
import { FIRST_NORMAL_OID } from "./normal-oid.ts";
import { restrictedCallsIn } from "./restricted-calls.ts";
import { readExpression } from "./tree/read-tree.ts";

export async function readTypes(engine: Engine, oids: readonly Oid[]): Promise<PgType[]> {
  const rows = await engine.run(
    `select t.oid::int8::text as oid, n.nspname::text as schema, t.typname::text as name, t.typtype::text as kind, t.typcategory::text as category,
       t.typsubscript::text as subscript, t.typelem::int8::text as elem, t.typbasetype::int8::text as base, t.typnotnull as notnull, t.typdelim::text as delimiter,
       pg_catalog.format_type(t.oid, -1) as display, obj_description(t.oid, 'pg_type') as comment,
       (select x.extname::text from pg_depend d join pg_extension x on x.oid = d.refobjid
         where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass) as extension,
       (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) as labels,
       (select r.rngsubtype::int8::text from pg_range r where r.rngtypid = t.oid or r.rngmultitypid = t.oid) as subtype,
       (select c.relkind = 'c' from pg_class c where c.oid = t.typrelid) as standalone,
       (select array_agg(a.attname::text order by a.attnum) from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attnames,
       (select array_agg(a.attnum::int4::text order by a.attnum) from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attnums,
       (select array_agg(a.atttypid::int8::text order by a.attnum) from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as atttypes,
       (select array_agg(coalesce(col_description(a.attrelid, a.attnum), '') order by a.attnum) from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attcomments,
       (select array_agg(k.conbin::text) from pg_constraint k where k.contypid = t.oid and k.contype = 'c' and k.convalidated) as checks,
       case when t.typtype = 'd' then ${restrictedCallsIn("select k.conbin::text from pg_constraint k where k.contypid = t.oid")} end as checkcalls,
       case when t.typtype = 'd' then ${restrictedCallsIn("select t.typdefaultbin::text")} end as defaultcalls,
       coalesce((select bool_and(k.convalidated) from pg_constraint k where k.contypid = t.oid and k.contype = 'n'), true) as sound,
       t.oid >= ${FIRST_NORMAL_OID} and exists (select from pg_cast c where c.castsource = t.oid and c.casttarget = 'json'::regtype and c.castmethod = 'f') as tojson
     from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.oid in (${oids.join()})`,
  );
  return rows.map((row) => toType(row, engine.version));
}

function toType(row: Row, version: number): PgType {
  const base = {
    oid: Number(row.oid),
    schema: row.schema as string,
    name: row.name as string,
    display: row.display as string,
    comment: (row.comment as string | null) ?? null,
    ...(row.delimiter === "," ? {} : { delimiter: row.delimiter as string }),
    ...(row.tojson === true ? { castsToJson: true as const } : {}),
  };
  switch (row.kind) {
    case "e":
      return { ...base, kind: "enum", labels: (row.labels as string[] | null) ?? [] };
    case "d":
      return {
        ...base,
        kind: "domain",
        base: Number(row.base),
        notNull: (row.notnull as boolean) && (row.sound as boolean),
        values: domainValues((row.checks as string[] | null) ?? [], version),
        ...(row.checkcalls || row.defaultcalls
          ? {
              restricted: {
                checks: (row.checkcalls as string[] | null) ?? [],
                fallback: (row.defaultcalls as string[] | null) ?? [],
              },
            }
          : {}),
      };
    case "c": {
      const types = (row.atttypes as string[] | null) ?? [];
      const numbers = (row.attnums as string[] | null) ?? [];
      const comments = (row.attcomments as string[] | null) ?? [];
      return {
        ...base,
        kind: "composite",
        standalone: row.standalone === true,
        attributes: ((row.attnames as string[] | null) ?? []).map((name, i) => ({
          name,
          number: Number(numbers[i]),
          type: Number(types[i]),
          comment: comments[i] || null,
        })),
      };
    }
    case "r":
    case "m":
      return { ...base, kind: row.kind === "r" ? "range" : "multirange", subtype: Number(row.subtype) };
    case "p":
      return { ...base, kind: "pseudo" };
    default:
      // `typsubscript` tells a true array from fixed-length types (`name`, `point`) that merely have an element type.
      return row.subscript === "array_subscript_handler" && Number(row.elem) !== 0
        ? { ...base, kind: "array", element: Number(row.elem) }
        : { ...base, kind: "base", extension: (row.extension as string | null) ?? null };
  }
}

/** The types that it is made of. */
export function referencesOf(type: PgType): Oid[] {
  switch (type.kind) {
    case "array":
      return [type.element];
    case "domain":
      return [type.base];
    case "composite":
      return type.attributes.map((a) => a.type);
    case "range":
    case "multirange":
      return [type.subtype];
    default:
      return [];
  }
}

function domainValues(checks: readonly string[], version: number): readonly string[] | null {
  for (const check of checks) {
    const expr = readExpression(check, version);
    for (const comparison of ["text", "integer"] as const) {
      const values = allowedTexts(expr, comparison, (node) => node.kind === "CoerceToDomainValue");
      if (values !== null) return values;
    }
  }
  return null;
}
