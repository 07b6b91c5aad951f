import type { Attribute, Oid, PgType, RelationKind } from "../model/catalog.ts";
import { allowedTexts } from "./allowed-texts.ts";
import type { Builtins } from "./builtins.ts";
import type { Engine, Row } from "./engine.ts";
import { asNode, type Node, readNodeTree, type Value } from "./node-tree.ts";

/** Oids from here on are the user's (`FirstNormalObjectId`); below, PostgreSQL's own and stable across versions. */
export const FIRST_NORMAL_OID = 16384;

export interface RawColumn extends Attribute {
  readonly number: number;
  /** A NOT NULL constraint that holds for every row that a scan can deliver. */
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** The n of `char(n)` and the like, or null. */
  readonly length: number | null;
  /** 'a'lways or by 'd'efault; empty for none. */
  readonly identity: string;
  /** The expression of a generated column, or null. */
  readonly generated: Node | null;
  /** `schema.name`, quoted, of the sequence that it owns and draws its default from (`serial`), or null. */
  readonly sequence: string | null;
}

export interface RawRelation {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind | "other";
  readonly rowType: Oid;
  readonly comment: string | null;
  readonly partitionOf: Oid | null;
  /** By `attnum`, dropped ones left out. */
  readonly columns: ReadonlyMap<number, RawColumn>;
  /** CHECK constraints that every row satisfies (or makes unknown). */
  readonly checks: readonly Node[];
  /** The analysed query of a view. */
  readonly viewQuery: Node | null;
  /** Has rules (but a view's own), or triggers in place of what is done to a view: then RETURNING may be one of theirs. */
  readonly hasRules: boolean;
  /** Has partitions or inheritance children, which a scan reads too. */
  readonly hasChildren: boolean;
}

export interface RawFunction {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly strict: boolean;
  readonly returnsSet: boolean;
  /** Names of the input arguments; empty strings where unnamed. */
  readonly argNames: readonly string[];
  /** Its signature, where it may not be called by just anyone; else null. */
  readonly restricted: string | null;
}

export interface Known {
  readonly builtins?: Builtins | null;
  readonly types?: ReadonlyMap<Oid, PgType> | undefined;
  readonly user?: UserCatalog | undefined;
}

/** What `prefetch` finds of the user's, for another reader of the same database. */
export interface UserCatalog {
  /** In creation order. */
  readonly relations: readonly Oid[];
  /** Those and what they refer to. */
  readonly known: readonly RawRelation[];
  readonly functions: readonly RawFunction[];
  readonly types: ReadonlyMap<Oid, PgType>;
}

/** Reads PostgreSQL's catalogs, each object once. Getters are synchronous: `ensure` what they need before. */
export class CatalogReader {
  readonly #engine: Engine;
  readonly #relations = new Map<Oid, RawRelation>();
  readonly #functions = new Map<Oid, RawFunction>();
  readonly #types = new Map<Oid, PgType>();
  readonly #hasBuiltins: boolean;
  #reserved: Promise<ReadonlySet<string>> | null = null;
  /** The user's relations, once they have been read; then all of the user's types have been, too. */
  #prefetched: readonly Oid[] | null = null;

  /** @param known what is known without asking, of this very version and build of PostgreSQL */
  constructor(engine: Engine, known: Known = {}) {
    this.#engine = engine;
    this.#hasBuiltins = known.builtins != null;
    for (const fn of known.builtins?.functions ?? []) this.#functions.set(fn.oid, fn);
    for (const type of known.builtins?.types ?? []) this.#types.set(type.oid, type);
    for (const [oid, type] of known.types ?? []) this.#types.set(oid, type);
    if (known.user) {
      for (const relation of known.user.known) this.#relations.set(relation.oid, relation);
      for (const fn of known.user.functions) this.#functions.set(fn.oid, fn);
      for (const [oid, type] of known.user.types) this.#types.set(oid, type);
      this.#prefetched = known.user.relations;
    }
    if (known.builtins) this.#reserved = Promise.resolve(new Set(known.builtins.reservedWords));
  }

  relation(oid: Oid): RawRelation | undefined {
    return this.#relations.get(oid);
  }

  function(oid: Oid): RawFunction | undefined {
    return this.#functions.get(oid);
  }

  type(oid: Oid): PgType | undefined {
    return this.#types.get(oid);
  }

  get types(): ReadonlyMap<Oid, PgType> {
    return this.#types;
  }

