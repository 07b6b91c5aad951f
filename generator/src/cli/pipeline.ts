import { existsSync } from "node:fs";
import { cacheFolder } from "../cache/cache-folder.ts";
import type { Produced } from "../cache/output-memory.ts";
import type { ProjectBase } from "../check/base/base.ts";
import type { Rights } from "../check/grants/rights.ts";
import type { LiveResult } from "../check/live/live.ts";
import type { Rehearsal } from "../check/rehearse/model.ts";
import type { RehearsalOptions } from "../check/rehearse/project.ts";
import type { DiffOptions } from "../check/schema/diff.ts";
import type { DiffAgainst } from "../check/schema/diff-against.ts";
import type { Verdict, VerifyOptions } from "../check/verify/verify.ts";
import type { VetResult, VetRun } from "../check/vet.ts";
import type { QuerySetConfig } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { Analysis, QuerySet } from "../model/analysis.ts";
import { type Diagnostic, DiagnosticError } from "../model/diagnostic.ts";
import type { Before, Emission } from "../model/emission.ts";
import type { Column, Param, Query } from "../model/query.ts";
import type { SchemaFile } from "../model/source.ts";
import type { OutputFile } from "../output/plan.ts";
import type { Asked } from "../plugins/asked.ts";
import type { PluginOutputs } from "../plugins/outputs.ts";
import type { AnalyzeOptions as AnalysisOptions } from "../project/analyze.ts";
import type { Inputs } from "../project/inputs.ts";
import type { Project } from "../project/project.ts";
import type { Workspace } from "../project/workspace.ts";
import type { SourceFiles } from "../source/read-source.ts";

export type { LoadedConfig, TypeScriptOptions, VetResult, VetRun };

/** What every step is told of results that earlier runs kept. */
export interface StepOptions {
  /** Whether they count, and those of this run are kept. A command says the same to all of its steps. */
  readonly cache: boolean;
}

export interface AnalyzeOptions extends AnalysisOptions, StepOptions {
  /**
   * Given what keeps the result for the next run, to be called when there is time for it. Where it is left out, the step does it, and waits.
   */
  readonly keepLater?: (work: () => Promise<void>) => void;
  /** Whether no other step will ask for a database: they end while the rest is done, which takes a while. */
  readonly isLast?: boolean;
}

export interface Emitted {
  readonly files: readonly OutputFile[];
  readonly diagnostics: readonly Diagnostic[];
  readonly emission?: Emission;
}

/** The TypeScript types that generated code would give to a query's parameters and columns, `| null` included. */
export interface TypeNames {
  param(param: Param, query: Query): string;
  column(column: Column, query: Query): string;
}

export interface VerifyStepOptions extends AnalyzeOptions, VerifyOptions {
  readonly against: string | undefined;
  /** The working folder, which `against` is relative to. */
  readonly cwd: string;
}

export interface ImpactStepOptions extends AnalyzeOptions {
  readonly against: string | undefined;
  readonly cwd: string;
  /** The application's project, absolute. */
  readonly tsconfig: string;
}

export interface RehearseStepOptions extends RehearsalOptions, StepOptions {
  readonly against: string | undefined;
  readonly cwd: string;
}

export interface LiveStepOptions extends AnalyzeOptions {
  /** The server's address. */
  readonly uri: string;
  /** What is deployed there, as for `verify`; null where the project as it is here is, or is about to be. */
  readonly against: string | undefined | null;
  readonly cwd: string;
}

