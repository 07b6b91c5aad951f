import type { QuerySetConfig } from "../config/config.ts";
import type { Files } from "../files/files.ts";
import { KeptFiles } from "../files/kept-files.ts";
import {
  parseQueries,
  parseSchema,
  readFiles,
  type Source,
  type SourceFiles,
} from "../source/read-source.ts";

type SchemaSource = Omit<Source, "queries">;

/** What stands in the files of a revision: each is read, and each query set parsed, once until something may have changed. */
export class Sources {
  readonly files: KeptFiles;
  #read = new WeakMap<QuerySetConfig, Promise<SourceFiles>>();
  #schemas = new WeakMap<QuerySetConfig, Promise<SchemaSource>>();
  #sources = new WeakMap<QuerySetConfig, Promise<Source>>();

  constructor(files: Files) {
    this.files = new KeptFiles(files);
  }

  /** Forgets everything: the files may have changed. */
  forget(): void {
    this.files.forget();
    this.#read = new WeakMap();
    this.#schemas = new WeakMap();
    this.#sources = new WeakMap();
  }

  /** Reads the files of a query set, without looking into them. */
  read(set: QuerySetConfig): Promise<SourceFiles> {
    return once(this.#read, set, () => readFiles(this.files, set));
  }

  /** Parses its schema files. */
  schema(set: QuerySetConfig): Promise<SchemaSource> {
    return once(this.#schemas, set, async () => parseSchema(await this.read(set)));
  }

  /** Parses its schema and query files. */
  source(set: QuerySetConfig): Promise<Source> {
    return once(this.#sources, set, async () => {
      const { diagnostics, ...schema } = await this.schema(set);
      const { queries, diagnostics: ofQueries } = parseQueries(set, await this.read(set));
      return { ...schema, queries, diagnostics: [...diagnostics, ...ofQueries] };
    });
  }
}

function once<K extends object, T>(
  known: WeakMap<K, Promise<T>>,
  key: K,
  make: () => Promise<T>,
): Promise<T> {
  let made = known.get(key);
  if (made === undefined) {
    made = make();
    known.set(key, made);
  }
  return made;
}
