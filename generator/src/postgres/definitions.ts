import type { Oid } from "../model/catalog.ts";
import type { Engine, Row } from "./engine.ts";
import { FIRST_NORMAL_OID } from "./normal-oid.ts";
import { OLDER_PROMISES } from "./relation-reader.ts";
import { WITH_OTHER_RIGHTS } from "./restricted-calls.ts";
import { wordsOf } from "./words.ts";

/** An object of a schema as the catalogs have it, under names: oids differ from one application of a schema to the next. */
export interface Definition {
  readonly oid: Oid;
  /** Without its schema. */
  readonly name: string;
  /** All that the catalogs say of it, the oids in it replaced by what they stand for. */
  readonly text: string;
  /** The objects that it refers to. */
  readonly refersTo: ReadonlySet<string>;
  /** Of a function with a body in which names are looked up when it is read. */
  readonly body: { readonly words: ReadonlySet<string> | null } | null;
  /** Whether it counts for statements that do not name it: operators, casts, schemas, settings. */
  readonly isForAll: boolean;
}

/** All objects of the user's, by kind and qualified name. */
export interface Definitions {
  readonly objects: ReadonlyMap<string, Definition>;
  /** The object that an oid stands for, or that it is a part of. */
  readonly identities: ReadonlyMap<Oid, string>;
}

/**
 * Reads everything of the catalogs that the analysis of a statement can depend on.
 * @returns null where an oid stands for two objects, or a name may be written with escapes in any string
 */
export async function readDefinitions(engine: Engine): Promise<Definitions | null> {
  const rows = await engine.run(ALL);
  const identities = new Map<Oid, string>();
  const owners = new Map<string, string>();
  const found = new Map<string, { readonly row: Row; readonly texts: string[] }>();
  // Objects come before their parts, and before those whose names are made of theirs.
  for (const row of rows) {
    const oid = Number(row.oid);
    const text = row.text as string;
    if (row.owner === null) {
      const identity = `${row.kind as string} ${canonical(row.identity as string, identities)}`;
      if (identities.has(oid) || ESCAPES.has(`${identity} ${text}`)) return null;
      if (oid !== 0) identities.set(oid, identity);
      found.set(identity, { row, texts: [text] });
      continue;
    }
    const of = identities.get(Number(row.owner));
    if (of === undefined) continue;
    const owner = owners.get(of) ?? of;
    found.get(owner)!.texts.push(text);
    if (oid === 0) continue;
    if (identities.has(oid)) return null;
    const part = `${row.kind as string} ${row.identity as string} of ${owner}`;
    identities.set(oid, part);
    owners.set(part, owner);
  }
  const objects = new Map<string, Definition>();
  for (const [identity, { row, texts }] of found) {
    const refersTo = new Set<string>();
    const text = canonical(texts.join("\n"), identities, (name) => refersTo.add(owners.get(name) ?? name));
    const body = row.body as string | null;
    objects.set(identity, {
      oid: Number(row.oid),
      name: row.name as string,
      text,
      refersTo,
      body: body === null ? null : { words: wordsOf(body) },
      isForAll: row.forall as boolean,
    });
  }
  for (const [oid, identity] of identities) identities.set(oid, owners.get(identity) ?? identity);
  return { objects, identities };
}

/** The oids of the user's that a tree refers to, or another text of PostgreSQL's. */
export function oidsIn(text: string): Set<Oid> {
  const oids = new Set<Oid>();
  for (const [digits] of withNamingConstants(text).matchAll(OID)) {
    const oid = Number(digits);
    if (oid >= FIRST_NORMAL_OID) oids.add(oid);
  }
  return oids;
}

const ESCAPES = new Set(["setting standard_conforming_strings off"]);
const OID = /\b\d{5,}\b/g;

function canonical(
  text: string,
  identities: ReadonlyMap<Oid, string>,
  onFound: (identity: string) => void = () => {},
): string {
  return withNamingConstants(text).replace(OID, (digits) => {
    const identity = identities.get(Number(digits));
    if (identity === undefined) return digits;
    onFound(identity);
    return `<${identity}>`;
  });
}

/** Constants of `regclass` and the like, and of enums, hold an oid, which a tree prints byte by byte. */
const NAMING_CONSTANT =
  /(:consttype (?:24|2202|2203|2204|2205|2206|3734|3769|4089|4096|4191|\d{5,}) [^{}]*:constvalue 4 \[) (\d+) (\d+) (\d+) (\d+)((?: 0){4})? \]/g;

function withNamingConstants(text: string): string {
  if (!text.includes(":constvalue 4 [")) return text;
  return text.replace(
    NAMING_CONSTANT,
    (_, start: string, a: string, b: string, c: string, d: string) =>
      `${start} ${Number(a) + 256 * (Number(b) + 256 * (Number(c) + 256 * Number(d)))} ]`,
  );
}

const OWN = (oid: string) => `${oid} >= ${FIRST_NORMAL_OID}`;
const OF_USERS = (oid: string) => `${OWN(oid)} and n.nspname !~ '^pg_toast'`;