/** The steps that commands are made of. Each loads its code when it is first called, so that what is not used costs nothing. */
export interface Pipeline {
  /** Begins to start the database where it is foreseeable that it will be needed. */
  startEarly(config: string | undefined, cwd: string): Promise<void>;
  loadConfig(path: string | undefined, cwd: string): Promise<LoadedConfig>;
  /** Gives the configuration of what is generated as the last run loaded it; null where it may say something else now. */
  recallConfig(path: string | undefined, cwd: string): Promise<LoadedConfig | null>;
  analyze(loaded: LoadedConfig, options: AnalyzeOptions): Promise<Analysis>;
  emit(set: QuerySet, options: TypeScriptOptions, before: Before | null): Promise<Emitted>;
  /** Runs what the plugins of an entry, and `gen.json`, make of it. */
  runPlugins(
    set: QuerySet,
    entry: QuerySetConfig,
    loaded: LoadedConfig,
    options: StepOptions,
  ): Promise<PluginOutputs>;
  /** Reads what sqlc asks of a plugin, as a configuration. Throws a DiagnosticError where that cannot be told. */
  readRequest(bytes: Uint8Array, cwd: string): Promise<Asked>;
  writeResponse(files: readonly OutputFile[], format: Asked["format"]): Promise<Uint8Array>;
  /** The files of each query set, unparsed. */
  readFiles(loaded: LoadedConfig, options: StepOptions): Promise<readonly SourceFiles[]>;
  /** The schema files of the first query set, as PostgreSQL takes them. */
  readSchema(loaded: LoadedConfig, options: StepOptions): Promise<readonly SchemaFile[]>;
  /** Gives what an earlier run made of the same configuration and files; null where nothing was kept. */
  recall(loaded: LoadedConfig, files: readonly SourceFiles[]): Promise<Produced | null>;
  /** Gives what the last run of the configuration made, of other files. */
  recallLast(loaded: LoadedConfig): Promise<Produced | null>;
  /** Gives what keeps it for `recall`. */
  keep(loaded: LoadedConfig, files: readonly SourceFiles[], produced: Produced): Promise<() => Promise<void>>;
  /** In which order the change since the base can be rolled out. */
  verify(
    loaded: LoadedConfig,
    options: VerifyStepOptions,
  ): Promise<{ readonly verdict: Verdict | null; readonly diagnostics: readonly Diagnostic[] }>;
  /** Runs what is new in the schema while the queries that are deployed run. */
  rehearse(
    loaded: LoadedConfig,
    options: RehearseStepOptions,
  ): Promise<{ readonly rehearsals: readonly Rehearsal[]; readonly diagnostics: readonly Diagnostic[] }>;
  /** Tells how a live server stands to what is to run on it; nothing of it is changed. */
  live(loaded: LoadedConfig, options: LiveStepOptions): Promise<LiveResult>;
  /** Tells which application code what changed in the generated code since the base concerns. */
  impact(loaded: LoadedConfig, options: ImpactStepOptions): Promise<readonly Diagnostic[]>;
  /** Gives what the role needs for the queries, the SQL that gives it that, and nothing else, and which of them it does not do for. */
  grants(
    role: string,
    loaded: LoadedConfig,
    sets: readonly QuerySet[],
  ): Promise<{ readonly rights: Rights; readonly sql: string; readonly refused: readonly Diagnostic[] }>;
  /** Finds what a server has not given the role, and what it has and does not need; nothing of it is changed. */
  checkRights(role: string, rights: Rights, uri: string): Promise<readonly Diagnostic[]>;
  vet(loaded: LoadedConfig, run: VetRun & AnalyzeOptions): Promise<VetResult>;
  /** Reads files anew from here on: they were written. */
  forgetFiles(): Promise<void>;
  /** Notices for `:one` queries of which several rows may match. */
  severalRows(loaded: LoadedConfig, sets: readonly QuerySet[]): Promise<readonly Diagnostic[]>;
  /** `options` of null stands for the defaults. */
  typeNames(set: QuerySet, options: TypeScriptOptions | null): Promise<TypeNames>;
  /** Gives what differs between the project's schemas and those of a git revision, a folder or a database. */
  diff(
    against: string | undefined,
    loaded: LoadedConfig,
    cwd: string,
    options: DiffOptions & StepOptions,
  ): Promise<DiffAgainst>;
  /** The folder that everything cached for the configuration in `root` lies in. */
  cacheFolder(root: string): string;
  /** For who stays, and generates again and again. */
  readonly watching: Watching;
}

/** How a project stays open from one run of a step to the next. */
export interface Watching {
  /**
   * Forgets what stands in files, which may have changed.
   * @param edited where nothing changed but what stands in these, absolute
   */
  refresh(edited: ReadonlySet<string> | null): Promise<void>;
  /** Closes everything: what it was loaded from may have changed. */
  renew(): Promise<void>;
  /** Finds where on disk the project was read from since. */
  inputs(loaded: LoadedConfig): Promise<Inputs>;
  /** Has ready what the next edit of the schema will need. */
  standBy(loaded: LoadedConfig | null): Promise<void>;
}

