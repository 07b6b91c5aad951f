import type { QuerySetConfig } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import { MemoryFiles } from "../files/memory-files.ts";
import type { Span } from "../model/diagnostic.ts";
import { AnalysingEngine, type EngineAssets } from "../postgres/analysing-engine.ts";
import type { Builtins } from "../postgres/catalog-objects.ts";
import { readBeginning } from "../postgres/embedded-database.ts";
import { type Host, NO_STORE } from "./host.ts";
import { Project } from "./project.ts";
import { Workspace } from "./workspace.ts";

export { analyze } from "./analyze.ts";

/** What a page gives: PGlite with its files, and what the shipped cluster has of PostgreSQL's own, if it was fetched. */
export interface PageAssets {
  engine(): Promise<EngineAssets>;
  builtins?(): Promise<Builtins | null>;
}

/** A host that has neither files nor threads of its own: all is in memory, in the thread that asks. */
export function pageHost({ engine, builtins }: PageAssets): Host {
  return {
    store: () => NO_STORE,
    key: (...parts) => JSON.stringify(parts),
    warmUp: () => void engine().catch(() => {}),
    start: async (beginning) => AnalysingEngine.start(await readBeginning(beginning), await engine()),
    connect: async (uri) => {
      throw new Error(`a page cannot connect to ${uri}`);
    },
    builtins: async () => (await builtins?.()) ?? null,
    packages: () => "",
  };
}

const NOWHERE: Span = { file: "sqlc.yaml", start: 0, end: 0 };

/**
 * Opens a project whose files are in memory.
 * @param contents by path
 * @param entry what `schema` and `queries` of a configuration name
 */
export function openInMemory(
  host: Host,
  contents: ReadonlyMap<string, string>,
  entry: Pick<QuerySetConfig, "schema" | "queries">,
): Project {
  const workspace = new Workspace(host, { usesStore: false });
  return Project.open(workspace, configOf(entry), () => new MemoryFiles(contents));
}

function configOf({ schema, queries }: Pick<QuerySetConfig, "schema" | "queries">): LoadedConfig {
  const set: QuerySetConfig = {
    index: 0,
    engine: "postgresql",
    schema,
    queries,
    schemaSpans: schema.map(() => NOWHERE),
    queriesSpans: queries.map(() => NOWHERE),
    span: NOWHERE,
    typescript: null,
    strictFunctionChecks: false,
    strictOrderBy: false,
    rules: [],
    rulesSpans: [],
    schemaVariables: {},
    targetVersion: null,
    plugins: [],
    json: null,
  };
  const config = { version: "2", querySets: [set] } as unknown as LoadedConfig["config"];
  return { config, file: "/sqlc.yaml", root: "/", diagnostics: [] };
}
