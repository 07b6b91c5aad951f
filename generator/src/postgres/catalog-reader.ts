import type { Attribute, Oid, PgType, RelationKind } from "../model/catalog.ts";
import type { Builtins } from "./builtins.ts";
import type { Engine } from "./engine.ts";
import { type FunctionBody, readFunctionBody, readFunctions } from "./function-reader.ts";
import { readUniqueIndexes, type UniqueIndex } from "./index-reader.ts";
import { readOperators } from "./operator-reader.ts";
import { readRelations, readSequences } from "./relation-reader.ts";
import type { Expression, Query } from "./tree/node-types.ts";
import type { TriggerEffect } from "./trigger-effects.ts";
import { readTypes, referencesOf } from "./type-reader.ts";

/** Oids from here on are the user's (`FirstNormalObjectId`); below, PostgreSQL's own and stable across versions. */
export const FIRST_NORMAL_OID = 16384;

export interface RawColumn extends Attribute {
  readonly number: number;
  /** A NOT NULL constraint that holds for every row that a scan can deliver. */
  readonly notNull: boolean;
  /** The oid of the constraint that says so, which tells its age; 0 where PostgreSQL keeps none. */
  readonly notNullSince: Oid;
  readonly hasDefault: boolean;
  /** What INSERT stores where it does not name the column, or null. */
  readonly defaultValue: Expression | null;
  /** The n of `char(n)` and the like, or null. */
  readonly length: number | null;
  /** 'a'lways or by 'd'efault; empty for none. */
  readonly identity: string;
  /** The expression of a generated column, or null. */
  readonly generated: Expression | null;
  /** `schema.name`, quoted, of the sequence that it owns and draws its default from (`serial`), or null. */
  readonly sequence: string | null;
}

export interface RawCheck {
  readonly oid: Oid;
  readonly name: string;
  readonly expr: Expression;
}

/** A foreign key that every row satisfies at every time: validated, enforced, not deferrable. */
export interface RawForeignKey {
  readonly oid: Oid;
  readonly name: string;
  readonly columns: readonly number[];
  readonly references: Oid;
  readonly referencedColumns: readonly number[];
  /** Of each column the operator that compares it, and its commutator. */
  readonly equalities: readonly (readonly number[])[];
  /** What PostgreSQL does to rows that refer to one that goes or gets another key. */
  readonly actions: readonly ("update" | "delete")[];
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
  readonly checks: readonly RawCheck[];
  readonly foreignKeys: readonly RawForeignKey[];
  /** What its row triggers that run before the change, and those of everything below it, do to new rows. */
  readonly triggers: readonly TriggerEffect[];
  /** Has row security, whoever it applies to. */
  readonly rowSecurity: boolean;
  /** The analysed query of a view. */
  readonly viewQuery: Query | null;
  /** A view that is read with the rights of whoever asks (`security_invoker`), not with its owner's. */
  readonly isInvoker: boolean;
  /** Has rules (but a view's own), or triggers in place of what is done to a view: then RETURNING may be one of theirs. */
  readonly hasRules: boolean;
  /** Has rules (but a view's own): a command may become others. */
  readonly hasRewriteRules: boolean;
  /** Whether rows that are stored in it may go to a foreign server. */
  readonly hasForeignPartitions: boolean;
  /** Has partitions or inheritance children, which a scan reads too. */
  readonly hasChildren: boolean;
}

export interface RawFunction {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  /** PostgreSQL's own. */
  readonly builtIn: boolean;
  /** `provolatile`: i, s or v. */
  readonly volatility: string;
  readonly strict: boolean;
  readonly returnsSet: boolean;
  readonly resultType: Oid;
  /** Types and names of the columns of TABLE or OUT, or null where the result type says it. */
  readonly columnTypes: readonly Oid[] | null;
  readonly columnNames: readonly string[] | null;
  /** The language of a body that can be analysed, or null. */
  readonly bodyLanguage: "sql" | "plpgsql" | null;
  /** Names of the input arguments; empty strings where unnamed. */
  readonly argNames: readonly string[];
  /** Its signature, where it may not be called by just anyone; else null. */
  readonly restricted: string | null;
}

/** How an operator compares: as the btree (or, of `=` alone, hash) operator classes have it; `<>` is the negator of `=`. */
export type Comparison = "=" | "<>" | "<" | "<=" | ">" | ">=";

export interface RawOperator {
  readonly oid: Oid;
  readonly comparison: Comparison | null;
  /** 0 for none. */
  readonly negator: Oid;
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
  readonly uniqueIndexes: readonly UniqueIndex[];
}

