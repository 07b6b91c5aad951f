import type { Config, QuerySetConfig } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Files } from "../files/files.ts";
import type { KeptFiles } from "../files/kept-files.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { SchemaFile } from "../model/source.ts";
import type { Engine } from "../postgres/engine.ts";
import type { Source, SourceFiles } from "../source/read-source.ts";
import type { Leaves } from "./engines.ts";
import type { Store } from "./host.ts";
import type { Database } from "./open-database.ts";
import { schemaKey } from "./schema-key.ts";
import type { Sources } from "./sources.ts";
import type { Workspace } from "./workspace.ts";

/**
 * A project as one revision has it: its configuration, what stands in its files, and the databases that its schemas lead to.
 * The base of a comparison is another project of the same workspace.
 */
export class Project implements LoadedConfig {
  readonly config: Config;
  readonly file: string;
  readonly root: string;
  readonly diagnostics: readonly Diagnostic[];
  /** The folder whose store and extension packages serve it. */
  readonly home: string;
  readonly workspace: Workspace;
  readonly store: Store;
  readonly #sources: Sources;

  private constructor(
    workspace: Workspace,
    { config, file, root, diagnostics, home }: LoadedConfig,
    sources: Sources,
    store: Store,
  ) {
    this.workspace = workspace;
    this.config = config;
    this.file = file;
    this.root = root;
    this.diagnostics = diagnostics;
    this.home = home ?? root;
    this.#sources = sources;
    this.store = store;
  }

  /**
   * Opens a project.
   * @param files what its root is read from
   * @param revision what distinguishes them from others of the same folder
   */
  static open(workspace: Workspace, loaded: LoadedConfig, files: () => Files, revision = ""): Project {
    if (loaded instanceof Project && loaded.workspace === workspace) return loaded;
    const sources = workspace.sources(loaded.root, files, revision);
    return new Project(workspace, loaded, sources, workspace.storeOf(loaded.home ?? loaded.root));
  }

  get files(): KeptFiles {
    return this.#sources.files;
  }

  /** The same files under a configuration that was changed. */
  with(changed: Partial<Pick<LoadedConfig, "config" | "diagnostics">>): Project {
    const { config, file, root, diagnostics, home } = this;
    const loaded = { config, file, root, diagnostics, home, ...changed };
    return new Project(this.workspace, loaded, this.#sources, this.store);
  }

  /** Reads the files of a query set, without looking into them. */
  read(set: QuerySetConfig): Promise<SourceFiles> {
    return this.#sources.read(set);
  }

  /** Parses the schema files of a query set. */
  schema(set: QuerySetConfig): Promise<Omit<Source, "queries">> {
    return this.#sources.schema(set);
  }

  /** Parses the schema and query files of a query set. */
  source(set: QuerySetConfig): Promise<Source> {
    return this.#sources.source(set);
  }

  /** One short key of a schema, and of all that decides what it leads to. */
  keyOf(databaseUri: string | undefined, files: readonly SchemaFile[]): string {
    return schemaKey(this.workspace.host, { databaseUri, files, home: this.home });
  }

  /** Has a database ready for the next edit of each schema: with all files but those from the one on that was edited last. */
  async standBy(): Promise<void> {
    const { home, store, workspace } = this;
    const engines = await workspace.engines();
    for (const set of this.config.querySets) {
      const { schema: files } = await this.schema(set);
      if (set.databaseUri === undefined && files.length > 0)
        await engines.standBy({ home, store, files, databaseUri: undefined });
    }
  }

  /** Works on a database that has the schema of a query set. */
  async use<T>(set: QuerySetConfig, leaves: Leaves, work: (database: Database) => Promise<T>): Promise<T> {
    const { schema } = await this.schema(set);
    return this.useSchema({ files: schema, databaseUri: set.databaseUri }, leaves, work);
  }

  /** Works on a database that has those schema files. */
  async useSchema<T>(
    schema: SchemaFiles,
    leaves: Leaves,
    work: (database: Database) => Promise<T>,
  ): Promise<T> {
    const { home, store, workspace } = this;
    return (await workspace.engines()).use({ home, store, ...schema }, leaves, work);
  }

  /** Works on a PostgreSQL without a schema, that has the extensions which the files ask for. */
  async withEmpty<T>(schema: SchemaFiles, work: (engine: Engine) => Promise<T>): Promise<T> {
    const { home, store, workspace } = this;
    return (await workspace.engines()).withEmpty({ home, store, ...schema }, work);
  }
}

/** Schema files, and the server that they are applied to in place of the embedded PostgreSQL. */
export interface SchemaFiles {
  readonly files: readonly SchemaFile[];
  readonly databaseUri: string | undefined;
  /** Extensions that they do not name and their user will. */
  readonly extensions?: readonly string[];
  /** Whether to apply them once more, whatever is known of them. */
  readonly isAnew?: boolean;
}
