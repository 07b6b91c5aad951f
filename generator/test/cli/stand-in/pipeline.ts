import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Pipeline } from "../../../src/cli/pipeline.ts";
import { DiagnosticError } from "../../../src/model/diagnostic.ts";

/**
 * Takes the place of the real steps in the CLI's own tests: `project.json` in the working folder says what each
 * step delivers, so that every outcome can be had at will and at once.
 */
interface Project {
  readonly configError?: string;
  readonly crash?: string;
  readonly hangMs?: number;
  /** Waits for what never comes, and holds nothing that would keep a process alive. */
  readonly isLost?: boolean;
  readonly diagnostics?: [];
  readonly typescript?: { out: string } | null;
  readonly files?: { path: string; contents: string }[];
  readonly queries?: [];
}

function readProject(cwd: string): Project {
  return JSON.parse(readFileSync(resolve(cwd, "project.json"), "utf8")) as Project;
}

let project: Project = {};

export const pipeline: Pipeline = {
  startEarly: async () => {},
  loadConfig: async (path, cwd) => {
    const file = resolve(cwd, path ?? "sqlc.yaml");
    if (!existsSync(resolve(cwd, "project.json")) || (path !== undefined && !existsSync(file))) {
      throw new DiagnosticError([
        { code: "config-not-found", severity: "error", message: `no configuration ${path ?? "sqlc.yaml"}` },
      ]);
    }
    project = readProject(cwd);
    if (project.configError !== undefined) {
      throw new DiagnosticError([
        { code: "config-invalid", severity: "error", message: project.configError },
      ]);
    }
    const typescript =
      project.typescript === null ? null : { out: "gen", options: {}, ...project.typescript };
    return {
      root: cwd,
      file,
      config: { querySets: [{ index: 0, typescript, plugins: [], json: null }] },
    } as never;
  },
  analyze: async (_loaded, { onProgress }) => {
    if (project.crash !== undefined) throw new TypeError(project.crash);
    if (project.isLost) await new Promise(() => {});
    const ticking = setInterval(() => onProgress?.(1, 2, "GetA"), 20);
    await new Promise((done) => setTimeout(done, project.hangMs ?? 0));
    clearInterval(ticking);
    const querySet = {
      index: 0,
      catalog: { types: new Map(), relations: [] },
      queries: project.queries ?? [],
    };
    return { querySets: [querySet], diagnostics: project.diagnostics ?? [] };
  },
  emit: async () => ({ files: project.files ?? [], diagnostics: [] }),
  runPlugins: async () => ({ sets: [], diagnostics: [] }),
  readRequest: async () => {
    throw new Error("no plugin");
  },
  writeResponse: async () => new Uint8Array(),
  readFiles: async () => [],
  readSchema: async () => [],
  recallLast: async () => null,
  recall: async () => null,
  keep: async () => async () => {},
  recallConfig: async () => null,
  watching: {
    refresh: async () => {},
    renew: async () => {},
    inputs: async () => ({ folders: [], trees: [], revision: "" }),
    standBy: async () => {},
  },
  verify: async () => ({ verdict: null, diagnostics: [] }),
  rehearse: async () => ({ rehearsals: [], diagnostics: [] }),
  live: async () => {
    throw new Error("no server stands in");
  },
  impact: async () => [],
  grants: async () => ({
    rights: { schemas: [], usable: [], tables: [], objects: [], unmet: [], words: new Set<string>() },
    refused: [],
    sql: "",
  }),
  checkRights: async () => [],
  severalRows: async () => [],
  forgetFiles: async () => {},
  vet: async () => ({ diagnostics: [], evidence: new Map(), written: null }),
  typeNames: async () => ({ param: () => "P", column: () => "C" }),
  diff: async () => ({ base: "main (12345678)", diffs: [], diagnostics: project.diagnostics ?? [] }),
  cacheFolder: (root) => resolve(root, ".cache"),
};