let workspace: Promise<Workspace> | null = null;

/** The project of a configuration on disk, in the one workspace that all steps share. */
async function projectOf(loaded: LoadedConfig, { cache }: StepOptions = { cache: true }): Promise<Project> {
  const { nodeHost, openProject } = await import("../project/node-host.ts");
  workspace ??= import("../project/workspace.ts").then(
    (module) => new module.Workspace(nodeHost, { usesStore: cache }),
  );
  return openProject(loaded, { cache, workspace: await workspace });
}

/** Analyses a project, and sees to it that what was found is kept for the next run. */
async function analyzeProject(project: Project, options: AnalyzeOptions): Promise<Analysis> {
  const { analyze } = await import("../project/analyze.ts");
  const analysis = await analyze(project, options);
  const { workspace } = project;
  const keep = () => (options.isLast ? workspace.keepLast() : workspace.kept());
  if (options.keepLater) options.keepLater(keep);
  else await keep();
  return analysis;
}

export const pipeline: Pipeline = {
  forgetFiles: async () => (await workspace)?.forgetFiles(),
  startEarly: async (config, cwd) => (await import("../cache/early-start.ts")).startEarly(config, cwd),
  loadConfig: async (path, cwd) => (await import("../config/load.ts")).loadConfig(path, cwd),
  recallConfig: async (path, cwd) => (await import("../cache/early-start.ts")).lastConfig(path, cwd),
  analyze: async (loaded, options) => {
    const project = await projectOf(loaded, options);
    // Its code is wanted next; it loads while the database starts.
    if (options.hasChanged) setImmediate(() => import("../emit/emit.ts"));
    return analyzeProject(project, options);
  },
  emit: async (set, options, before) =>
    (await import("../emit/emit.ts")).emitTypeScript(set, options, before),
  readFiles: async (loaded, options) => {
    const project = await projectOf(loaded, options);
    return Promise.all(project.config.querySets.map((set) => project.read(set)));
  },
  readSchema: async (loaded, options) => {
    const project = await projectOf(loaded, options);
    return (await project.schema(project.config.querySets[0]!)).schema;
  },
  runPlugins: async (set, entry, loaded, options) => {
    const { files } = await projectOf(loaded, options);
    return (await import("../plugins/outputs.ts")).outputsOfPlugins(set, entry, loaded, files);
  },
  readRequest: async (bytes, cwd) => (await import("../plugins/asked.ts")).readRequest(bytes, cwd),
  writeResponse: async (files, format) => (await import("../plugins/asked.ts")).writeResponse(files, format),
  recallLast: async (loaded) => (await import("../cache/output-memory.ts")).recallLast(loaded),
  recall: async (loaded, files) => (await import("../cache/output-memory.ts")).recall(loaded, files),
  keep: async (loaded, files, produced) =>
    (await import("../cache/output-memory.ts")).keep(
      loaded,
      files,
      produced,
      (await (await workspace)?.lastKept()) ?? null,
    ),
  verify: async (loaded, { against, cwd, ...given }) => {
    const options = { ...given, role: given.role ?? loaded.config.ci.settings.role ?? null };
    const { withBase } = await import("../check/base/base.ts");
    const { verify } = await import("../check/verify/verify.ts");
    const project = await projectOf(loaded, options);
    return withBase(against, project, cwd, (base) =>
      verify(project, base, (one) => analyzeProject(one, options), options),
    );
  },
  rehearse: async (loaded, { against, cwd, ...options }) => {
    const { withBase } = await import("../check/base/base.ts");
    const { rehearseProject } = await import("../check/rehearse/project.ts");
    const project = await projectOf(loaded, options);
    const { cache } = options;
    const role = options.role ?? loaded.config.ci.settings.role ?? null;
    return withBase(against, project, cwd, (base) =>
      rehearseProject(project, base, (one) => analyzeProject(one, { cache }), { ...options, role }),
    );
  },
  live: async (loaded, { uri, against, cwd, ...options }) => {
    const { checkLive } = await import("../check/live/live.ts");
    const project = await projectOf(loaded, options);
    const check = (base: ProjectBase | null) =>
      checkLive(uri, { head: project, base }, (one) => analyzeProject(one, options));
    if (against === null) return check(null);
    const { withBase } = await import("../check/base/base.ts");
    return withBase(against, project, cwd, (base) =>
      check(base.kind !== "database" && base.hasQueries ? base : null),
    );
  },
  impact: async (loaded, { against, cwd, tsconfig, ...options }) => {
    if (!existsSync(tsconfig)) {
      const message = `there is no application project ${tsconfig}`;
      const hint = "Name its tsconfig.json, with --project or in `ci.projects` of the configuration.";
      throw new DiagnosticError([{ code: "impact-project-missing", severity: "error", message, hint }]);
    }
    const { withBase } = await import("../check/base/base.ts");
    const { impact } = await import("../check/impact/impact.ts");
    const { emitTypeScript } = await import("../emit/emit.ts");
    const project = await projectOf(loaded, options);
    return withBase(against, project, cwd, (base) =>
      impact(project, base, tsconfig, {
        analyze: (one) => analyzeProject(one, options),
        emit: async (set, one) => {
          const target = one.config.querySets.find((entry) => entry.index === set.index)?.typescript;
          return target ? emitTypeScript(set, target.options).files : [];
        },
      }),
    );
  },
  grants: async (role, loaded, sets) => {
    const { rightsOf } = await import("../check/grants/rights.ts");
    const { grantsFor } = await import("../check/grants/statements.ts");
    const { grantedSets } = await import("../check/grants/implied.ts");
    const { queriesFor } = await import("../model/query-roles.ts");
    const { refusedQueries } = await import("../check/grants/refused.ts");
    const project = await projectOf(loaded);
    const granted = await grantedSets(role, sets, project);
    const rights = rightsOf(role, granted);
    const own = new Set(
      queriesFor(
        role,
        granted.flatMap(({ queries }) => queries),
      ),
    );
    const refused: Diagnostic[] = [];
    for (const set of granted) {
      const queries = set.queries.filter((query) => own.has(query));
      refused.push(...(await refusedQueries(role, { ...set, queries }, project)));
    }
    return { rights, sql: grantsFor(role, rights), refused };
  },
  checkRights: async (role, rights, uri) => {
    const { ServerEngine } = await import("../postgres/server.ts");
    const { checkRights } = await import("../check/grants/on-server.ts");
    const server = await ServerEngine.readOnly(uri);
    return checkRights(role, rights, server).finally(() => server.close());
  },
  severalRows: async (loaded, sets) => {
    // Hardly a project has one; what judges them is not loaded for the others.
    const isOne = ({ command }: Query): boolean => command === ":one" || command === ":batchone";
    if (sets.every(({ queries }) => queries.every((query) => !isOne(query) || query.rows.atMostOne)))
      return [];
    return (await import("../check/queries/several-rows.ts")).severalRows(await projectOf(loaded), sets);
  },
  vet: async (loaded, run) => {
    const { vet } = await import("../check/vet.ts");
    const project = await projectOf(loaded, run);
    const result = await vet(project, run, (one) => analyzeProject(one, run));
    await project.workspace.kept();
    return result;
  },
  typeNames: async (set, options) => {
    const { typescriptOptions } = await import("../config/options/typescript.ts");
    const { typeNames } = await import("../emit/type-names.ts");
    return typeNames(set, options ?? typescriptOptions.parse({}));
  },
  diff: async (against, loaded, cwd, options) => {
    const { diffAgainst } = await import("../check/schema/diff-against.ts");
    const project = await projectOf(loaded, options);
    const result = await diffAgainst(against, project, cwd, options);
    await project.workspace.kept();
    return result;
  },
  cacheFolder,
  watching: {
    refresh: async (edited) => (await workspace)?.forgetFiles(edited),
    renew: async () => {
      const old = await workspace?.catch(() => null);
      workspace = null;
      await old?.close().catch(() => {});
    },
    inputs: async (loaded) => {
      const { inputsOf } = await import("../project/disk-inputs.ts");
      return inputsOf(await projectOf(loaded));
    },
    standBy: async (loaded) => {
      if (loaded !== null) await (await projectOf(loaded)).standBy();
    },
  },
};
