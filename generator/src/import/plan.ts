import { basename, posix } from "node:path";
import type { Diagnostic } from "../model/diagnostic.ts";
import { type ImportedQuery, unconverted, writeQueries } from "./imported-query.ts";
import {
  followExports,
  type KnownQuery,
  listWholeModules,
  pgtypedName,
  readPgtypedTemplates,
  rewritePgtypedCalls,
  withoutTemplates,
} from "./pgtyped-calls.ts";
import { generatedBy, type PgtypedConfig } from "./pgtyped-config.ts";
import { readPgtypedFile } from "./pgtyped-file.ts";
import { convertQueryCalls } from "./query-calls.ts";
import { endingIn, moduleOf, SourceEdits, withoutEnding } from "./source-edits.ts";
import type { Tool } from "./tools.ts";
import { type ClientName, rewriteTypedSqlCalls, typedSqlNamesOf } from "./typedsql-calls.ts";
import { readTypedSqlFile, typedSqlFolder } from "./typedsql-file.ts";

export interface ImportOptions {
  readonly tool: Tool;
  /** The folder that the queries go to, relative to the project. */
  readonly queries: string;
  /** That of the generated code. */
  readonly out: string;
  /** What calls run on where they cannot run on what they ran on. */
  readonly client: ClientName | null;
  readonly pgtyped: PgtypedConfig | null;
  /** Whether files that were converted as a whole are to go. */
  readonly removesOriginals: boolean;
}

export interface FileChange {
  readonly path: string;
  /** Null where it is new. */
  readonly before: string | null;
  /** Null where it is to go. */
  readonly after: string | null;
}

export interface ImportPlan {
  readonly changes: readonly FileChange[];
  readonly diagnostics: readonly Diagnostic[];
  /** How many queries the project has then that it had not. */
  readonly added: number;
  /** How many were found in all. */
  readonly found: number;
}

/** A file of TypeScript. */
const SOURCE = /\.(?:tsx?|[cm]ts)$/;

