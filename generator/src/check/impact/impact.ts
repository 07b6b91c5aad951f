import { basename, isAbsolute, relative, resolve } from "node:path";
import { Project as Sources, ts } from "ts-morph";
import type { QuerySetConfig } from "../../config/config.ts";
import type { Analysis, QuerySet } from "../../model/analysis.ts";
import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import type { Project } from "../../project/project.ts";
import { type Base, type ProjectBase, requireQueries } from "../base/base.ts";
import { pairEntries } from "../base/pairs.ts";
import { Application, projectsOf } from "./application.ts";
import { type OtherCompiler, ownCompiler } from "./compiler.ts";
import type { CompileError, GeneratedFile, Place } from "./model.ts";
import { Overlay } from "./overlay.ts";
import { pathsTo } from "./package-paths.ts";
import { realPath } from "./real-paths.ts";
import { addGenerated, changedNames, surfaceOf } from "./surface.ts";
import { unreadUses } from "./unread-files.ts";

/** The steps that it builds upon. */
export interface ImpactSteps {
  analyze(project: Project): Promise<Analysis>;
  emit(set: QuerySet, project: Project): Promise<readonly GeneratedFile[]>;
}

/**
 * Says which application code is concerned by what changed in the generated code: what no longer compiles (errors), and
 * where else something changed is used (infos).
 * @param tsconfig the application's project, absolute
 * @throws DiagnosticError where there is nothing to compare with
 */
export async function impact(
  head: Project,
  against: Base,
  tsconfig: string,
  steps: ImpactSteps,
): Promise<readonly Diagnostic[]> {
  const base = requireQueries(against);
  const before = await steps.analyze(base.project);
  const after = await steps.analyze(head);
  const problems = after.diagnostics.filter(({ severity }) => severity === "error");
  if (problems.length > 0) return problems;

  // A compiler comes to one file by several paths.
  const [root, projects] = [realPath(head.root), projectsOf(realPath(tsconfig))];
  if (projects.length === 0) return [emptyProject(root, realPath(tsconfig))];
  const diagnostics: Diagnostic[] = [];
  for (const { out, was, is, hasMoved } of await generatedBetween(head, base, before, after, steps)) {
    const changed = changedBetween(was, is);
    // Where all of it is gone, so are the words of what queries have in common: `text`, `array`.
    const named = is.length > 0 ? changed : changedBetween(was.filter(isOfQueries), is);
    if (changed.size === 0) continue;
    for (const project of projects) {
      const found = concerned(out, project, was, is, changed, root);
      // Where it has moved to, what is not found is told once.
      diagnostics.push(...(hasMoved ? found.filter(({ code }) => code !== "impact-unresolved") : found));
      for (const use of await unreadUses(project, named.keys(), hasMoved ? basename(out) : null))
        diagnostics.push({
          code: "impact-unread",
          severity: "info",
          message: `this file is not TypeScript, and was not looked at; it mentions ${use.name}, which has changed: ${reasonsOf(changed, use.name)}`,
          span: placeOf(use, root),
        });
    }
  }
  // A file may be in several of the projects.
  return [
    ...new Map(diagnostics.map((one) => [JSON.stringify([one.code, one.message, one.span]), one])).values(),
  ];
}

const isOfQueries = ({ path }: GeneratedFile): boolean => path !== "codec.ts";

/** A folder of generated code, and what both versions write there; nothing, where the configuration has it written no more. */
interface Generated {
  /** Its real path. */
  readonly out: string;
  readonly was: readonly GeneratedFile[];
  readonly is: readonly GeneratedFile[];
  /** Whether the same is written elsewhere from now on, and compared there. */
  readonly hasMoved: boolean;
}

async function generatedBetween(
  head: Project,
  base: ProjectBase,
  before: Analysis,
  after: Analysis,
  steps: ImpactSteps,
): Promise<readonly Generated[]> {
  const root = realPath(head.root);
  const emit = async (analysis: Analysis, entry: QuerySetConfig, project: Project) => {
    const set = analysis.querySets.find(({ index }) => index === entry.index);
    return set === undefined ? null : steps.emit(set, project);
  };
  const outOf = ({ typescript }: QuerySetConfig, folder: string): string | null =>
    typescript === null ? null : realPath(resolve(folder, typescript.out));
  // A commit's configuration may have stood in another folder of the same work tree; a copy of the project is another tree.
  const folderThen = base.kind === "commit" ? base.project.root : root;
  const pairs = pairEntries(head.config.querySets, base.project.config.querySets);
  const generated: Generated[] = [];
  const written = new Set<string>();
  const compared = new Set<QuerySetConfig>();
  for (const entry of head.config.querySets) {
    const out = outOf(entry, root);
    if (out === null) continue;
    written.add(out);
    const old =
      pairs.get(entry) ?? base.project.config.querySets.find((one) => outOf(one, folderThen) === out);
    if (old === undefined) continue;
    compared.add(old);
    const [was, is] = [await emit(before, old, base.project), await emit(after, entry, head)];
    if (was !== null && is !== null) generated.push({ out, was, is, hasMoved: false });
  }
  for (const old of base.project.config.querySets) {
    const out = outOf(old, folderThen);
    // What was written there may lie there still, and compile.
    if (out === null || written.has(out)) continue;
    const was = await emit(before, old, base.project);
    if (was !== null) generated.push({ out, was, is: [], hasMoved: compared.has(old) });
  }
  return generated;
}

