import type { QuerySetConfig } from "../config/config.ts";
import type { Files } from "../files/files.ts";
import { KeptFiles } from "../files/kept-files.ts";
import { TracedFiles } from "../files/traced-files.ts";
import { once } from "../model/once.ts";
import { type QueryFile, readQueries } from "../source/queries.ts";
import {
  parseQueries,
  parseSchema,
  readFiles,
  readSchemaFiles,
  type SchemaFiles,
  type Source,
  type SourceFiles,
} from "../source/read-source.ts";

type SchemaSource = Omit<Source, "queries">;

/**
 * What stands in the files of a revision: each is read, and each query set parsed, once until something may have changed. Then what has the
 * same text as before is not parsed again.
 */
export class Sources {
  readonly files: KeptFiles;
  #read = new WeakMap<QuerySetConfig, Promise<SourceFiles>>();
  #schemas = new WeakMap<QuerySetConfig, Promise<SchemaSource>>();
  #sources = new WeakMap<QuerySetConfig, Promise<Source>>();
  /** What was read of schema files since anything but texts may have changed, and of which files. */
  #schemaFiles = new WeakMap<QuerySetConfig, { readonly from: TracedFiles; readonly files: SchemaFiles }>();
  /** By path, the last text of a query file and what stands in it. */
  readonly #queryFiles = new Map<string, { readonly text: string; readonly parsed: QueryFile }>();
  /** By the place of a query set, its last schema and what it was made of. */
  readonly #lastSchemas = new Map<
    number,
    { readonly from: readonly string[]; readonly schema: SchemaSource }
  >();

  constructor(files: Files) {
    this.files = new KeptFiles(files);
  }

  /**
   * Forgets everything: the files may have changed.
   * @param edited where nothing but what stands in these files did
   */
  forget(edited: ReadonlySet<string> | null = null): void {
    this.files.forget(edited);
    if (edited === null) this.#schemaFiles = new WeakMap();
    this.#read = new WeakMap();
    this.#schemas = new WeakMap();
    this.#sources = new WeakMap();
  }

  /** Reads the files of a query set, without looking into them. */
  read(set: QuerySetConfig): Promise<SourceFiles> {
    return once(this.#read, set, () => readFiles(this.files, set, this.#readSchema(set)));
  }

  async #readSchema(set: QuerySetConfig): Promise<SchemaFiles> {
    const last = this.#schemaFiles.get(set);
    if (last !== undefined && (await last.from.isAsRead())) return last.files;
    const from = new TracedFiles(this.files);
    const files = await readSchemaFiles(from, set);
    this.#schemaFiles.set(set, { from, files });
    return files;
  }

  /** Parses its schema files. */
  schema(set: QuerySetConfig): Promise<SchemaSource> {
    return once(this.#schemas, set, async () => {
      const files = await this.read(set);
      const from = inputsOf(files);
      const last = this.#lastSchemas.get(set.index);
      if (last?.from.length === from.length && from.every((text, i) => text === last.from[i]))
        return last.schema;
      const schema = parseSchema(files);
      this.#lastSchemas.set(set.index, { from, schema });
      return schema;
    });
  }

  /** Parses its schema and query files. */
  source(set: QuerySetConfig): Promise<Source> {
    return once(this.#sources, set, async () => {
      const { diagnostics, ...schema } = await this.schema(set);
      const { queries, diagnostics: ofQueries } = parseQueries(set, await this.read(set), (path, text) =>
        this.#parsed(path, text),
      );
      return { ...schema, queries, diagnostics: [...diagnostics, ...ofQueries] };
    });
  }

  #parsed(path: string, text: string): QueryFile {
    const last = this.#queryFiles.get(path);
    if (last?.text === text) return last.parsed;
    const parsed = readQueries(path, text);
    this.#queryFiles.set(path, { text, parsed });
    return parsed;
  }
}

/** All that a schema is made of. */
function inputsOf(files: SourceFiles): string[] {
  const { texts, schemaFiles, queryFiles, unreadable, tern, placeholders, changelogs } = files;
  const others = [schemaFiles, queryFiles.diagnostics, unreadable, tern, placeholders, changelogs];
  return [JSON.stringify(others), ...schemaFiles.paths.map((path) => texts.get(path) ?? "")];
}
