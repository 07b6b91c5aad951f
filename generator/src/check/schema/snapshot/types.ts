import { collation, notOfExtension, type ObjectQuery, owner, row, userSchema } from "./reading.ts";

const TYPE = "pg_type t join pg_namespace n on n.oid = t.typnamespace";
const USER_TYPE = `${userSchema("n")} and ${notOfExtension("pg_type", "t.oid")}`;
const NAMED = { class: "pg_type", oid: "t.oid", schema: "n.nspname", name: "quote_ident(t.typname)" };

/** Each version has the locale and the rules in columns of its own. What the system's library says of its own version is no part of the schema. */
export const collations: ObjectQuery = (context) =>
  `${row({
    class: "pg_collation",
    oid: "o.oid",
    kind: "collation",
    schema: "n.nspname",
    name: "quote_ident(o.collname)",
    properties: {
      definition: `concat_ws(', ',
        'provider = ' || case o.collprovider when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end,
        case when o.collprovider = 'c' and o.collcollate <> o.collctype
          then 'lc_collate = ' || quote_literal(o.collcollate) || ', lc_ctype = ' || quote_literal(o.collctype)
          else 'locale = ' || quote_literal(coalesce(to_jsonb(o) ->> 'colllocale', to_jsonb(o) ->> 'colliculocale', o.collcollate)) end,
        case when not o.collisdeterministic then 'deterministic = false' end,
        'rules = ' || quote_literal(to_jsonb(o) ->> 'collicurules'))`,
      owner: owner(context, "o.collowner"),
    },
  })} from pg_collation o join pg_namespace n on n.oid = o.collnamespace where ${userSchema("n")} and ${notOfExtension("pg_collation", "o.oid")}`;

export const enums: ObjectQuery = (context) =>
  `${row({
    ...NAMED,
    kind: "enum",
    properties: {
      labels:
        "(select coalesce(array_agg(e.enumlabel order by e.enumsortorder), '{}') from pg_enum e where e.enumtypid = t.oid)",
      owner: owner(context, "t.typowner"),
    },
  })} from ${TYPE} where t.typtype = 'e' and ${USER_TYPE}`;

export const domains: ObjectQuery = (context) =>
  `${row({
    ...NAMED,
    kind: "domain",
    properties: {
      type: "format_type(t.typbasetype, t.typtypmod)",
      collation: collation(
        "t.typcollation",
        "(select b.typcollation from pg_type b where b.oid = t.typbasetype)",
      ),
      notNull: "t.typnotnull",
      default: "pg_get_expr(t.typdefaultbin, 0)",
      owner: owner(context, "t.typowner"),
    },
  })} from ${TYPE} where t.typtype = 'd' and ${USER_TYPE}`;

export const domainConstraints: ObjectQuery = () =>
  `${row({
    class: "pg_constraint",
    oid: "k.oid",
    kind: "domain constraint",
    name: "quote_ident(k.conname)",
    parent: ["pg_type", "k.contypid"],
    properties: { definition: "pg_get_constraintdef(k.oid)" },
  })} from pg_constraint k join pg_type t on t.oid = k.contypid join pg_namespace n on n.oid = t.typnamespace
   where k.contype = 'c' and ${USER_TYPE}`;

const COMPOSITE = `${TYPE} join pg_class c on c.oid = t.typrelid and c.relkind = 'c'`;

export const composites: ObjectQuery = (context) =>
  `${row({
    ...NAMED,
    kind: "composite type",
    properties: {
      order:
        "(select coalesce(array_agg(quote_ident(a.attname) order by a.attnum), '{}') from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)",
      owner: owner(context, "t.typowner"),
    },
  })} from ${COMPOSITE} where ${USER_TYPE}`;

export const attributes: ObjectQuery = () =>
  `${row({
    class: "pg_class",
    oid: "c.oid",
    sub: "a.attnum",
    kind: "attribute",
    name: "quote_ident(a.attname)",
    parent: ["pg_type", "t.oid"],
    properties: {
      type: "format_type(a.atttypid, a.atttypmod)",
      collation: collation("a.attcollation", "b.typcollation"),
    },
    position: "a.attnum",
  })} from ${COMPOSITE} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped join pg_type b on b.oid = a.atttypid
   where ${USER_TYPE} order by c.oid, a.attnum`;

const MULTIRANGE =
  "'multirange_type_name = ' || (select quote_ident(mn.nspname) || '.' || quote_ident(m.typname) from pg_type m join pg_namespace mn on mn.oid = m.typnamespace where m.oid = r.rngmultitypid)";

export const ranges: ObjectQuery = (context) =>
  `${row({
    ...NAMED,
    kind: "range type",
    properties: {
      definition: `concat_ws(', ', 'subtype = ' || format_type(r.rngsubtype, null),
        (select 'subtype_opclass = ' || quote_ident(on_.nspname) || '.' || quote_ident(o.opcname) from pg_opclass o join pg_namespace on_ on on_.oid = o.opcnamespace
          where o.oid = r.rngsubopc and not o.opcdefault),
        'collation = ' || ${collation("r.rngcollation", "(select b.typcollation from pg_type b where b.oid = r.rngsubtype)")},
        case when r.rngcanonical <> 0 then 'canonical = ' || r.rngcanonical::regproc end,
        case when r.rngsubdiff <> 0 then 'subtype_diff = ' || r.rngsubdiff::regproc end,
        ${context.version >= 140000 ? MULTIRANGE : "null"})`,
      owner: owner(context, "t.typowner"),
    },
  })} from ${TYPE} join pg_range r on r.rngtypid = t.oid where ${USER_TYPE}`;
