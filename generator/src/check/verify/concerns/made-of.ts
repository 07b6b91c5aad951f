import { once } from "../../../model/once.ts";
import { partsOf } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../../schema/catalog.ts";
import { dependentsOf } from "../../schema/catalog-index.ts";
import { identityOf, lastName } from "../../schema/sql/names.ts";

/** A type by its last name, in lower case. */
export interface NamedType {
  readonly name: string;
  /** Whether it is that of a relation's rows, whose name most often stands for the relation. */
  readonly isRow: boolean;
}

/** Gives a type, and those that have values of it inside: as a field, an element, a bound, or by being a domain over it, however deep. */
export function typesMadeOf(key: string, catalog: Catalog): readonly NamedType[] {
  const known = once(MADE, catalog, () => new Map<string, readonly NamedType[]>());
  return once(known, key, () => followFrom(key, catalog));
}

/** By the key of the type, for as long as its catalog is held. */
const MADE = new WeakMap<Catalog, Map<string, readonly NamedType[]>>();

function followFrom(key: string, catalog: Catalog): readonly NamedType[] {
  const all = new Set([key]);
  // A set that grows is walked to its new end.
  for (const one of all)
    for (const part of dependentsOf(one, catalog)) if (WITH_VALUES.has(part.kind)) all.add(wholeOf(part));
  return [...all].map((one) => ({
    name: lastName(identityOf(one)),
    isRow: ROWS.test(one),
  }));
}

/** What has values of the types that it needs. */
const WITH_VALUES: ReadonlySet<CatalogObject["kind"]> = new Set<CatalogObject["kind"]>([
  "attribute",
  "column",
  "view column",
  "domain",
  "range type",
]);

const wholeOf = ({ kind, key, parent }: CatalogObject): string =>
  kind === "domain" || kind === "range type" || parent === null ? key : parent;

const ROWS = /^(?:table|(?:materialized )?view):/;

/** A type that a text names where a value gets it: behind `::`, at the end of a CAST, or as the rows of a variable. */
interface TypeInText {
  /** Its last name, in lower case. */
  readonly name: string;
  /** Whether a parameter is cast to it, of which the analysis tells. */
  readonly isOfParameter: boolean;
}

export const typesIn = (text: string): readonly TypeInText[] =>
  [...text.toLowerCase().matchAll(TYPES)].flatMap(([, parameter, short, long, rows]) => {
    const name = partsOf((short ?? long ?? rows ?? "").replace(/(?:\[\])+$/, "")).at(-1);
    return name === undefined ? [] : [{ name, isOfParameter: parameter !== undefined }];
  });

const TYPES = /(\$\d+\s*)?::\s*([^\s,;()]+)|\bas\s+([^\s,;()]+)\s*\)|([^\s,;()]+)%rowtype/g;

/** Gives the labels that an enum had, whatever they are called now. */
export const labelsLost = (from: ObjectOf<"enum">, to: ObjectOf<"enum">): string[] =>
  from.properties.labels.filter((label) => !to.properties.labels.includes(label));