  /** The types that PostgreSQL does not bring along. */
  get ownTypes(): ReadonlyMap<Oid, PgType> {
    return new Map([...this.#types].filter(([oid]) => oid >= FIRST_NORMAL_OID));
  }

  /** All relations of the user's schemas, in creation order. */
  async userRelations(): Promise<RawRelation[]> {
    if (this.#prefetched !== null) return this.#prefetched.map((oid) => this.#relations.get(oid)!);
    const rows = await this.#engine.run(
      `select c.oid::int8::text as oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r','v','m','p','f') and n.nspname not in ('pg_catalog', 'information_schema')
         and n.nspname !~ '^pg_(toast|temp)' and not exists (
           select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
       order by c.oid`,
    );
    const oids = rows.map((row) => Number(row.oid));
    await this.ensureRelations(oids);
    return oids.map((oid) => this.#relations.get(oid)!);
  }

  /** Enums, composites and domains of the user's schemas, used by a column or not. */
  async ensureUserTypes(): Promise<void> {
    if (this.#prefetched !== null) return;
    const rows = await this.#engine.run(
      `select t.oid::int8::text as oid from pg_type t join pg_namespace n on n.oid = t.typnamespace
       left join pg_class c on c.oid = t.typrelid
       where t.oid >= ${FIRST_NORMAL_OID} and n.nspname not in ('pg_catalog', 'information_schema')
         and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c') order by t.oid`,
    );
    await this.ensureTypes(rows.map((row) => Number(row.oid)));
  }

  /** Reads at once what most queries need anyway: the user's relations and types, PostgreSQL's functions and common types. */
  async prefetch(): Promise<UserCatalog> {
    if (this.#prefetched === null) await this.#prefetch();
    return {
      relations: this.#prefetched!,
      known: [...this.#relations.values()],
      functions: [...this.#functions.values()].filter(({ oid }) => oid >= FIRST_NORMAL_OID),
      types: this.ownTypes,
    };
  }

  async #prefetch(): Promise<void> {
    const rows = await this.#engine.run(
      `select p.oid::int8::text as oid from pg_proc p where p.prokind <> 'p' and p.oid >= ${this.#hasBuiltins ? FIRST_NORMAL_OID : 0}`,
    );
    await this.ensureFunctions(rows.map((row) => Number(row.oid)));
    await this.ensureUserTypes();
    this.#prefetched = (await this.userRelations()).map(({ oid }) => oid);
  }

  /** Everything that the tree refers to, through views to the end. */
  async ensureForTree(text: string): Promise<void> {
    const functions = new Set<Oid>();
    const relations = new Set<Oid>();
    const types = new Set<Oid>();
    for (const m of text.matchAll(
      /:(funcid|opfuncid|winfnoid|aggfnoid|relid|resorigtbl|[a-z]+type|[a-z]+_typeid) (\d+)/g,
    )) {
      const oid = Number(m[2]);
      if (oid === 0) continue;
      if (m[1] === "relid" || m[1] === "resorigtbl") relations.add(oid);
      else if (TYPES_IN_TREES.has(m[1]!)) types.add(oid);
      else if (!m[1]!.endsWith("type") && !m[1]!.endsWith("_typeid")) functions.add(oid);
    }
    await this.ensureFunctions([...functions]);
    await this.ensureRelations([...relations]);
    await this.ensureTypes([...types]);
  }

  async ensureFunctions(oids: readonly Oid[]): Promise<void> {
    const missing = oids.filter((oid) => !this.#functions.has(oid));
    if (missing.length === 0) return;
    const rows = await this.#engine.run(
      `select p.oid::int8::text as oid, n.nspname::text as schema, p.proname::text as name, p.proisstrict as strict,
         p.proretset as setof, p.pronargs::int4 as nargs, coalesce(p.proargnames, '{}')::text[] as names, coalesce(p.proargmodes, '{}')::text[] as modes,
         case when p.proacl is not null and p.oid >= ${FIRST_NORMAL_OID} and not has_function_privilege('public', p.oid, 'execute') then p.oid::regprocedure::text end as restricted
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid in (${missing.join()})`,
    );
    for (const row of rows) {
      const names = row.names as string[];
      const modes = row.modes as string[];
      const inputs = modes.length === 0 ? names : names.filter((_, i) => "ibv".includes(modes[i] ?? "i"));
      this.#functions.set(Number(row.oid), {
        oid: Number(row.oid),
        schema: row.schema as string,
        name: row.name as string,
        strict: row.strict as boolean,
        returnsSet: row.setof as boolean,
        argNames: inputs,
        restricted: (row.restricted as string | null) ?? null,
      });
    }
  }

  async ensureRelations(oids: readonly Oid[]): Promise<void> {
    const missing = oids.filter((oid) => oid !== 0 && !this.#relations.has(oid));
    if (missing.length === 0) return;
    const list = missing.join();
    const rows = await this.#engine.run(
      `select c.oid::int8::text as oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
         c.reltype::int8::text as rowtype, obj_description(c.oid, 'pg_class') as comment,
         (select i.inhparent::int8::text from pg_inherits i where i.inhrelid = c.oid and c.relispartition) as parent,
         (select r.ev_action::text from pg_rewrite r where r.ev_class = c.oid and r.rulename = '_RETURN') as view,
         exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN')
           or exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgtype & 64 <> 0) as rules,
         exists (select from pg_inherits i where i.inhparent = c.oid) as children
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid in (${list})`,
    );
    const columns = groupByRelation(
      await this.#engine.run(
        `select a.attrelid::int8::text as rel, a.attnum::int4 as number, a.attname::text as name, a.atttypid::int8::text as type, nullif(a.atttypmod, -1)::int4 as typmod,
           a.attnotnull as notnull, a.atthasdef or a.attidentity <> '' as hasdefault, a.attidentity::text as identity,
           col_description(a.attrelid, a.attnum) as comment,
           case when a.atthasdef then (select s.oid::regclass::text from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
             and d.refobjid = a.attrelid and d.refobjsubid = a.attnum and d.deptype = 'a' limit 1) end as sequence,
           case when a.attgenerated <> '' then (select d.adbin::text from pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum) end as generated,
           a.attnotnull and (exists (select from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'n' and k.conkey = array[a.attnum] and not k.convalidated)
             or (select c.relhassubclass from pg_class c where c.oid = a.attrelid) and exists (
               with recursive below(oid) as (
                 select i.inhrelid from pg_inherits i where i.inhparent = a.attrelid
                 union select i.inhrelid from below join pg_inherits i on i.inhparent = below.oid)
               select from below join pg_class child on child.oid = below.oid
               join pg_attribute inherited on inherited.attrelid = child.oid and inherited.attname = a.attname
               where child.relkind = 'f' or not inherited.attnotnull)) as weak
         from pg_attribute a where a.attrelid in (${list}) and a.attnum > 0 and not a.attisdropped order by a.attrelid, a.attnum`,
      ),
    );
    const checks = groupByRelation(
      await this.#engine.run(
        `select k.conrelid::int8::text as rel, k.conbin::text as tree from pg_constraint k
         where k.conrelid in (${list}) and k.contype = 'c' and k.convalidated
           and (not k.connoinherit or not exists (select from pg_inherits i where i.inhparent = k.conrelid))
           and not exists (
             with recursive below(oid) as (
               select i.inhrelid from pg_inherits i where i.inhparent = k.conrelid
               union select i.inhrelid from below join pg_inherits i on i.inhparent = below.oid)
             select from below join pg_class child on child.oid = below.oid where child.relkind = 'f')`,
      ),
    );
    const nested: string[] = [];
    const types = new Set<Oid>();
    for (const row of rows) {
      const oid = Number(row.oid);
      const kind = RELATION_KINDS[row.kind as string] ?? "other";
      const view = typeof row.view === "string" ? firstNode(readNodeTree(row.view)) : null;
      if (view) nested.push(row.view as string);
      const own = new Map<number, RawColumn>();
      for (const column of columns.get(oid) ?? []) {
        types.add(Number(column.type));
        if (column.generated) nested.push(column.generated as string);
        own.set(Number(column.number), {
          number: Number(column.number),
          name: column.name as string,
          type: Number(column.type),
          comment: (column.comment as string | null) ?? null,
          // A foreign server's NOT NULL is a promise, not a check, and one here may say nothing of the children (NO INHERIT).
          notNull: (column.notnull as boolean) && kind !== "foreign table" && !(column.weak as boolean),
          hasDefault: column.hasdefault as boolean,
          // The modifier counts a header of four bytes.
          length: column.typmod === null ? null : (column.typmod as number) - 4,
          identity: column.identity as string,
          generated: column.generated ? asNode(readNodeTree(column.generated as string)) : null,
          sequence: (column.sequence as string | null) ?? null,
        });
      }
      this.#relations.set(oid, {
        oid,
        schema: row.schema as string,
        name: row.name as string,
        kind,
        rowType: Number(row.rowtype),
        comment: (row.comment as string | null) ?? null,
        partitionOf: row.parent ? Number(row.parent) : null,
        columns: own,
        checks:
          kind === "foreign table"
            ? []
            : (checks.get(oid) ?? []).map((c) => asNode(readNodeTree(c.tree as string))!),
        viewQuery: view,
        hasRules: row.rules as boolean,
        hasChildren: row.children as boolean,
      });
      if (Number(row.rowtype) !== 0) types.add(Number(row.rowtype));
    }
    for (const list of checks.values()) for (const check of list) nested.push(check.tree as string);
    await this.ensureTypes([...types]);
    for (const text of nested) await this.ensureForTree(text);
  }

  async ensureTypes(oids: readonly Oid[]): Promise<void> {
    let missing = oids.filter((oid) => oid !== 0 && !this.#types.has(oid));
    while (missing.length > 0) {
      const rows = await this.#engine.run(
        `select t.oid::int8::text as oid, n.nspname::text as schema, t.typname::text as name, t.typtype::text as kind, t.typcategory::text as category,
           t.typsubscript::text as subscript, t.typelem::int8::text as elem, t.typbasetype::int8::text as base, t.typnotnull as notnull,
           pg_catalog.format_type(t.oid, -1) as display, obj_description(t.oid, 'pg_type') as comment,
           (select x.extname::text from pg_depend d join pg_extension x on x.oid = d.refobjid
             where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass) as extension,
           (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) as labels,
           (select r.rngsubtype::int8::text from pg_range r where r.rngtypid = t.oid or r.rngmultitypid = t.oid) as subtype,
           (select c.relkind = 'c' from pg_class c where c.oid = t.typrelid) as standalone,
           (select array_agg(a.attname::text order by a.attnum) from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attnames,
           (select array_agg(a.atttypid::int8::text order by a.attnum) from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as atttypes,
           (select array_agg(coalesce(col_description(a.attrelid, a.attnum), '') order by a.attnum) from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attcomments,
           (select array_agg(k.conbin::text) from pg_constraint k where k.contypid = t.oid and k.contype = 'c' and k.convalidated) as checks,
           coalesce((select bool_and(k.convalidated) from pg_constraint k where k.contypid = t.oid and k.contype = 'n'), true) as sound,
           t.oid >= ${FIRST_NORMAL_OID} and exists (select from pg_cast c where c.castsource = t.oid and c.casttarget = 'json'::regtype and c.castmethod = 'f') as tojson
         from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.oid in (${missing.join()})`,
      );
      const next = new Set<Oid>();
      for (const row of rows) {
        const type = toType(row);
        this.#types.set(type.oid, type);
        for (const oid of references(type)) if (!this.#types.has(oid)) next.add(oid);
      }
      missing = [...next].filter((oid) => !this.#types.has(oid));
    }
  }

  /** The words that cannot stand as a column name without quotes. */
  reservedWords(): Promise<ReadonlySet<string>> {
    this.#reserved ??= this.#engine
      .run("select word::text as word from pg_get_keywords() where catcode in ('R', 'T')")
      .then((rows) => new Set(rows.map((row) => row.word as string)));
    return this.#reserved;
  }
}

/** The fields of nodes that say of which type their value is. */
const TYPES_IN_TREES = new Set(
  "vartype consttype resulttype row_typeid array_typeid paramtype funcresulttype opresulttype coalescetype casetype minmaxtype aggtype wintype refrestype".split(
    " ",
  ),
);

const RELATION_KINDS: Readonly<Record<string, RelationKind>> = {
  r: "table",
  p: "partitioned table",
  f: "foreign table",
  v: "view",
  m: "materialized view",
};

function groupByRelation(rows: readonly Row[]): Map<Oid, Row[]> {
  const groups = new Map<Oid, Row[]>();
  for (const row of rows) {
    const group = groups.get(Number(row.rel));
    if (group) group.push(row);
    else groups.set(Number(row.rel), [row]);
  }
  return groups;
}

function firstNode(value: Value): Node | null {
  return Array.isArray(value) ? asNode(value[0] as Value) : asNode(value);
}

function toType(row: Row): PgType {
  const base = {
    oid: Number(row.oid),
    schema: row.schema as string,
    name: row.name as string,
    display: row.display as string,
    comment: (row.comment as string | null) ?? null,
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
        values: domainValues((row.checks as string[] | null) ?? []),
      };
    case "c": {
      const types = (row.atttypes as string[] | null) ?? [];
      const comments = (row.attcomments as string[] | null) ?? [];
      return {
        ...base,
        kind: "composite",
        standalone: row.standalone === true,
        attributes: ((row.attnames as string[] | null) ?? []).map((name, i) => ({
          name,
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

function references(type: PgType): Oid[] {
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

function domainValues(checks: readonly string[]): readonly string[] | null {
  for (const check of checks) {
    const values = allowedTexts(
      asNode(readNodeTree(check)),
      "text",
      (node) => node.node === "COERCETODOMAINVALUE",
    );
    if (values !== null) return values;
  }
  return null;
}
