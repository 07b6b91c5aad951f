import type { Attribute, Oid } from "../model/catalog.ts";
import type { RawFunction } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { FIRST_NORMAL_OID } from "../postgres/normal-oid.ts";
import type { Query } from "../postgres/tree/node-types.ts";
import type { ParameterFacts, TreeAnalysis } from "./analysis.ts";
import { underDomains } from "./domains.ts";
import type { BodyResult } from "./function-bodies.ts";
import { type AttributeValue, either, nullable, reason, Value } from "./value.ts";

/** The type `void`. */
const VOID = 2278;
/** time, timetz */
const TIMES: ReadonlySet<Oid> = new Set([1083, 1266]);

const UNKNOWN_ARGUMENT: ParameterFacts = { nullable: true, elementsNullable: true };

/** Makes the analysis of a body by what is known of its arguments, by their number. */
export type AnalysisOf = (parameter: (number: number) => ParameterFacts) => TreeAnalysis;

/** Analyses the bodies of functions, each once for each combination of what is known of its arguments. */
export class FunctionBodies {
  readonly #catalog: CatalogReader;
  readonly #asOf: Oid | null;
  readonly #analysis: AnalysisOf;
  readonly #results = new Map<string, BodyResult | null>();

  constructor(catalog: CatalogReader, asOf: Oid | null, analysis: AnalysisOf) {
    this.#catalog = catalog;
    this.#asOf = asOf;
    this.#analysis = analysis;
  }

  result(fn: RawFunction, args: readonly ParameterFacts[]): BodyResult | null {
    // A function may be replaced after a materialized view was filled.
    if (this.#asOf !== null) return null;
    // Whatever a function selects that gives nothing, its value is NULL.
    if (fn.resultType === VOID) return null;
    // In FROM a domain over a row is spread into columns, of which what is known of the whole says nothing.
    const isDomain = this.#catalog.type(fn.resultType)?.kind === "domain";
    if (isDomain && underDomains(fn.resultType, this.#catalog)?.kind === "composite") return null;
    // A strict function is not called with NULL: its body never sees one.
    const given = fn.strict ? args.map((arg) => ({ ...arg, nullable: false })) : args;
    // plpgsql may assign to an argument, and a variable may have its name.
    const seen = fn.bodyLanguage === "plpgsql" ? args.map(() => UNKNOWN_ARGUMENT) : given;
    const key = `${fn.oid}:${seen.map((arg) => `${+arg.nullable}${+arg.elementsNullable}`).join()}`;
    let found = this.#results.get(key);
    if (found === undefined) {
      // While it is worked out, a call of itself is unknown.
      this.#results.set(key, null);
      found = this.#analyse(fn, seen);
      this.#results.set(key, found);
    }
    if (!found || !fn.strict || fn.returnsSet || !args.some((arg) => arg.nullable)) return found;
    return {
      whole: found.whole.decidedBy(true, reason("null-argument", fn.name)),
      columns: found.columns.map(
        (column) => column?.decidedBy(true, reason("null-argument", fn.name)) ?? null,
      ),
    };
  }

  #analyse(fn: RawFunction, args: readonly ParameterFacts[]): BodyResult | null {
    const queries = this.#catalog.body(fn.oid);
    const results = queries?.map((query) => this.#ofQuery(query, fn, args)) ?? [];
    return results.reduce<BodyResult | null>(
      (found, result) => (found ? eitherResult(found, result) : result),
      null,
    );
  }

  #ofQuery(query: Query, fn: RawFunction, args: readonly ParameterFacts[]): BodyResult {
    const analysis = this.#analysis((n) => args[n - 1] ?? UNKNOWN_ARGUMENT);
    const outputs = analysis.outputs(query, null);
    const rows = fn.returnsSet || analysis.certainRow(query, null).holds;
    const [only] = outputs;
    const isRow = this.#isComposite(fn.resultType);
    // `select t from t` gives the row as one value.
    const row = isRow && only?.type === fn.resultType ? only : null;
    // Dropped attributes are none of those that are declared.
    const given = row
      ? (row.attributes ?? []).flatMap((attribute) => (attribute ? [inRow(attribute.value, row)] : []))
      : outputs;
    const declared = this.#declared(fn, isRow);
    const columns = given.map((value, i) => this.#asDeclared(value, declared[i]?.type ?? 0, fn, rows));
    const places = declared.map(({ number }) => number);
    return {
      whole: isRow
        ? rowValue(
            fn,
            rows,
            row,
            inPlaces(
              columns.map((value, i) => ({ name: declared[i]?.name ?? "", value })),
              places,
            ),
          )
        : (columns[0] ?? nullable(fn.resultType, "unproven", fn.name)),
      columns: inPlaces(columns, places),
    };
  }

  /** The columns of a row, and their places in it; dropped ones leave theirs empty. */
  #declared(fn: RawFunction, isRow: boolean): readonly Omit<Attribute, "comment">[] {
    if (fn.columnTypes)
      return fn.columnTypes.map((type, i) => ({ name: fn.columnNames?.[i] ?? "", type, number: i + 1 }));
    if (!isRow) return [{ name: fn.name, type: fn.resultType, number: 1 }];
    const type = this.#catalog.type(fn.resultType);
    return type?.kind === "composite" ? type.attributes : [];
  }

  /** A result is cast to the declared type, by a function of the user's perhaps. */
  #asDeclared(value: Value, declared: Oid, fn: RawFunction, rows: boolean): Value {
    const isCast = declared !== 0 && value.type !== declared;
    // Infinity has no time of day.
    const isTotal = value.type < FIRST_NORMAL_OID && declared < FIRST_NORMAL_OID && !TIMES.has(declared);
    if (isCast && !isTotal) return nullable(declared, "partial-function", fn.name);
    const own = value.with({ origin: null });
    if (!rows) return own.decidedBy(true, reason("body-no-row", fn.name));
    return own.decidedBy(
      value.nullable,
      reason(value.nullable ? "partial-function" : "function-body", fn.name, value.because),
    );
  }

  #isComposite(oid: number): boolean {
    const type = this.#catalog.type(oid);
    return type?.kind === "composite" || (type?.kind === "pseudo" && type.name === "record");
  }
}

