import type { QuerySetConfig } from "../config/config.ts";
import { type EncodingFault, encodingFault, encodingProblem } from "../diagnostics/encoding-problem.ts";
import { reasonOf } from "../diagnostics/file-problem.ts";
import { mergeProblem } from "../diagnostics/merge-problem.ts";
import { decode, type Files } from "../files/files.ts";
import { type ForeignFormat, foreignFormat } from "../files/foreign-format.ts";
import { lfsObject } from "../files/lfs-pointer.ts";
import { dirname, join } from "../files/paths.ts";
import { type Diagnostic, DiagnosticError, type Span } from "../model/diagnostic.ts";
import { once } from "../model/once.ts";
import { inFile, type QuerySource, type SchemaFile } from "../model/source.ts";
import { type LeftOut, withoutQueries } from "./annotations.ts";
import { fromAtlas } from "./conventions/atlas.ts";
import { withPlaceholders } from "./conventions/fill-in.ts";
import { conditionIn, fromLiquibase } from "./conventions/liquibase.ts";
import {
  type Changelogs,
  fromChangelog,
  readChangelogs,
  unaskedCondition,
} from "./conventions/liquibase-changelog.ts";
import { inDependence, unreadManifest } from "./conventions/manifests.ts";
import { type Placeholders, readPlaceholders } from "./conventions/placeholders.ts";
import { looksLikeUndoing } from "./conventions/tools.ts";
import { unreadIn } from "./conventions/unread-files.ts";
import { isVersioned } from "./file-order.ts";
import { type Expansion, expandFiles } from "./files.ts";
import { readExecutable } from "./migrations.ts";
import { readQueries } from "./queries.ts";
import { sameVersions } from "./same-versions.ts";
import { refuseTemplate } from "./templates/foreign-template.ts";
import { TemplateError } from "./templates/template-error.ts";
import { readTernFolders, type TernFolder, withoutTemplates } from "./templates/tern.ts";

export interface Source {
  readonly schema: readonly SchemaFile[];
  readonly queries: readonly QuerySource[];
  readonly diagnostics: readonly Diagnostic[];
  /** Whether all of the schema could be read; where not, what queries lack follows from that. */
  readonly isSchemaWhole: boolean;
}

/** Reads the schema files of one query set alone. Nothing is thrown. */
export async function readSchema(
  from: Files,
  set: Pick<QuerySetConfig, "schema" | "schemaSpans" | "schemaVariables">,
): Promise<Omit<Source, "queries">> {
  const files = await readSchemaFiles(from, set);
  return parseSchema({ ...files, queryFiles: { paths: [], diagnostics: [] } });
}

/** Reads them without looking into what they say to PostgreSQL. */
export async function readSchemaFiles(
  from: Files,
  set: Pick<QuerySetConfig, "schema" | "schemaSpans" | "schemaVariables">,
): Promise<SchemaFiles> {
  const expansion = await expandFiles("schema", set.schema, from, set.schemaSpans);
  const { texts, diagnostics } = await readTexts(from, expansion.paths);
  return { ...(await schemaFilesOf(from, expansion, texts, set)), texts, unreadable: diagnostics };
}

/** Reads what is to be known of schema files beyond their texts. */
async function schemaFilesOf(
  from: Files,
  { paths, diagnostics }: Expansion,
  texts: ReadonlyMap<string, string>,
  set: Pick<QuerySetConfig, "schema" | "schemaSpans" | "schemaVariables">,
): Promise<Pick<SourceFiles, "schemaFiles" | "tern" | "placeholders" | "changelogs">> {
  const placeholders = await readPlaceholders(from, paths, texts, set.schemaVariables);
  const changelogs = await readChangelogs(from, paths, texts);
  const included = new Set([...placeholders.included, ...changelogs].map(([path]) => path));
  // What another file reads in its place is no file of its own.
  const own = inDependence(paths, texts).filter((path) => !included.has(path));
  const unread: Diagnostic[] = [];
  const tern = await ternFolders(from, own, texts);
  const shared = tern.flatMap(({ path, shared }) => shared.map(([name]) => join(path, name)));
  const read = new Set([...paths, ...included, ...shared]);
  for (const [i, entry] of set.schema.entries())
    unread.push(...(await unreadIn(from, entry, set.schemaSpans[i], read)));
  for (const folder of new Set(own.filter((path) => path.endsWith(".sql")).map((path) => dirname(path)))) {
    const name = await unreadManifest(from, folder);
    if (name === null) continue;
    unread.push({
      code: "schema-manifest-unread",
      severity: "warning",
      message: `${join(folder, name)} is not read: the files of ${folder} run in the order of their names`,
      hint: "Where that is not the changelog's order, list the files under `schema:` in it.",
    });
  }
  return {
    schemaFiles: { paths: own, diagnostics: [...diagnostics, ...unread] },
    tern,
    placeholders,
    changelogs,
  };
}

