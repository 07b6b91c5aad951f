import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { build } from "esbuild";
import type { ClientBase } from "pg";
import { type FunctionDeclaration, Project, type Type } from "ts-morph";
import type { Param, Query } from "../../generator/src/model/query.ts";
import type { GeneratedSet } from "./generated-case.ts";
import { mismatch } from "./inhabits.ts";
import { textOf } from "./values.ts";

type Client = Pick<ClientBase, "query">;

/** The types of all that is generated in some folders, as TypeScript sees them. */
export function readTypes(folders: readonly string[]): Project {
  const project = new Project({
    compilerOptions: {
      strict: true,
      target: 9,
      lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts"],
      module: 199,
      moduleResolution: 99,
      types: ["node"],
      typeRoots: [join(import.meta.dirname, "../../node_modules/@types")],
    },
  });
  project.addSourceFilesAtPaths(folders.map((folder) => join(folder, "**/*.ts")));
  return project;
}

type Generated = Pick<GeneratedSet, "set" | "folder">;

interface Callable {
  readonly query: Query;
  readonly declaration: FunctionDeclaration;
  readonly call: (client: Client, args?: unknown) => Promise<unknown>;
}

/** The functions of a set beside the queries that they are for. */
export async function functionsOf({ set, folder }: Generated, types: Project): Promise<Callable[]> {
  const bundle = join(folder, "bundle.mjs");
  await build({
    entryPoints: [join(folder, "index.ts")],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["pg", "@solitude/runtime"],
    logLevel: "error",
  });
  const module = (await import(pathToFileURL(bundle).href)) as Record<string, Callable["call"]>;
  const callables: Callable[] = [];
  for (const file of new Set(set.queries.map((q) => q.span.file))) {
    const queries = set.queries
      .filter((q) => q.span.file === file)
      .flatMap((q) => (mayLackRow(q) ? [q, q] : [q]));
    const source = types.getSourceFileOrThrow(
      (f) => f.getDirectoryPath() === folder && f.getText().includes(`-- name: ${queries[0]!.name} `),
    );
    const declarations = source.getFunctions().filter((f) => f.isExported() && !f.isGenerator());
    for (const [i, declaration] of declarations.entries()) {
      callables.push({ query: queries[i]!, declaration, call: module[declaration.getNameOrThrow()]! });
    }
  }
  return callables;
}

export interface Outcome {
  readonly executed: boolean;
  /** What went wrong in the last call that the database refused. */
  readonly refused: string | null;
  readonly wrong: string | null;
}

/** Whether there is a function beside the query's own that throws where no row comes. */
function mayLackRow({ command, rows }: Query): boolean {
  return (command === ":one" || command === ":batchone") && !rows.atLeastOne;
}

/** Calls the function with several arguments, each call undone, and compares what it gives with its declared type. */
export async function tryFunction({ set }: Generated, callable: Callable, client: Client): Promise<Outcome> {
  const { query, declaration, call } = callable;
  const result = declaration.getReturnType().getTypeArguments()[0]!;
  const argument = declaration.getParameters()[1];
  let executed = false;
  let refused: string | null = null;
  for (let n = 0; n < (argument ? 6 : 1); n++) {
    const args = argument ? argumentOf(set, query, argument.getType(), n) : undefined;
    await client.query("savepoint call");
    try {
      const value = await call(client, args);
      const wrong = mismatch(result, value, query.name);
      if (wrong) return { executed: true, refused, wrong };
      if (isSettled(value)) executed = true;
      else refused = inspect(value, { depth: 4 });
    } catch (error) {
      if ((error as Error).name === "DecodeError") return { executed: true, refused, wrong: String(error) };
      if ((error as Error).name === "NoRowsError") {
        if (query.rows.atLeastOne) return { executed: true, refused, wrong: String(error) };
        executed = true;
      } else refused = String(error);
    } finally {
      await client.query("rollback to savepoint call");
    }
  }
  return { executed, refused, wrong: null };
}