/** nextval, currval and both of setval: the same in every version. */
const NAMING_SEQUENCES: readonly Oid[] = [1574, 1575, 1576, 1765];

/** Reads PostgreSQL's catalogs, each object once. Getters are synchronous: `ensure` what they need before. */
export class CatalogReader {
  readonly #engine: Engine;
  readonly #relations = new Map<Oid, RawRelation>();
  readonly #functions = new Map<Oid, RawFunction>();
  readonly #types = new Map<Oid, PgType>();
  readonly #operators = new Map<Oid, RawOperator>();
  /** Null for what has none to read. */
  readonly #bodies = new Map<Oid, readonly Query[] | null>();
  /** Each is read once, however many queries ask for it at a time. */
  readonly #readBodies = new Map<Oid, Promise<FunctionBody | null>>();
  /** Functions of which everything is read that their bodies refer to. */
  readonly #complete = new Set<Oid>();
  readonly #hasBuiltins: boolean;
  #reserved: Promise<ReadonlySet<string>> | null = null;
  /** The user's relations, once they have been read; then all of the user's types have been, too. */
  #prefetched: readonly Oid[] | null = null;
  readonly #uniqueIndexes = new Map<Oid, UniqueIndex[]>();
  #readIndexes: Promise<void> | null = null;

  /** @param known what is known without asking, of this very version and build of PostgreSQL */
  /** Null as long as nothing has drawn from one by name. */
  #sequences: Map<Oid, string> | null = null;

  constructor(engine: Engine, known: Known = {}) {
    this.#engine = engine;
    this.#hasBuiltins = known.builtins != null;
    for (const fn of known.builtins?.functions ?? []) this.#functions.set(fn.oid, fn);
    for (const type of known.builtins?.types ?? []) this.#types.set(type.oid, type);
    for (const operator of known.builtins?.operators ?? []) this.#operators.set(operator.oid, operator);
    for (const [oid, type] of known.types ?? []) this.#types.set(oid, type);
    if (known.user) {
      for (const relation of known.user.known) this.#relations.set(relation.oid, relation);
      for (const fn of known.user.functions) this.#functions.set(fn.oid, fn);
      for (const [oid, type] of known.user.types) this.#types.set(oid, type);
      this.#prefetched = known.user.relations;
      this.#keepUniqueIndexes(known.user.uniqueIndexes);
    }
    if (known.builtins) this.#reserved = Promise.resolve(new Set(known.builtins.reservedWords));
  }

  relation(oid: Oid): RawRelation | undefined {
    return this.#relations.get(oid);
  }

  /** The qualified name of a sequence that a tree names. */
  sequence(oid: Oid): string | undefined {
    return this.#sequences?.get(oid);
  }

  function(oid: Oid): RawFunction | undefined {
    return this.#functions.get(oid);
  }

  type(oid: Oid): PgType | undefined {
    return this.#types.get(oid);
  }

  /** How the operator compares two values, or null where it does something else. */
  comparison(operator: Oid): Comparison | null {
    return this.#operators.get(operator)?.comparison ?? null;
  }

  /** The operator that is true where this one is false; 0 where the catalog names none. */
  negator(operator: Oid): Oid {
    return this.#operators.get(operator)?.negator ?? 0;
  }

  /** The queries of which one gives the result of a function of the user's; null where they cannot be read. */
  body(fn: Oid): readonly Query[] | null {
    return this.#bodies.get(fn) ?? null;
  }

  uniqueIndexes(relation: Oid): readonly UniqueIndex[] {
    return this.#uniqueIndexes.get(relation) ?? [];
  }

  get version(): number {
    return this.#engine.version;
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
      uniqueIndexes: [...this.#uniqueIndexes.values()].flat(),
    };
  }