interface ObjectSource {
  readonly kind: string;
  readonly oid: string;
  readonly identity: string;
  readonly name: string;
  readonly text: string;
  readonly body?: string;
  readonly isForAll?: true;
  readonly from: string;
}

interface PartSource {
  readonly owner: string;
  /** Of one that others refer to. */
  readonly own?: { readonly kind: string; readonly oid: string; readonly name: string };
  readonly text: string;
  readonly from: string;
  readonly order: string;
}

/** In an order in which what a name is made of comes before it. */
const OBJECTS: readonly ObjectSource[] = [
  {
    kind: "schema",
    oid: "n.oid",
    identity: "n.nspname",
    name: "n.nspname",
    text: "''",
    isForAll: true,
    from: `pg_namespace n where ${OF_USERS("n.oid")} and n.nspname !~ '^pg_temp'`,
  },
  {
    kind: "relation",
    oid: "c.oid",
    identity: "n.nspname || '.' || c.relname",
    name: "c.relname",
    text: "row(c.relkind, c.reltype, c.reloftype, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.relpartbound, c.reloptions)::text",
    from: `pg_class c join pg_namespace n on n.oid = c.relnamespace where ${OF_USERS("c.oid")}`,
  },
  {
    kind: "type",
    oid: "t.oid",
    identity: "n.nspname || '.' || t.typname",
    name: "t.typname",
    text: "t::text",
    from: `pg_type t join pg_namespace n on n.oid = t.typnamespace where ${OF_USERS("t.oid")}`,
  },
  {
    kind: "function",
    oid: "p.oid",
    identity: "n.nspname || '.' || p.proname || '(' || p.proargtypes::text || ')'",
    name: "p.proname",
    text: "p::text",
    body: "case when l.lanname in ('sql', 'plpgsql') and p.prosqlbody is null then p.prosrc end",
    from: `pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang where ${OWN("p.oid")}`,
  },
  {
    kind: "rights on a built-in function",
    oid: "0::oid",
    identity: "p.oid::int8::text",
    name: "''",
    text: "coalesce(p.proacl::text, '')",
    isForAll: true,
    from: `pg_proc p where ${WITH_OTHER_RIGHTS}`,
  },
  {
    kind: "operator",
    oid: "o.oid",
    identity: "n.nspname || '.' || o.oprname || '(' || o.oprleft::int8 || ', ' || o.oprright::int8 || ')'",
    name: "o.oprname",
    text: "o::text",
    isForAll: true,
    from: `pg_operator o join pg_namespace n on n.oid = o.oprnamespace where ${OWN("o.oid")}`,
  },
  {
    kind: "cast",
    oid: "c.oid",
    identity: "c.castsource::int8 || ' as ' || c.casttarget::int8",
    name: "''",
    text: "c::text",
    isForAll: true,
    from: `pg_cast c where ${OWN("c.oid")}`,
  },
  // Of others of which a statement can depend on one without naming it, it is enough to know that they are the same.
  ...[
    "pg_collation",
    "pg_opfamily",
    "pg_opclass",
    "pg_amop",
    "pg_amproc",
    "pg_am",
    "pg_language",
    "pg_conversion",
    "pg_transform",
    "pg_extension",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_event_trigger",
  ].map(
    (catalog): ObjectSource => ({
      kind: catalog,
      oid: "r.oid",
      identity: "r::text",
      name: "''",
      text: "''",
      isForAll: true,
      from: `${catalog} r where ${OWN("r.oid")}`,
    }),
  ),
  {
    kind: "setting",
    oid: "0::oid",
    identity: "s.name",
    name: "''",
    text: "s.setting",
    isForAll: true,
    // How trees are printed is ours.
    from: `pg_settings s where s.source <> 'default' and s.name not in ('debug_print_parse', 'client_min_messages') and s.name !~ '^transaction_'`,
  },
  {
    kind: "setting of a role",
    oid: "0::oid",
    identity: "s::text",
    name: "''",
    text: "''",
    isForAll: true,
    from: "pg_db_role_setting s",
  },
];