/** A batch reports failures one by one. */
function isSettled(value: unknown): boolean {
  if (!Array.isArray(value)) return true;
  return !value.some((item) => (item as { status?: string } | null)?.status === "rejected");
}

function argumentOf(set: GeneratedSet["set"], query: Query, type: Type, n: number): unknown {
  const isList = query.command.startsWith(":batch") || query.command === ":copyfrom";
  const one = isList
    ? type
        .getUnionTypes()
        .concat(type)
        .map((t) => t.getTypeArguments()[0] ?? t.getArrayElementType())
        .find((t) => t !== undefined)!
    : type;
  const build = (
    k: number,
    of: Type = one,
    all: readonly Param[] = query.params,
  ): Record<string, unknown> => {
    const properties = of.getProperties();
    const params = [...all].sort((a, b) => a.number - b.number);
    return Object.fromEntries(
      properties.flatMap((property, i) => {
        // What may be left out is, in some calls.
        if (query.sql.deciding.length > 0 && property.isOptional() && (i + k) % 3 === 0) return [];
        const param = params[i];
        // What says the order and the page.
        if (param === undefined) return [];
        const wanted = property.getTypeAtLocation(property.getValueDeclarationOrThrow());
        if (param.nullable && (k === 1 || (k > 2 && (i + k) % 2 === 0))) return [[property.getName(), null]];
        if (param.record) {
          const { isArray, fields } = param.record;
          const row = (isArray ? wanted.getNumberIndexType() : wanted) ?? wanted;
          const rows = isArray ? [k, k + 1] : [k];
          const built = rows.map((m) => build(m, row, fields));
          return [[property.getName(), isArray ? built : built[0]!]];
        }
        const text = textOf(set.catalog, param.type, k, param.values);
        const candidates = candidatesOf(text, wanted);
        const fitting = candidates.find((c) => mismatch(wanted, c) === null);
        if (fitting === undefined) throw new Error(`no argument of type ${wanted.getText()} from ${text}`);
        return [[property.getName(), fitting]];
      }),
    );
  };
  return isList ? [build(n)] : build(n);
}

/** JavaScript values that the text may stand for. */
function candidatesOf(text: string, wanted: Type): unknown[] {
  const json = attempt(() => JSON.parse(text) as unknown);
  const items = text.startsWith("{") ? arrayItems(text) : [];
  const element = wanted.getNonNullableType().getArrayElementType();
  const array = element
    ? items.flatMap((item) => {
        if (item === null) return mismatch(element, null) === null ? [null] : [];
        return [candidatesOf(item, element).find((c) => mismatch(element, c) === null)];
      })
    : undefined;
  const bytes = text.startsWith("\\x") ? Buffer.from(text.slice(2), "hex") : undefined;
  const date = /^\d{4}-/.test(text) ? new Date(text.replace(" BC", "")) : undefined;
  const bigint = /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  const known: unknown[] = [
    text,
    text === "t",
    Number(text),
    bigint,
    bytes,
    date,
    array,
    json,
    compositeOf(text, wanted),
    { a: "1", b: null },
    [1, 2, 3],
  ];
  const range = { lower: null, upper: null, lowerInclusive: false, upperInclusive: false };
  return [...known, range, [range]].filter((c) => c !== undefined);
}

function compositeOf(text: string, wanted: Type): unknown {
  const type = wanted.getNonNullableType();
  if (!text.startsWith("(") || !type.isObject() || type.isArray()) return undefined;
  return Object.fromEntries(type.getProperties().map((p) => [p.getName(), null]));
}

/** Of a one-dimensional array whose items are quoted or NULL. */
function arrayItems(text: string): (string | null)[] {
  return Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"|NULL/g), (m) =>
    m[1] === undefined ? null : m[1].replace(/\\(.)/g, "$1"),
  );
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
