import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { QuerySet } from "../model/analysis.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Before, Emission, FileOrigin } from "../model/emission.ts";
import type { Query } from "../model/query.ts";
import { isAdaptive } from "../model/sql.ts";
import { drivers } from "./drivers/drivers.ts";
import { exportsOfFacade, writeFacade } from "./facade.ts";
import { siblingPath } from "./imports.ts";
import { type Models, nameModels, writeModels } from "./models.ts";
import { Namer, TAKEN_TYPES } from "./names.ts";
import { writeQueryModule } from "./query-module.ts";
import { nameQueries, namingProblems } from "./query-names.ts";
import { writeSchema } from "./schema.ts";
import { commentProblems } from "./stored-json.ts";
import { HEADER, supportSource } from "./support.ts";
import { writeTables } from "./tables.ts";
import type { QueryNames } from "./writing.ts";

export interface EmittedFile {
  /** Relative to the output folder, with forward slashes. */
  readonly path: string;
  readonly contents: string;
}

export interface EmitResult {
  readonly files: readonly EmittedFile[];
  readonly diagnostics: readonly Diagnostic[];
  /** For the next emission; missing where it is not known what the query set was made of. */
  readonly emission?: Emission;
}

/**
 * Everything that is generated for one query set. The same input gives the same bytes.
 * @param before what the next one before it wrote
 */
export function emitTypeScript(
  set: QuerySet,
  options: TypeScriptOptions,
  before: Before | null = null,
): EmitResult {
  const diagnostics: Diagnostic[] = commentProblems(set.catalog, set.schema);
  const { preamble, exported, errors } = drivers[options.driver];
  const hasPages = set.queries.some(({ sql }) => sql.page !== null);
  const adaptive = set.queries.some(({ sql }) => isAdaptive(sql))
    ? `\n${supportSource("adaptive.ts", ...(hasPages ? ["pages.ts"] : []))}`
    : "";
  const hasRecords = set.queries.some(({ params }) => params.some(({ record }) => record !== undefined));
  const records = hasRecords ? `\n${supportSource("records.ts")}` : "";
  const hasSchemas = options.overrides.some(({ schema }) => schema !== undefined);
  const schemas = hasSchemas ? `\n${supportSource("schemas.ts")}` : "";
  const codecWith = (bytes: readonly string[]): string =>
    `${HEADER}\n${preamble()}\n${supportSource("codec.ts", ...bytes, "json.ts", "times.ts", "containers.ts")}${records}${schemas}${adaptive}`;
  const all = [
    ...errors,
    ...(hasSchemas ? ["EncodeError", "SchemaError"] : []),
    ...(hasPages ? [CURSOR_ERROR] : []),
  ];
  const passedOn = passedOnNames(exported, all, options);
  // Names are the same whatever other queries there are.
  const taken = [...new Set([...passedOn.types, ...passedOn.values, CURSOR_ERROR])];
  const { emit_facade: facade } = options;
  const facadeNames = facade === undefined ? [] : exportsOfFacade(facade, options);
  const of =
    set.origin &&
    JSON.stringify([
      set.origin.schema,
      set.catalog.relations.map(({ oid }) => oid),
      [...set.catalog.types.keys()],
      options,
      taken,
    ]);
  const named =
    (before !== null && before.emission.of === of ? namedFor.get(before.emission) : undefined) ??
    nameTypes(set, options, new Namer([...TAKEN_TYPES, ...taken, ...facadeNames]));
  const { models } = named;
  const namer = named.namer.copy();
  const files = new WrittenFiles(of, before, diagnostics);
  const origins = new Map(set.queries.map((query, i) => [query, set.origin?.queries[i]]));
  const modules = new Map<string, (readonly [Query, QueryNames])[]>();
  const namings = nameQueries(set.queries, namer);
  diagnostics.push(...namings.flatMap((one) => namingProblems(models.context, one)));
  for (const { query, names } of namings) {
    const queries = modules.get(query.span.file) ?? [];
    queries.push([query, names]);
    modules.set(query.span.file, queries);
  }
  const fileNames = new Namer(["models", "codec", "facade", "index", "tables", "schema"]);
  files.write("models.ts", "", () => `${HEADER}\n${writeModels(models)}`);
  const names = ["models"];
  const written = new Map<string, (readonly [Query, QueryNames])[]>();
  for (const [file, queries] of modules) {
    const name = fileNames.take(moduleName(file));
    names.push(name);
    written.set(name, queries);
    const of = JSON.stringify(queries.map(([query, own]) => [origins.get(query), own]));
    files.write(`${name}.ts`, of, (found) => `${HEADER}\n${writeQueryModule(models, queries, found)}`);
  }
  if (facade !== undefined) {
    files.add("facade.ts", `${HEADER}\n${writeFacade(facade, written, models.context, diagnostics)}`);
    names.push("facade");
  }
  // For tests: no part of the index, so that applications have nothing of it.
  if (options.emit_tables) files.write("tables.ts", "", () => `${HEADER}\n${writeTables(models)}`);
  if (options.emit_schema) files.add("schema.ts", `${HEADER}\n${writeSchema(set.schema ?? [])}`);
  files.add("index.ts", `${HEADER}\n${writeIndex(names, passedOn, options)}`);
  const { emission } = files;
  if (emission) namedFor.set(emission, named);
  // Bytes are a Buffer, of which only Node's types know: code without them compiles without these.
  const hasBytes = files.all.some(({ contents }) => contents.includes("codec.bytea"));
  files.add("codec.ts", codecWith(hasBytes ? BYTES : []));
  return { files: files.all, diagnostics, ...(emission && { emission }) };
}