/** Gives what comes of a function that returns in one of two places. */
function eitherResult(a: BodyResult, b: BodyResult): BodyResult {
  return {
    whole: either(a.whole, b.whole),
    columns: a.columns.map((column, i) => {
      const other = b.columns[i];
      return column && other ? either(column, other) : null;
    }),
  };
}

/** An attribute where its row may be NULL as a whole. */
function inRow(attribute: Value, row: Value): Value {
  return row.nullable ? attribute.decidedBy(true, reason("attribute", undefined, row.because)) : attribute;
}

function rowValue(
  fn: RawFunction,
  rows: boolean,
  whole: Value | null,
  columns: readonly (AttributeValue | null)[],
): Value {
  // Of one without names nobody knows what JSON calls its fields.
  const named = columns.length > 0 && columns.every((column) => column?.name !== "");
  const attributes = () => (named ? columns : null);
  if (!rows) return new Value(fn.resultType, true, reason("body-no-row", fn.name), { attributes });
  if (whole?.nullable) return new Value(fn.resultType, true, whole.because, { attributes });
  return new Value(fn.resultType, false, reason("function-body", fn.name), { attributes });
}

/** The columns by `attnum - 1`, null for those that were dropped; a record has no places but its own order. */
function inPlaces<T>(columns: readonly T[], places: readonly number[]): readonly (T | null)[] {
  const last = Math.max(columns.length, ...places);
  if (places.length === 0) return columns;
  return Array.from({ length: last }, (_, i) => columns[places.indexOf(i + 1)] ?? null);
}
