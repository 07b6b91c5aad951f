import { cacheFolder } from "../cache/cache-folder.ts";
import { ContentCache } from "../cache/content-cache.ts";
import type { LoadedConfig } from "../config/load.ts";
import { DiskFiles } from "../files/disk-files.ts";
import type { Analysis } from "../model/analysis.ts";
import { extensionPackages } from "../postgres/extensions.ts";
import type { AnalyzeOptions } from "./analyze.ts";
import type { Host } from "./host.ts";
import { Project } from "./project.ts";
import { Workspace } from "./workspace.ts";

/** Node gives files, a thread for each database, and the cache. What a run with nothing changed does not use is not loaded. */
export const nodeHost: Host = {
  store: (home) => new ContentCache(cacheFolder(home)),
  key: (...parts) => ContentCache.key(...parts),
  warmUp: () => void import("../postgres/embedded.ts").then(({ warmUp }) => warmUp()),
  start: async (beginning, instead) =>
    (await import("../postgres/embedded.ts")).startEmbedded(beginning, instead),
  connect: async (uri) => (await import("../postgres/server.ts")).ServerEngine.start(uri),
  builtins: async () => (await import("../postgres/builtins.ts")).shippedBuiltins(),
  packages: extensionPackages,
};

/** Opens a project that lies on disk, in a workspace of its own where none is given. */
export function openProject(
  loaded: LoadedConfig,
  { cache, workspace }: { readonly cache: boolean; readonly workspace?: Workspace },
): Project {
  const within = workspace ?? new Workspace(nodeHost, { usesStore: cache });
  return Project.open(within, loaded, () => new DiskFiles(loaded.root));
}

/** Analyses a project that lies on disk, once. */
export async function analyzeOnce(
  loaded: LoadedConfig,
  options: AnalyzeOptions & { readonly cache: boolean },
): Promise<Analysis> {
  const { analyze } = await import("./analyze.ts");
  return withProject(loaded, options, (project) => analyze(project, options));
}

/** Works on a project that lies on disk, in a workspace of its own that is closed whatever happens. */
export async function withProject<T>(
  loaded: LoadedConfig,
  options: { readonly cache: boolean },
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const project = openProject(loaded, options);
  try {
    return await work(project);
  } finally {
    await project.workspace.close();
  }
}