/** The files of one query set, as they lie on disk. */
export interface SourceFiles {
  readonly schemaFiles: Expansion;
  readonly queryFiles: Expansion;
  /** By path; those that could not be read are missing. */
  readonly texts: ReadonlyMap<string, string>;
  readonly unreadable: readonly Diagnostic[];
  /** What the templates among them are executed with. */
  readonly tern: readonly TernFolder[];
  /** What stands for the placeholders and inclusions of other tools. */
  readonly placeholders: Placeholders;
  /** What changelogs of Liquibase's include. */
  readonly changelogs: Changelogs;
}

/** The schema files of one query set, as they lie on disk. */
export type SchemaFiles = Omit<SourceFiles, "queryFiles">;

/** Reads the schema and query files of one query set. Nothing is thrown: what is wrong is among the diagnostics. */
export async function readSource(from: Files, set: QuerySetConfig): Promise<Source> {
  return parseSource(set, await readFiles(from, set));
}

/**
 * Only reads them, which is much less work than to look into them.
 * @param known its schema files, where they are read already
 */
export async function readFiles(
  from: Files,
  set: QuerySetConfig,
  known: Promise<SchemaFiles> = readSchemaFiles(from, set),
): Promise<SourceFiles> {
  const [schema, queryFiles] = await Promise.all([
    known,
    expandFiles("queries", set.queries, from, set.queriesSpans),
  ]);
  const ofSchema = new Set([...schema.texts.keys(), ...schema.unreadable.map(({ span }) => span?.file)]);
  const queries = await readTexts(
    from,
    queryFiles.paths.filter((path) => !ofSchema.has(path)),
  );
  return {
    ...schema,
    queryFiles,
    texts: new Map([...schema.texts, ...queries.texts]),
    unreadable: [...schema.unreadable, ...queries.diagnostics],
  };
}

export function parseSource(set: QuerySetConfig, files: SourceFiles): Source {
  const { diagnostics, ...schema } = parseSchema(files);
  const found = parseQueries(set, files);
  return { ...schema, queries: found.queries, diagnostics: [...diagnostics, ...found.diagnostics] };
}

/** Parses schema files; what is wrong with the files themselves is among the diagnostics. */
export function parseSchema(files: SourceFiles): Omit<Source, "queries"> {
  const { schemaFiles, queryFiles, unreadable } = files;
  const { schema, problems } = schemaOf(files);
  const diagnostics = [...schemaFiles.diagnostics, ...queryFiles.diagnostics, ...unreadable, ...problems];
  const unread = unreadable.filter(({ span }) => span && schemaFiles.paths.includes(span.file));
  const isSchemaWhole = [...schemaFiles.diagnostics, ...problems, ...unread].every(
    ({ severity }) => severity !== "error",
  );
  return { schema, diagnostics, isSchemaWhole };
}

export function parseQueries(
  set: QuerySetConfig,
  { schemaFiles, queryFiles, texts, unreadable }: SourceFiles,
  read: typeof readQueries = readQueries,
): Pick<Source, "queries" | "diagnostics"> {
  const diagnostics: Diagnostic[] = [];
  const queries: QuerySource[] = [];
  const first = new Map<string, QuerySource>();
  let refused = 0;
  for (const path of queryFiles.paths) {
    const text = texts.get(path);
    if (text === undefined) continue;
    const file = read(path, text);
    // Of a file that is schema too, they are the schema.
    const isSchema = schemaFiles.paths.includes(path);
    diagnostics.push(...file.diagnostics, ...(isSchema ? [] : leftOutOf(path, text, file.leftOut)));
    refused += file.diagnostics.length;
    for (const query of file.queries) {
      const earlier = first.get(query.name);
      if (earlier) {
        diagnostics.push({
          code: "query-name-duplicate",
          severity: "error",
          message: `duplicate query name: ${query.name}`,
          hint: `The first one stands at ${earlier.span.file}:${earlier.line}.`,
          span: query.span,
        });
        continue;
      }
      first.set(query.name, query);
      queries.push(query);
    }
  }
  // A base from before the first query names no place where there are any.
  const isNamed = set.queriesSpans.length > 0;
  if (
    isNamed &&
    queries.length === 0 &&
    refused === 0 &&
    queryFiles.diagnostics.length + unreadable.length === 0
  ) {
    diagnostics.push({
      code: "queries-empty",
      severity: "error",
      message:
        set.queries.length === 0
          ? "no queries are named"
          : `no queries contained in paths ${set.queries.join(",")}`,
      hint:
        set.queries.length === 0
          ? "Write `queries:` with the files that have them."
          : "Put an annotation such as `-- name: GetAuthor :one` above each query.",
      ...(set.queriesSpans[0] && { span: set.queriesSpans[0] }),
    });
  }
  return { queries, diagnostics };
}