const PARTS: readonly PartSource[] = [
  {
    owner: "a.attrelid",
    text: "row(a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated, a.attisdropped, a.attcollation, a.attislocal, a.attinhcount)::text",
    // An index has those of its table.
    from: `pg_attribute a join pg_class c on c.oid = a.attrelid where ${OWN("a.attrelid")} and a.attnum > 0 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')`,
    order: "a.attnum",
  },
  {
    owner: "d.adrelid",
    text: "row(d.adnum, d.adbin)::text",
    from: "pg_attrdef d",
    order: "d.adnum",
  },
  {
    owner: "coalesce(nullif(k.conrelid, 0), k.contypid)",
    own: { kind: "constraint", oid: "k.oid", name: "k.conname" },
    text: "k::text",
    from: `pg_constraint k where ${OWN("k.oid")} and k.contype <> 'n'`,
    order: "k.conname, k.oid",
  },
  {
    // No tree refers to them.
    owner: "coalesce(nullif(k.conrelid, 0), k.contypid)",
    text: "row(k.conname, k.conkey, k.convalidated, k.connoinherit, k.coninhcount, k.conislocal)::text",
    from: `pg_constraint k where ${OWN("k.oid")} and k.contype = 'n'`,
    order: "k.conname, k.oid",
  },
  {
    owner: "t.tgrelid",
    own: { kind: "trigger", oid: "t.oid", name: "t.tgname" },
    text: "t::text",
    from: `pg_trigger t where not t.tgisinternal and ${OWN("t.oid")}`,
    order: "t.tgname, t.oid",
  },
  {
    // Of a foreign key whose triggers are disabled nobody sees to it.
    owner: "k.conrelid",
    text: "row(k.conname, t.tgtype, t.tgenabled)::text",
    from: "pg_trigger t join pg_constraint k on k.oid = t.tgconstraint where t.tgisinternal and t.tgenabled <> 'O'",
    order: "k.conname, t.tgtype, t.tgenabled",
  },
  {
    owner: "r.ev_class",
    own: { kind: "rule", oid: "r.oid", name: "r.rulename" },
    text: "r::text",
    from: `pg_rewrite r where ${OWN("r.oid")}`,
    order: "r.rulename, r.oid",
  },
  {
    owner: "p.polrelid",
    text: "row(p.polname, p.polcmd, p.polpermissive, p.polroles, p.polqual, p.polwithcheck)::text",
    from: "pg_policy p",
    order: "p.polname, p.oid",
  },
  {
    owner: "i.indrelid",
    text: "i::text",
    from: `pg_index i join pg_class c on c.oid = i.indexrelid where i.indisunique and ${OWN("i.indexrelid")}`,
    order: "c.relname, i.indexrelid",
  },
  {
    owner: "i.inhrelid",
    text: "'of ' || i::text",
    from: "pg_inherits i",
    order: "i.inhrelid, i.inhseqno",
  },
  {
    owner: "i.inhparent",
    text: "'above ' || i.inhrelid::int8",
    from: "pg_inherits i join pg_class c on c.oid = i.inhrelid",
    order: "c.relname, c.oid",
  },
  {
    owner: "p.partrelid",
    text: "p::text",
    from: "pg_partitioned_table p",
    order: "p.partrelid",
  },
  {
    owner: "e.enumtypid",
    own: { kind: "label", oid: "e.oid", name: "e.enumlabel" },
    text: "e.enumlabel",
    from: "pg_enum e",
    order: "e.enumtypid, e.enumsortorder",
  },
  {
    owner: "r.rngtypid",
    text: "r::text",
    from: `pg_range r where ${OWN("r.rngtypid")}`,
    order: "r.rngtypid",
  },
  {
    owner: "r.rngmultitypid",
    text: "r::text",
    from: `pg_range r where ${OWN("r.rngtypid")}`,
    order: "r.rngtypid",
  },
  {
    owner: "a.aggfnoid",
    text: "a::text",
    from: `pg_aggregate a where ${OWN("a.aggfnoid")}`,
    order: "a.aggfnoid",
  },
  {
    owner: "s.seqrelid",
    text: "s::text",
    from: "pg_sequence s",
    order: "s.seqrelid",
  },
  {
    owner: "f.ftrelid",
    text: "f::text",
    from: "pg_foreign_table f",
    order: "f.ftrelid",
  },
  {
    owner: "d.objoid",
    text: "row(d.objsubid, d.description)::text",
    from: `pg_description d where ${OWN("d.objoid")}`,
    order: "d.objoid, d.classoid, d.objsubid",
  },
  {
    // A sequence that a column owns, and what an extension brought.
    owner: "case d.deptype when 'a' then d.refobjid else d.objid end",
    text: "row(d.deptype, d.refobjsubid, case d.deptype when 'a' then d.objid else d.refobjid end)::text",
    from: `pg_depend d left join pg_class s on d.classid = 'pg_class'::regclass and s.oid = d.objid and s.relkind = 'S' where ${OWN("d.objid")} and (d.deptype = 'e' or d.deptype = 'a' and s.oid is not null and d.refclassid = 'pg_class'::regclass)`,
    order: "d.objid, d.refobjid, d.refobjsubid",
  },
  {
    // What a materialized view was made of may be older than what is promised now.
    owner: "p.view",
    text: "p.promises",
    from: `(${OLDER_PROMISES}) p`,
    order: "p.view",
  },
];

const ALL = [
  ...OBJECTS.map(
    ({ kind, oid, identity, name, text, body = "null", isForAll = false, from }) =>
      `(select '${kind}' as kind, (${oid})::int8::text as oid, null::text as owner, (${identity})::text as identity, (${name})::text as name, (${text})::text as text, (${body})::text as body, ${isForAll} as forall from ${from})`,
  ),
  ...PARTS.map(({ owner, own, text, from, order }) =>
    own
      ? `(select '${own.kind}', (${own.oid})::int8::text, (${owner})::int8::text, (${own.name})::text, null, (${text})::text, null, false from ${from} order by ${order})`
      : `(select '', '0', (${owner})::int8::text, '', null, string_agg((${text})::text, e'\\n' order by ${order}), null, false from ${from} group by ${owner})`,
  ),
].join("\nunion all ");