  async #prefetch(): Promise<void> {
    const rows = await this.#engine.run(
      `select p.oid::int8::text as oid from pg_proc p where p.prokind <> 'p' and p.oid >= ${this.#hasBuiltins ? FIRST_NORMAL_OID : 0}`,
    );
    await this.ensureFunctions(rows.map((row) => Number(row.oid)));
    await this.ensureUserTypes();
    await this.#ensureUniqueIndexes();
    this.#prefetched = (await this.userRelations()).map(({ oid }) => oid);
  }

  /** Everything that the tree refers to, through views and SQL functions to the end. */
  async ensureForTree(text: string): Promise<void> {
    const seen = new Set<Oid>();
    const trees = [text];
    for (let tree = trees.pop(); tree !== undefined; tree = trees.pop()) {
      for (const oid of await this.#ensureObjects(tree)) {
        if (seen.has(oid) || this.#complete.has(oid)) continue;
        seen.add(oid);
        const body = await this.#ensureBody(oid);
        if (body) trees.push(body.text);
      }
    }
    for (const oid of seen) this.#complete.add(oid);
  }

  /** What the tree itself refers to; gives the functions among it. */
  async #ensureObjects(text: string): Promise<ReadonlySet<Oid>> {
    const functions = new Set<Oid>();
    const relations = new Set<Oid>();
    const operators = new Set<Oid>();
    const types = new Set<Oid>();
    for (const m of text.matchAll(
      /:(opno|funcid|opfuncid|winfnoid|aggfnoid|relid|resorigtbl|[a-z]+type|[a-z]+_typeid) (\d+)/g,
    )) {
      const oid = Number(m[2]);
      if (oid === 0) continue;
      if (m[1] === "relid" || m[1] === "resorigtbl") relations.add(oid);
      else if (m[1] === "opno") operators.add(oid);
      else if (TYPES_IN_TREES.has(m[1]!)) types.add(oid);
      else if (!m[1]!.endsWith("type") && !m[1]!.endsWith("_typeid")) functions.add(oid);
    }
    if (this.#sequences === null && NAMING_SEQUENCES.some((oid) => functions.has(oid)))
      this.#sequences = await readSequences(this.#engine);
    await this.ensureFunctions([...functions]);
    await this.ensureOperators([...operators]);
    await this.ensureRelations([...relations]);
    await this.#ensureUniqueIndexes();
    await this.ensureTypes([...types]);
    return functions;
  }

  async ensureFunctions(oids: readonly Oid[]): Promise<void> {
    const missing = oids.filter((oid) => !this.#functions.has(oid));
    if (missing.length === 0) return;
    const found = await readFunctions(this.#engine, missing);
    for (const fn of found) this.#functions.set(fn.oid, fn);
    await this.ensureTypes(
      found.filter((fn) => !fn.builtIn).flatMap((fn) => [fn.resultType, ...(fn.columnTypes ?? [])]),
    );
  }

  async ensureOperators(oids: readonly Oid[]): Promise<void> {
    const missing = oids.filter(
      (oid) => !this.#operators.has(oid) && (oid >= FIRST_NORMAL_OID || !this.#hasBuiltins),
    );
    if (missing.length === 0) return;
    for (const operator of await readOperators(this.#engine, missing))
      this.#operators.set(operator.oid, operator);
  }

  async #ensureBody(oid: Oid): Promise<FunctionBody | null> {
    const fn = this.#functions.get(oid);
    if (!fn?.bodyLanguage || fn.builtIn) return null;
    const reading = this.#readBodies.get(oid) ?? readFunctionBody(this.#engine, oid);
    this.#readBodies.set(oid, reading);
    const body = await reading;
    this.#bodies.set(oid, body?.queries ?? null);
    return body;
  }

  async ensureRelations(oids: readonly Oid[]): Promise<void> {
    const missing = oids.filter((oid) => oid !== 0 && !this.#relations.has(oid));
    if (missing.length === 0) return;
    const { relations, trees } = await readRelations(this.#engine, missing);
    for (const relation of relations) this.#relations.set(relation.oid, relation);
    await this.ensureTypes(
      relations.flatMap((relation) => [
        relation.rowType,
        ...[...relation.columns.values()].map((column) => column.type),
      ]),
    );
    for (const tree of trees) await this.ensureForTree(tree);
  }

  /** Of all tables at once. */
  async #ensureUniqueIndexes(): Promise<void> {
    if (this.#prefetched !== null) return;
    this.#readIndexes ??= readUniqueIndexes(this.#engine).then((found) => this.#keepUniqueIndexes(found));
    await this.#readIndexes;
  }

  #keepUniqueIndexes(found: readonly UniqueIndex[]): void {
    for (const index of found) {
      const list = this.#uniqueIndexes.get(index.relation);
      if (list) list.push(index);
      else this.#uniqueIndexes.set(index.relation, [index]);
    }
  }

  async ensureTypes(oids: readonly Oid[]): Promise<void> {
    let missing = [...new Set(oids)].filter((oid) => oid !== 0 && !this.#types.has(oid));
    while (missing.length > 0) {
      const next = new Set<Oid>();
      for (const type of await readTypes(this.#engine, missing)) {
        this.#types.set(type.oid, type);
        for (const oid of referencesOf(type)) if (!this.#types.has(oid)) next.add(oid);
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
  "vartype consttype resulttype row_typeid array_typeid element_typeid paramtype funcresulttype opresulttype coalescetype casetype minmaxtype aggtype wintype refrestype".split(
    " ",
  ),
);
