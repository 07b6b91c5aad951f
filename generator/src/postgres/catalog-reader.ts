import type { Oid, PgType } from "../model/catalog.ts";
import type {
  Comparison,
  KnownCatalog,
  RawFunction,
  RawOperator,
  RawRelation,
  UserCatalog,
} from "./catalog-objects.ts";
import type { Engine } from "./engine.ts";
import { type FunctionBody, readFunctionBody, readFunctions } from "./function-reader.ts";
import { readUniqueIndexes, type UniqueIndex } from "./index-reader.ts";
import { FIRST_NORMAL_OID } from "./normal-oid.ts";
import { readOperators } from "./operator-reader.ts";
import { readRelations, readSequences } from "./relation-reader.ts";
import { WITH_OTHER_RIGHTS } from "./restricted-calls.ts";
import type { Query } from "./tree/node-types.ts";
import { readTypes, referencesOf } from "./type-reader.ts";

/** nextval, currval and both of setval: the same in every version. */
const NAMING_SEQUENCES: readonly Oid[] = [1574, 1575, 1576, 1765];

/** A literal that stays without a type is read as a text. */
const UNKNOWN = 705;
const TEXT = 25;

/** Reads PostgreSQL's catalogs, each object once. Getters are synchronous: `ensure` what they need before. */
export class CatalogReader {
  readonly #engine: Engine;
  readonly #relations = new Map<Oid, RawRelation>();
  readonly #functions = new Map<Oid, RawFunction>();
  /** Those of PostgreSQL's own on which the schema gives or takes rights. */
  readonly #withOtherRights = new Set<Oid>();
  /** As of when that many were known. */
  #ownFunctionNames: { readonly known: number; readonly names: ReadonlySet<string> } | null = null;
  readonly #types = new Map<Oid, PgType>();
  readonly #operators = new Map<Oid, RawOperator>();
  /** Null for what has none to read. */
  readonly #bodies = new Map<Oid, readonly Query[] | null>();
  /** What they do before: only of those that do. */
  readonly #earlier = new Map<Oid, readonly Query[]>();
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

  /** Null as long as nothing has drawn from one by name. */
  #sequences: ReadonlyMap<Oid, string> | null = null;

