import { applySchema } from "../../../src/analysis/apply-schema.ts";
import { compareSides, type DiffOptions, type SchemaDiff } from "../../../src/check/schema/diff.ts";
import { withDeclaredRoles } from "../../../src/check/schema/roles.ts";
import type { Side } from "../../../src/check/schema/side.ts";
import { readCatalog } from "../../../src/check/schema/snapshot/read.ts";
import type { SchemaFile } from "../../../src/model/source.ts";
import { EmbeddedEngine } from "../../../src/postgres/pglite.ts";

/** One embedded PostgreSQL for a whole suite, emptied before each schema: to start one takes longer than most of what is tried on it. */
export class Bench {
  readonly engine: EmbeddedEngine;
  /** The schema that it has, as it was built, and nothing has been done to since; null where somebody may have. */
  #has: readonly SchemaFile[] | null = null;
  /** Sides that were compared, by their texts: many cases begin with the same. */
  readonly #compared = new Map<string, Side>();

  private constructor(engine: EmbeddedEngine) {
    this.engine = engine;
  }

  static async start(extensions: readonly string[] = []): Promise<Bench> {
    return new Bench(await EmbeddedEngine.start({ snapshot: null, extensions, root: "." }));
  }

  /** The schema that these texts lead to. @throws where a statement fails */
  async side(...texts: readonly string[]): Promise<Side> {
    const files = texts.map((text, i): SchemaFile => ({ path: `${i + 1}.sql`, text }));
    await this.#apply(files);
    const catalog = withDeclaredRoles(await readCatalog(this.engine), files);
    this.#has = files;
    return {
      key: null,
      files,
      ...catalog,
      diagnostics: [],
      use: async (work) => {
        if (this.#has !== files) await this.#apply(files);
        this.#has = null;
        return work(this.engine);
      },
    };
  }

  async diff(base: string | readonly string[], head: string | readonly string[]): Promise<SchemaDiff> {
    const from = await this.known(...[base].flat());
    const to = await this.known(...[head].flat());
    return this.between(from, to);
  }

  /** The same as `side`, but of texts that were asked for before: nothing is built until it is used. */
  async known(...texts: readonly string[]): Promise<Side> {
    const key = JSON.stringify(texts);
    const known = this.#compared.get(key) ?? (await this.side(...texts));
    this.#compared.set(key, known);
    return known;
  }

  /** The same of sides that were built before, each of which may be asked about again. */
  async between(from: Side, to: Side, options: DiffOptions = { migration: "online" }): Promise<SchemaDiff> {
    return { querySets: [0], ...(await compareSides(from, to, options)) };
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  /** Takes away all that was made. */
  async empty(): Promise<void> {
    this.#has = null;
    await this.engine.run(EMPTY);
  }

  async #apply(files: readonly SchemaFile[]): Promise<void> {
    await this.empty();
    const problems = (await applySchema(this.engine, files)).filter(({ severity }) => severity === "error");
    if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
  }
}

const EMPTY = `do $$ declare one record; begin
  for one in select evtname as name from pg_event_trigger loop execute format('drop event trigger %I', one.name); end loop;
  for one in select pubname as name from pg_publication loop execute format('drop publication %I', one.name); end loop;
  for one in select extname as name from pg_extension where extname <> 'plpgsql' loop execute format('drop extension %I cascade', one.name); end loop;
  for one in select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop execute format('drop schema %I cascade', one.name); end loop;
  for one in select collname as name from pg_collation where oid >= 16384 and collnamespace = 'pg_catalog'::regnamespace loop execute format('drop collation pg_catalog.%I', one.name); end loop;
  for one in select fdwname as name from pg_foreign_data_wrapper loop execute format('drop foreign data wrapper %I cascade', one.name); end loop;
  delete from pg_shdepend where classid = 'pg_default_acl'::regclass;
  delete from pg_default_acl;
  for one in select rolname as name from pg_roles where oid >= 16384 loop execute format('drop owned by %I', one.name); execute format('drop role %I', one.name); end loop;
  execute format('alter database %I reset all', current_database());
end $$; create schema public`;