/** Tells what a project comes from; null where nothing shows it. */
export function toolOf(files: ReadonlyMap<string, string>): Tool | null {
  for (const [path, text] of files) {
    if (path.endsWith(".sql") && /\/\*[\s*]*@name\s+\w+/.test(text)) return "pgtyped";
    if (SOURCE.test(path) && /from\s+["']@pgtyped\/(?:runtime|query)["']/.test(text)) return "pgtyped";
  }
  const isTypedSql = typedSqlFiles(files);
  for (const path of files.keys()) if (isTypedSql(path)) return "typedsql";
  for (const [path, text] of files)
    if (SOURCE.test(path) && /from\s+["'](?:pg|slonik|@ts-safeql\/sql-tag)["']/.test(text))
      return "templates";
  return null;
}

/** Gives what tells files of TypedSQL: those in `prisma/sql`, and in the folder that a configuration of Prisma's names. */
function typedSqlFiles(files: ReadonlyMap<string, string>): (path: string) => boolean {
  const folders = [...files].flatMap(([path, text]) => {
    const folder = /(?:^|\/)prisma\.config\.[cm]?ts$/.test(path) ? typedSqlFolder(text) : undefined;
    return folder === undefined ? [] : [posix.join(posix.dirname(path), folder)];
  });
  return (path) =>
    path.endsWith(".sql") &&
    (/(?:^|\/)prisma\/sql\/[^/]+$/.test(path) || folders.includes(posix.dirname(path)));
}

/** Plans how a project becomes one of ours. Nothing is written, and nothing that is there already is lost. */
export function planImport(files: ReadonlyMap<string, string>, options: ImportOptions): ImportPlan {
  return new Plan(files, options).make();
}

/** A line that pgtyped begins what it writes with. */
const BY_PGTYPED = /^\/\*\* Types generated for queries found in "([^"]+)"/;

class Plan {
  readonly #files: ReadonlyMap<string, string>;
  readonly #options: ImportOptions;
  readonly #diagnostics: Diagnostic[] = [];
  /** By file of queries, those that it is to have. */
  readonly #queries = new Map<string, ImportedQuery[]>();
  readonly #removed = new Set<string>();
  readonly #sources = new Map<string, SourceEdits>();
  #found = 0;

  constructor(files: ReadonlyMap<string, string>, options: ImportOptions) {
    this.#files = files;
    this.#options = options;
  }

  make(): ImportPlan {
    const sources = [...this.#files].filter(([path, text]) => SOURCE.test(path) && !BY_PGTYPED.test(text));
    const usualEnding = sources.map(([, text]) => endingIn(text)).find((ending) => ending !== undefined);
    for (const [path, text] of sources) this.#sources.set(path, new SourceEdits(path, text, usualEnding));
    if (this.#options.tool === "pgtyped") this.#pgtyped();
    else if (this.#options.tool === "typedsql") this.#typedSql();
    else this.#templates();
    return this.#result();
  }

  #add(file: string, queries: readonly ImportedQuery[]): void {
    this.#found += queries.length;
    const path = `${this.#options.queries}/${file}`;
    if (queries.length > 0) this.#queries.set(path, [...(this.#queries.get(path) ?? []), ...queries]);
  }

  #pgtyped(): void {
    const { out } = this.#options;
    const modules = new Map<string, readonly KnownQuery[]>();
    const known = (queries: readonly ImportedQuery[], generated: readonly string[]) => {
      const isHungarian = this.#isHungarian(generated, queries);
      const isCamelCase = this.#options.pgtyped?.isCamelCase === true;
      return queries.map((query) => ({ query, local: pgtypedName(query), isHungarian, isCamelCase }));
    };
    for (const [path, text] of this.#files) {
      if (!path.endsWith(".sql") || !/@name\s+\w+/.test(text) || this.#isOurs(path)) continue;
      const { queries, problems } = readPgtypedFile(path, text);
      this.#diagnostics.push(...problems);
      this.#add(this.#nameOf(path, ".sql"), queries);
      const module = path.replace(/\.sql$/, "");
      const found = this.#generatedFor(path, "sql");
      const generated = [`${module}.queries`, `${module}.types`, ...found];
      const here = known(queries, found);
      for (const written of generated) modules.set(written, here);
      if (problems.length > 0) continue;
      for (const one of [path, ...generated.map((written) => `${written}.ts`)]) this.#removed.add(one);
    }
    const own = new Map<string, readonly KnownQuery[]>();
    for (const [path, edits] of this.#sources) {
      const { queries, problems, declarations } = readPgtypedTemplates(edits);
      this.#diagnostics.push(...problems);
      if (queries.length === 0) continue;
      this.#add(this.#nameOf(path, posix.extname(path)), queries);
      const written = this.#generatedFor(path, "ts");
      const here = known(queries, written);
      const module = withoutEnding(path);
      own.set(path, here);
      modules.set(module, here);
      const generated = [`${module}.types`, ...written];
      for (const one of generated) modules.set(one, here);
      withoutTemplates(edits, declarations, problems.length === 0, out);
      if (problems.length === 0) for (const one of generated) this.#removed.add(`${one}.ts`);
    }
    followExports(this.#sources, modules);
    for (const [path, edits] of this.#sources) {
      this.#diagnostics.push(...rewritePgtypedCalls(edits, modules, own.get(path) ?? [], out));
      this.#diagnostics.push(
        ...listWholeModules(edits, (module) => {
          const from = moduleOf(path, module);
          return from !== null && modules.has(from);
        }),
      );
    }
    this.#keepWhatIsUsed();
  }

  /** Lets modules stay that something is imported from still: an enum's type, or a query whose call is left. */
  #keepWhatIsUsed(): void {
    const used = new Set<string>();
    for (const [path, edits] of this.#sources)
      for (const module of edits.modulesLeft()) {
        const from = moduleOf(path, module);
        if (from !== null) used.add(from);
      }
    for (const path of this.#removed)
      if (!path.endsWith(".sql") && used.has(withoutEnding(path))) this.#removed.delete(path);
  }

  /** Gives the modules that pgtyped has generated for a file, which say so, or would by its configuration. */
  #generatedFor(file: string, mode: string): string[] {
    const there = [...this.#files].filter(([path, text]) => {
      const of = BY_PGTYPED.exec(text)?.[1];
      return SOURCE.test(path) && of !== undefined && (of === file || of.endsWith(`/${file}`));
    });
    const named = this.#options.pgtyped?.names.filter((one) => one.mode === mode) ?? [];
    return [
      ...there.map(([path]) => withoutEnding(path)),
      ...named.map(({ template }) => generatedBy(template, file)),
    ];
  }

  /** Tells whether the types of a file's queries begin with `I`: by what was generated, or by the configuration. */
  #isHungarian(generated: readonly string[], queries: readonly ImportedQuery[]): boolean {
    const [first] = queries;
    for (const module of generated) {
      const text = this.#files.get(`${module}.ts`);
      if (first === undefined || text === undefined) continue;
      if (text.includes(` I${first.name}Params`)) return true;
      if (text.includes(` ${first.name}Params`)) return false;
    }
    return this.#options.pgtyped?.isHungarian ?? true;
  }

  #typedSql(): void {
    const byName = new Map<string, ImportedQuery>();
    const isTypedSql = typedSqlFiles(this.#files);
    for (const [path, text] of this.#files) {
      if (!isTypedSql(path)) continue;
      const { queries, problems } = readTypedSqlFile(path, text);
      this.#diagnostics.push(...problems);
      this.#add("typedsql.sql", queries);
      for (const query of queries) byName.set(basename(path, ".sql"), query);
      if (problems.length === 0) this.#removed.add(path);
    }
    for (const edits of this.#sources.values())
      this.#diagnostics.push(...rewriteTypedSqlCalls(edits, byName, this.#options.out, this.#options.client));
    // What Prisma generates of a file that is gone would be missed.
    const used = new Set([...this.#sources.values()].flatMap((edits) => [...typedSqlNamesOf(edits)]));
    for (const path of this.#removed)
      if (used.has("*") || used.has(basename(path, ".sql"))) this.#removed.delete(path);
  }

  #templates(): void {
    const taken = new Map<string, string>();
    // Those of a run before this one.
    for (const [path, text] of this.#files)
      if (this.#isOurs(path)) for (const [name, sql] of namedStatements(text)) taken.set(name, sql);
    const modules = new Map([...this.#sources].map(([path, edits]) => [withoutEnding(path), edits]));
    for (const [path, edits] of this.#sources) {
      const take = (wanted: string, { sql }: Omit<ImportedQuery, "name">): string => {
        for (let n = 1; ; n++) {
          const name = n === 1 ? wanted : `${wanted}${n}`;
          const known = taken.get(name);
          if (known !== undefined && known !== normal(sql)) continue;
          taken.set(name, normal(sql));
          return name;
        }
      };
      const { out, client } = this.#options;
      const { queries, problems } = convertQueryCalls(edits, take, out, client, modules);
      this.#diagnostics.push(...problems);
      const unique = queries.filter((query, i) => queries.findIndex(({ name }) => name === query.name) === i);
      this.#add(this.#nameOf(path, posix.extname(path)), unique);
    }
  }

  /** The queries of `books/index.ts` are those of books. */
  #nameOf(path: string, ending: string): string {
    const name = basename(path, ending).replace(/\.(?:queries|sql)$/, "");
    const isPlain = !["index", "queries", "sql", "query"].includes(name);
    return `${(isPlain ? name : basename(posix.dirname(path)) || name).replace(/\W/g, "_")}.sql`;
  }

  #isOurs(path: string): boolean {
    return path.startsWith(`${this.#options.queries}/`);
  }

  #result(): ImportPlan {
    const changes: FileChange[] = [];
    let added = 0;
    const known = new Map<string, string>();
    for (const [path, text] of this.#files)
      if (this.#isOurs(path)) for (const [name] of namedStatements(text)) known.set(name, path);
    const seen = new Map<string, string>();
    for (const [path, queries] of this.#queries) {
      const before = this.#files.get(path) ?? null;
      const fresh = queries.filter(({ name }) => !known.has(name));
      for (const { name } of fresh) {
        const other = seen.get(name);
        if (other !== undefined)
          this.#diagnostics.push(
            unconverted(
              `${name} is in ${other} and in ${path}`,
              { file: path, start: 0, end: 0 },
              "With us the names of all queries are different: rename one before it is imported.",
            ),
          );
        seen.set(name, path);
      }
      added += fresh.length;
      if (fresh.length > 0)
        changes.push({
          path,
          before,
          after: `${before === null ? "" : `${before.trimEnd()}\n\n`}${writeQueries(fresh)}`,
        });
    }
    for (const [path, edits] of this.#sources)
      if (edits.hasChanges) changes.push({ path, before: edits.text, after: edits.result() });
    if (this.#options.removesOriginals)
      for (const path of this.#removed) {
        const before = this.#files.get(path);
        if (before !== undefined) changes.push({ path, before, after: null });
      }
    return { changes, diagnostics: this.#diagnostics, added, found: this.#found };
  }
}

/** A statement without what does not matter. */
const normal = (sql: string): string => sql.replace(/;\s*$/, "").replaceAll(/\s+/g, " ").trim();

/** The annotated statements of a file of ours. */
function namedStatements(text: string): [name: string, sql: string][] {
  const parts = text.split(/^--\s*name:\s*(\w+)\s+:\w+[^\n]*\n/m);
  const found: [string, string][] = [];
  for (let i = 1; i + 1 < parts.length; i += 2)
    found.push([parts[i]!, normal(parts[i + 1]!.replace(/;[\s\S]*$/, ""))]);
  return found;
}