  /** @param known what is known without asking, of this very version and build of PostgreSQL */
  constructor(engine: Engine, known: KnownCatalog = {}) {
    this.#engine = engine;
    this.#hasBuiltins = known.builtins != null;
    for (const fn of known.builtins?.functions ?? []) this.#functions.set(fn.oid, fn);
    for (const type of known.builtins?.types ?? []) this.#types.set(type.oid, type);
    for (const operator of known.builtins?.operators ?? []) this.#operators.set(operator.oid, operator);
    for (const [oid, type] of known.types ?? []) this.#types.set(oid, type);
    if (known.user) {
      for (const relation of known.user.known) this.#relations.set(relation.oid, relation);
      for (const fn of known.user.functions) {
        this.#functions.set(fn.oid, fn);
        if (fn.builtIn) this.#withOtherRights.add(fn.oid);
      }
      for (const [oid, type] of known.user.types) this.#types.set(oid, type);
      this.#prefetched = known.user.relations;
      this.#keepUniqueIndexes(known.user.uniqueIndexes);
      for (const [oid, body] of known.user.bodies) this.#bodies.set(oid, body);
      for (const [oid, queries] of known.user.earlier) this.#earlier.set(oid, queries);
      for (const oid of known.user.complete) this.#complete.add(oid);
      for (const operator of known.user.operators) this.#operators.set(operator.oid, operator);
      this.#sequences = known.user.sequences;
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

  operatorName(operator: Oid): string | undefined {
    return this.#operators.get(operator)?.name;
  }

  /** Tells how the operator compares two values, or null where it does something else. */
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

  /** All queries of the body of a function of the user's in SQL; none where they cannot be read. */
  wholeBody(fn: Oid): readonly Query[] {
    const isSql = this.#functions.get(fn)?.bodyLanguage === "sql";
    return isSql ? [...(this.#earlier.get(fn) ?? []), ...(this.#bodies.get(fn) ?? [])] : [];
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

  /** Of functions that are not PostgreSQL's own, as far as they have been read. */
  get ownFunctionNames(): ReadonlySet<string> {
    const known = this.#functions.size;
    if (this.#ownFunctionNames?.known !== known) {
      this.#ownFunctionNames = { known, names: new Set(this.#ownFunctions().map(({ name }) => name)) };
    }
    return this.#ownFunctionNames.names;
  }

  #ownFunctions(): RawFunction[] {
    return [...this.#functions.values()].filter(({ oid }) => oid >= FIRST_NORMAL_OID);
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
      functions: [
        ...this.#ownFunctions(),
        ...[...this.#withOtherRights].map((oid) => this.#functions.get(oid)!),
      ],
      types: this.ownTypes,
      uniqueIndexes: [...this.#uniqueIndexes.values()].flat(),
      bodies: new Map(this.#bodies),
      earlier: new Map(this.#earlier),
      complete: [...this.#complete],
      operators: [...this.#operators.values()].filter(({ oid }) => oid >= FIRST_NORMAL_OID),
      sequences: this.#sequences,
    };
  }

  async #prefetch(): Promise<void> {
    const rows = await this.#engine.run(
      `select p.oid::int8::text as oid from pg_proc p where p.prokind <> 'p' and p.oid >= ${this.#hasBuiltins ? FIRST_NORMAL_OID : 0}
       union all select p.oid::int8::text from pg_proc p where ${WITH_OTHER_RIGHTS}`,
    );
    const oids = rows.map((row) => Number(row.oid));
    for (const oid of oids) {
      // What is shipped of it knows nothing of these rights.
      if (oid < FIRST_NORMAL_OID && this.#functions.delete(oid)) this.#withOtherRights.add(oid);
    }
    await this.ensureFunctions(oids);
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

  /** Reads what the tree itself refers to; gives the functions among it. */
  async #ensureObjects(text: string): Promise<ReadonlySet<Oid>> {
    const functions = new Set<Oid>();
    const relations = new Set<Oid>();
    const operators = new Set<Oid>();
    const types = new Set<Oid>();
    for (const m of text.matchAll(
      /:(opno|funcid|opfuncid|winfnoid|aggfnoid|relid|resorigtbl|[a-z]*type|[a-z]+_typeid|typid|typeId) (\d+)/g,
    )) {
      const oid = Number(m[2]);
      // A constructor of JSON has a small number of its own for `type`.
      if (oid === 0 || (m[1] === "type" && oid < LEAST_TYPE)) continue;
      if (m[1] === "relid" || m[1] === "resorigtbl") relations.add(oid);
      else if (m[1] === "opno") operators.add(oid);
      else if (TYPES_IN_TREES.has(m[1]!)) types.add(oid === UNKNOWN ? TEXT : oid);
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

  /** Reads functions that no tree calls, with everything that their bodies refer to. */
  async ensureCalled(oids: readonly Oid[]): Promise<void> {
    await this.ensureFunctions(oids);
    for (const oid of oids) {
      const body = await this.#ensureBody(oid);
      if (body) await this.ensureForTree(body.text);
    }
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
    if (body && body.before.length > 0) this.#earlier.set(oid, body.before);
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

/** `boolean`: no type has a lower oid. */
const LEAST_TYPE: Oid = 16;
/** The fields of nodes that say of which type their value is. */
const TYPES_IN_TREES = new Set(
  "vartype consttype resulttype row_typeid array_typeid element_typeid paramtype funcresulttype opresulttype coalescetype casetype minmaxtype aggtype wintype refrestype refcontainertype type typid typeId".split(
    " ",
  ),
);