const PART_OF_STATEMENT =
  /^(?:and|from|group|having|join|left|limit|offset|on|or|order|returning|union|where|window)\b/i;

/** How TypedSQL says what a parameter is. */
const OF_TYPEDSQL = /^-- @param \{\w+\??\} \$\d/m;

/** Statements that are in no query are told: those right behind one, each; the others once for a file. */
function leftOutOf(path: string, text: string, leftOut: readonly LeftOut[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  const alone = leftOut.filter(({ behind }) => behind === null);
  for (const { start, end, behind } of leftOut) {
    if (behind === null) continue;
    // What begins no statement was meant as a part of the query, which says something else without it.
    const isPart = PART_OF_STATEMENT.test(text.slice(start, end));
    found.push({
      code: "query-second-statement",
      severity: isPart ? "error" : "warning",
      message: `query "${behind}" ends before this statement, which is left out`,
      hint: isPart
        ? "Take out the semicolon in front of it, which ends the query."
        : "A query is one statement. Give this one an annotation of its own, or join them with `with … as (…)`.",
      span: { file: path, start, end },
    });
  }
  const [first] = alone;
  if (first) {
    const rest = alone.length - 1;
    found.push({
      code: "statement-without-annotation",
      severity: "warning",
      message: `no annotation stands above this statement${rest > 0 ? `, nor above ${rest} more in this file` : ""}: left out`,
      hint: OF_TYPEDSQL.test(text)
        ? "Prisma's TypedSQL is a query to a file, with no name in it: `solitude-gen import` makes annotated ones of them."
        : "Put one such as `-- name: GetAuthor :one` above it, or list the file under `schema:` if it makes tables.",
      span: { file: path, start: first.start, end: first.end },
    });
  }
  return found;
}

async function readTexts(
  from: Files,
  paths: readonly string[],
): Promise<{ texts: ReadonlyMap<string, string>; diagnostics: Diagnostic[] }> {
  const texts = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  await Promise.all(
    [...new Set(paths)].map(async (path) => {
      try {
        const found = textIn(await from.read(path));
        if (typeof found === "string") {
          const merge = mergeProblem(path, found);
          if (merge === null) texts.set(path, found);
          else diagnostics.push(merge);
        } else if ("pointer" in found) diagnostics.push(pointer(path));
        else diagnostics.push("at" in found ? encodingProblem(path, found) : foreignProblem(path, found));
      } catch (error) {
        if (error instanceof DiagnosticError) throw error;
        diagnostics.push({
          code: "file-unreadable",
          severity: "error",
          message: `cannot read ${path}: ${reasonOf(error)}`,
          hint: "It must be a file, or a link to one, that this user may read.",
          span: { file: path, start: 0, end: 0 },
        });
      }
    }),
  );
  return { texts, diagnostics };
}

type Unreadable = { readonly pointer: true } | ForeignFormat | EncodingFault;

const known = new WeakMap<Uint8Array, string | Unreadable>();

/** Gives the text in a file's bytes, or why it has none. Who holds on to the bytes has it decoded once. */
function textIn(bytes: Uint8Array): string | Unreadable {
  return once(known, bytes, () => {
    const text = decode(bytes);
    if (lfsObject(bytes) !== null) return { pointer: true };
    const foreign = foreignFormat(bytes);
    return foreign === null
      ? (encodingFault(bytes, text) ?? text)
      : { what: foreign.what, hint: foreign.hint };
  });
}

const foreignProblem = (path: string, { what, hint }: ForeignFormat): Diagnostic => ({
  code: "file-unreadable",
  severity: "error",
  message: `cannot read ${path}: it is ${what}`,
  hint: hint(path),
  span: { file: path, start: 0, end: 0 },
});

const pointer = (path: string): Diagnostic => ({
  code: "file-unreadable",
  severity: "error",
  message: `cannot read ${path}: it is a pointer of Git LFS, and what it stands for is not here`,
  hint: "Run `git lfs pull`; in GitHub Actions give actions/checkout `lfs: true`.",
  span: { file: path, start: 0, end: 0 },
});

function schemaOf({
  schemaFiles,
  texts,
  tern,
  placeholders,
  changelogs,
}: Pick<SourceFiles, "schemaFiles" | "texts" | "tern" | "placeholders" | "changelogs">): {
  schema: SchemaFile[];
  problems: Diagnostic[];
} {
  const problems: Diagnostic[] = [];
  const tools = new Tools();
  const schema = schemaFiles.paths.flatMap((path): SchemaFile[] => {
    const text = texts.get(path);
    if (text === undefined) return [];
    if (looksLikeUndoing(path)) problems.push(doubtfulName(path));
    const folder = tern.find((one) => one.path === dirname(path));
    try {
      const changelog = fromChangelog(path, text, changelogs, placeholders);
      if (changelog !== null) {
        problems.push(...changelog.diagnostics);
        return [changelog.file];
      }
      const condition = conditionIn(text);
      if (condition !== null) problems.push(unaskedCondition({ file: path, ...condition }));
      const made = folder
        ? { path, text }
        : withPlaceholders({ path, text: fromAtlas(fromLiquibase(text)) }, placeholders);
      const executable = readExecutable(path, made.text);
      problems.push(...executable.doubtful.map((at) => doubtfulMarker(inFile({ file: path, ...at }, made))));
      if (executable.marked !== null) {
        const { tool, ...at } = executable.marked;
        tools.add(tool, inFile({ file: path, ...at }, made));
      }
      const file = { ...made, text: withoutQueries(executable.text) };
      if (!folder) refuseTemplate(file);
      return [folder ? withoutTemplates(file, folder) : file];
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const { code, message, span, hint } = error;
      problems.push({ code, severity: "error", message, hint, span });
      return [];
    }
  });
  return {
    schema,
    problems: [
      ...problems,
      ...tools.mixed(),
      ...beyondFlyway(schemaFiles.paths),
      ...sameVersions(schemaFiles.paths, (path) => tools.of(path)),
    ],
  };
}

/** The migration tools whose markers files have. */
class Tools {
  readonly #first = new Map<string, Map<string, Span>>();
  readonly #byFile = new Map<string, string>();

  /** The one whose markers a file has. */
  of(path: string): string | undefined {
    return this.#byFile.get(path);
  }

  add(tool: string, at: Span): void {
    if (!this.#byFile.has(at.file)) this.#byFile.set(at.file, tool);
    const folder = dirname(at.file);
    const known = this.#first.get(folder) ?? new Map<string, Span>();
    this.#first.set(folder, known);
    if (!known.has(tool)) known.set(tool, at);
  }

  /** Says of each folder where a second tool's files begin. */
  mixed(): Diagnostic[] {
    return [...this.#first.values()].flatMap((tools) => {
      const [first, second] = tools;
      return first === undefined || second === undefined
        ? []
        : [mixedTools(`a marker of ${second[0]}, and ${first[1].file} has one of ${first[0]}`, second[1])];
    });
  }
}

/** Says of a folder of Flyway's which files it would pass over. */
function beyondFlyway(paths: readonly string[]): Diagnostic[] {
  const folders = new Set(paths.filter(isVersioned).map(dirname));
  return [...folders].flatMap((folder) => {
    const others = paths.filter((path) => dirname(path) === folder && !isVersioned(path));
    const [first] = others;
    const more = others.length > 1 ? ` and ${others.length - 1} more` : "";
    return first === undefined
      ? []
      : [
          mixedTools(`a name that Flyway passes over${more && `, as have${more}`}`, {
            file: first,
            start: 0,
            end: 0,
          }),
        ];
  });
}

function mixedTools(has: string, span: Span): Diagnostic {
  return {
    code: "schema-tools-mixed",
    severity: "warning",
    message: `${span.file} has ${has}: all of them run here, in the order of their names`,
    hint: "Give each migration tool a folder of its own, and name these under `schema:` in the order in which they run.",
    span,
  };
}

function doubtfulMarker(span: Span): Diagnostic {
  return {
    code: "schema-marker-unknown",
    severity: "warning",
    message: "this looks like the beginning of what undoes a migration, and is applied as part of the schema",
    hint: "No migration tool that is known has this marker. `-- migrate:down` and others end what is applied; or give what undoes it a file of its own.",
    span,
  };
}

function doubtfulName(path: string): Diagnostic {
  return {
    code: "schema-name-doubtful",
    severity: "warning",
    message: `${path} looks like a file that undoes another, and is applied as part of the schema`,
    hint: "No migration tool that is known has this name. Leave it out of `schema:`, as with a pattern that it does not match; `*.down.sql` is left out by itself.",
    span: { file: path, start: 0, end: 0 },
  };
}

/** Nearly no schema has templates: those that have none need not look for more. */
async function ternFolders(
  from: Files,
  paths: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<readonly TernFolder[]> {
  return paths.some((path) => texts.get(path)?.includes("{{")) ? readTernFolders(from, paths, texts) : [];
}