interface NamedTypes {
  readonly models: Models;
  /** By whom they are named. */
  readonly namer: Namer;
}

/** By what this process wrote: what it named for it, for the next emission of which all but the queries is the same. */
const namedFor = new WeakMap<Emission, NamedTypes>();

function nameTypes({ catalog }: QuerySet, options: TypeScriptOptions, namer: Namer): NamedTypes {
  return { models: nameModels(catalog, options, namer), namer };
}

/** The error of pages, which is caught by its class. */
const CURSOR_ERROR = "CursorError";

/** The part of the codec module that only columns of bytes need. */
const BYTES = ["bytes.ts"];

/** The files of an emission: those that are made of the same as before are the same. */
class WrittenFiles {
  readonly all: EmittedFile[] = [];
  readonly #of: string | undefined;
  readonly #before = new Map<string, FileOrigin & EmittedFile>();
  readonly #origins = new Map<string, FileOrigin>();
  readonly #diagnostics: Diagnostic[];

  /** @param of all that decides what files are, but the queries of each; undefined where nothing is known of it */
  constructor(of: string | undefined, before: Before | null, diagnostics: Diagnostic[]) {
    this.#of = of;
    this.#diagnostics = diagnostics;
    if (of === undefined || before?.emission.of !== of) return;
    for (const file of before.files) {
      const origin = before.emission.files.get(file.path);
      if (origin) this.#before.set(file.path, { ...origin, ...file });
    }
  }

  get emission(): Emission | null {
    return this.#of === undefined ? null : { of: this.#of, files: this.#origins };
  }

  add(path: string, contents: string): void {
    this.all.push({ path, contents });
  }

  /** @param of what else it is made of */
  write(path: string, of: string, make: (diagnostics: Diagnostic[]) => string): void {
    const known = this.#before.get(path);
    const diagnostics: Diagnostic[] = [];
    const file =
      known?.of === of
        ? { diagnostics: known.diagnostics, contents: known.contents }
        : { contents: make(diagnostics), diagnostics };
    this.add(path, file.contents);
    this.#diagnostics.push(...file.diagnostics);
    this.#origins.set(path, { of, diagnostics: file.diagnostics });
  }
}

const moduleName = (file: string): string => (file.split("/").at(-1) ?? file).replace(/[^A-Za-z0-9_]/g, "_");

/** What the index has of the codec module. No other module exports such a name; all else of the codec is reached as `codec.…`. */
interface PassedOn {
  readonly types: readonly string[];
  readonly values: readonly string[];
}

function passedOnNames(
  exported: readonly string[],
  errors: readonly string[],
  { json_numbers }: TypeScriptOptions,
): PassedOn {
  const isExact = json_numbers === "exact";
  return {
    types: [...exported, "Codec", "Json", "Range", ...(isExact ? ["ExactJson"] : [])].sort(),
    values: ["DecodeError", ...(isExact ? ["JsonNumber"] : []), ...errors],
  };
}

function writeIndex(
  modules: readonly string[],
  { types, values }: PassedOn,
  options: TypeScriptOptions,
): string {
  const from = (name: string): string => JSON.stringify(siblingPath(name, options));
  return (
    `export type { ${types.join(", ")} } from ${from("codec")};\nexport { ${values.join(", ")} } from ${from("codec")};\n` +
    modules.map((name) => `export * from ${from(name)};\n`).join("")
  );
}