/** Nothing inspected is not nothing found. */
function emptyProject(root: string, tsconfig: string): Diagnostic {
  return {
    code: "impact-project-empty",
    severity: "error",
    message: `the application project ${relative(root, tsconfig)} has no files`,
    hint: "Name one that includes the application's files, or set `allowJs` for JavaScript.",
  };
}

function changedBetween(was: readonly GeneratedFile[], is: readonly GeneratedFile[]): Changed {
  const surface = (files: readonly GeneratedFile[]) =>
    surfaceOf(
      addGenerated(
        new Sources({ useInMemoryFileSystem: true, skipLoadingLibFiles: true }),
        "/generated",
        files,
      ),
    );
  return changedNames(surface(was), surface(is));
}

type Changed = ReturnType<typeof changedNames>;

const reasonsOf = (changed: Changed, name: string): string =>
  changed.get(name)?.join("; ") || "its documentation";

function placeOf({ file, start, end }: Place, root: string): Span {
  const path = relative(root, isAbsolute(file) ? file : resolve(root, file));
  return { file: path.replaceAll("\\", "/"), start, end };
}

function concerned(
  out: string,
  tsconfig: string,
  was: readonly GeneratedFile[],
  is: readonly GeneratedFile[],
  changed: Changed,
  root: string,
): Diagnostic[] {
  const paths = pathsTo(tsconfig, out);
  const application = new Application(tsconfig, out, paths);
  let compiler = ownCompiler(tsconfig, paths);
  const errorsWith = (files: readonly GeneratedFile[]): CompileError[] => {
    if (compiler !== null && "errors" in compiler) {
      try {
        return compiler.errors(new Overlay(out, files));
      } catch (error) {
        compiler = { version: compiler.version, refused: (error as Error).message };
      }
    }
    application.use(files);
    return application.errors();
  };
  const now = errorsWith(is);
  const known = new Set(now.length === 0 ? [] : errorsWith(was).map(identity));
  const errors = now.filter((error) => !known.has(identity(error)));
  const without =
    is.length > 0
      ? "with the new generated code"
      : `since nothing is generated into ${placeOf({ file: out, start: 0, end: 0 }, root).file} any more`;
  const unresolved = unresolvedOf(
    now.filter((error) => known.has(identity(error))),
    root,
  );
  application.use(was);
  const uses = application.uses(new Set(changed.keys()));

  const failing = new Set(errors.map(({ file, start }) => `${file}\0${start}`));
  return [
    ...(compiler !== null && "refused" in compiler ? [otherCompiler(compiler)] : []),
    ...unresolved,
    ...errors.map(
      (error): Diagnostic => ({
        code: "impact-compile",
        severity: "error",
        message: `no longer compiles ${without}: ${error.message}`,
        span: placeOf(error, root),
      }),
    ),
    ...uses
      .filter(({ file, start }) => !failing.has(`${file}\0${start}`))
      .map(
        (use): Diagnostic => ({
          code: "impact-use",
          severity: "info",
          message: `${use.name} has changed: ${reasonsOf(changed, use.name)}`,
          span: placeOf(use, root),
        }),
      ),
  ];
}

/** Tells that another version judged: it accepts not quite what the own one does. */
function otherCompiler({ version, refused }: OtherCompiler): Diagnostic {
  return {
    code: "impact-compiler",
    severity: "info",
    message: `the application was compiled with TypeScript ${ts.version}: its own, ${version}, cannot be asked (${refused.split("\n")[0]})`,
  };
}

/** Other files than a compiler reads, which bundlers import. */
const ASSET = /\.(?!(?:[cm]?[jt]sx?|json)$)[a-z]\w*(?:\?.*)?$/i;

/** Tells what is imported from nowhere. It is of any type: nothing that goes through it can be seen to break. */
function unresolvedOf(errors: readonly CompileError[], root: string): Diagnostic[] {
  const names = errors.flatMap((error) => {
    const name = /^TS(?:2307|2792): [^']*'([^']+)'/.exec(error.message)?.[1];
    return name === undefined || ASSET.test(name) ? [] : [{ name, error }];
  });
  const [first] = names;
  if (first === undefined) return [];
  const all = [...new Set(names.map(({ name }) => name))];
  const others = all.length > 4 ? ` and ${all.length - 4} more` : "";
  return [
    {
      code: "impact-unresolved",
      severity: "info",
      message: `the compiler does not find ${all.slice(0, 4).join(", ")}${others}: what the application uses by way of that was not looked at`,
      hint: "Install and build what the application imports, and run it again.",
      span: placeOf(first.error, root),
    },
  ];
}

/**
 * The application's text is the same with both versions: the same sort of error at the same place is the same one. What explains it, names types as they are
 * now, or is proposed instead, is not the same.
 */
function identity({ file, start, message }: CompileError): string {
  const code = /^TS(\d+)/.exec(message)?.[1] ?? message;
  return `${file}\0${start}\0${SAME_SORT[code] ?? code}`;
}

/** Codes of errors that propose another name, or tell how many properties are missing, with that of the same error without. */
const SAME_SORT: Readonly<Record<string, string>> = {
  2551: "2339",
  2552: "2304",
  2561: "2353",
  2820: "2322",
  2740: "2739",
  2741: "2739",
};
