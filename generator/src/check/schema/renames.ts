import { partsOf, quoteIdentifierIfNeeded, quoteLiteral } from "../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectKind } from "./catalog.ts";
import { compareCatalogs } from "./compare.ts";
import type { SaidRename } from "./sources/renames.ts";
import { parentIdentity } from "./sql/names.ts";

/** A rename that is certain, in the order in which they happen. */
export interface Rename {
  readonly kind: ObjectKind | "enum value";
  readonly from: string;
  readonly to: string;
  /** The key of the object under its new name. */
  readonly key: string;
  readonly sql: string;
  /** The schema that it moves to, unquoted. */
  readonly schema?: string;
}

/** An object under the name that it has by now. */
interface Named {
  readonly kind: ObjectKind;
  /** Unquoted. */
  readonly path: readonly string[];
  /** A routine's `(integer, text)`. */
  readonly signature: string;
  readonly labels: readonly string[];
}

const KINDS: Readonly<Record<SaidRename["kind"], readonly ObjectKind[]>> = {
  relation: ["table", "view", "materialized view", "sequence", "index"],
  part: ["column", "attribute"],
  type: ["collation", "enum", "domain", "composite type", "range type"],
  label: ["enum"],
  schema: ["schema"],
  routine: ["function", "procedure"],
  any: [
    "table",
    "view",
    "materialized view",
    "sequence",
    "index",
    "column",
    "attribute",
    "collation",
    "enum",
    "domain",
    "composite type",
    "range type",
    "schema",
    "function",
    "procedure",
  ],
};
const RENAMED: ReadonlySet<ObjectKind> = new Set(KINDS.any);

/**
 * Finds which of the renames that the sources speak of lie between the two catalogs: the base has the old name and not the
 * new, and the head has what came of the new one.
 */
export function resolveRenames(said: readonly SaidRename[], base: Catalog, head: Catalog): Rename[] {
  const heads = new Map(names(head).map((named) => [address(named), named]));
  let now = names(base);
  const renames: Rename[] = [];
  for (const [i, one] of said.entries()) {
    const found = now.filter((named) => isMeant(named, one));
    const label =
      one.kind === "label" || (one.kind === "any" && found.length === 0) ? labelOf(now, one) : null;
    if (label !== null) {
      if (isLiveLabel(label, one.to, said.slice(i + 1), heads)) {
        renames.push(labelRename(label, one.to));
        now = now.map((named) => (named === label.named ? withLabel(named, label.label, one.to) : named));
      }
      continue;
    }
    // An overloaded function's name alone does not say which.
    if (found.length !== 1) continue;
    const [named] = found as [Named];
    const moved = renamed(named, one);
    if (now.some((other) => address(other) === address(moved))) continue;
    if (!heads.has(address(finalOf(moved, said.slice(i + 1))))) continue;
    renames.push({
      kind: named.kind,
      from: written(named),
      to: written(moved),
      key: `${moved.kind}:${written(moved)}`,
      sql: statement(named, moved, one),
      ...(one.schema !== undefined && { schema: one.schema }),
    });
    now = now.map((other) => carried(other, named, moved));
  }
  return renames;
}

/** What has a name, under the one that it has in a base, and what is done to names. */
interface Followed {
  readonly renamed: SaidRename | null;
  readonly dropped: readonly Pick<SaidRename, "kind" | "from">[];
}

/** That something has a name which another thing of its kind has in the base. */
interface TakenName<Step> {
  /** The key of whatever has the name. */
  readonly key: string;
  /** The identity in the base of what has it now. */
  readonly from: string;
  /** What gave it the name. */
  readonly step: Step;
}

/** Follows which name each object of a base has after some steps, and finds those whose name was another one's. */
export function namesTaken<Step extends Followed>(base: Catalog, steps: readonly Step[]): TakenName<Step>[] {
  const before = names(base);
  let now = before.map((named): { from: Named; named: Named; step: Step | null } => ({
    from: named,
    named,
    step: null,
  }));
  for (const step of steps) {
    for (const dropped of step.dropped) {
      const gone = theOne(now, (one) => isMeant(one, { ...dropped, to: "" }));
      if (gone !== null)
        now = now.filter(({ named }) => carried(named, gone, gone) === named && named !== gone);
    }
    if (step.renamed === null) continue;
    const { renamed: said } = step;
    const meant = theOne(now, (one) => isMeant(one, said));
    if (meant === null) continue;
    const moved = renamed(meant, said);
    now = now.map((one) => {
      const named = carried(one.named, meant, moved);
      return named === one.named ? one : { ...one, named, step };
    });
  }
  const known = new Set(before.map(address));
  return now.flatMap(({ from, named, step }) =>
    step !== null && address(named) !== address(from) && known.has(address(named))
      ? [{ key: `${named.kind}:${written(named)}`, from: written(from), step }]
      : [],
  );
}

/** Gives the only one that is meant, or that of the schema which everybody has on the path; null where it is not clear. */
function theOne(now: readonly { readonly named: Named }[], isMeantBy: (one: Named) => boolean): Named | null {
  const found = now.flatMap(({ named }) => (isMeantBy(named) ? [named] : []));
  const usual = found.length === 1 ? found : found.filter(({ path }) => path[0] === "public");
  return usual.length === 1 ? usual[0]! : null;
}

function names(catalog: Catalog): Named[] {
  return [...catalog.objects.values()].flatMap((object) => {
    if (!RENAMED.has(object.kind)) return [];
    const isRoutine = object.kind === "function" || object.kind === "procedure";
    const [own = ""] = /^(?:"(?:[^"]|"")*"|[^(]*)/.exec(object.name) ?? [];
    return [
      {
        kind: object.kind,
        path: partsOf(object.identity),
        signature: isRoutine ? object.name.slice(own.length) : "",
        labels: object.kind === "enum" ? object.properties.labels : [],
      },
    ];
  });
}

function address({ kind, path, signature }: Named): string {
  return JSON.stringify([kind, path, signature]);
}

function endsWith(path: readonly string[], end: readonly string[]): boolean {
  // Only the schema may be left out.
  return end.length >= path.length - 1 && end.every((part, i) => part === path[path.length - end.length + i]);
}

function isMeant({ kind, path }: Named, { kind: meant, from }: SaidRename): boolean {
  if (!KINDS[meant].includes(kind) || meant === "label") return false;
  if (kind === "schema") return from.length === 1 && path[0] === from[0];
  const least = kind === "column" || kind === "attribute" ? 2 : 1;
  return from.length >= least && from.length <= path.length && endsWith(path, from);
}

function renamed(named: Named, { to, schema }: SaidRename): Named {
  const path = schema === undefined ? [...named.path.slice(0, -1), to] : [schema, ...named.path.slice(1)];
  return { ...named, path };
}

/** Gives what a rename does to the names of others: a table's columns, a schema's all. */
function carried(other: Named, from: Named, to: Named): Named {
  if (other === from) return to;
  const isInside =
    from.kind === "schema"
      ? other.path[0] === from.path[0] && other.path.length > 1
      : (other.kind === "column" || other.kind === "attribute") &&
        other.path.length === from.path.length + 1 &&
        from.path.every((part, i) => part === other.path[i]);
  return isInside ? { ...other, path: [...to.path, ...other.path.slice(from.path.length)] } : other;
}

/** Gives what a name becomes by later renames: its own, its table's, its schema's. */
function finalOf(named: Named, later: readonly SaidRename[]): Named {
  let now = named;
  for (const one of later) {
    for (const whole of [now, ...wholesOf(now)]) {
      if (!isMeant(whole, one)) continue;
      now = { ...now, path: [...renamed(whole, one).path, ...now.path.slice(whole.path.length)] };
      break;
    }
  }
  return now;
}

function wholesOf({ kind, path }: Named): Named[] {
  const whole = (of: ObjectKind, length: number): Named[] =>
    path.length > length ? [{ kind: of, path: path.slice(0, length), signature: "", labels: [] }] : [];
  const owner =
    kind === "column" ? whole("table", 2) : kind === "attribute" ? whole("composite type", 2) : [];
  return [...owner, ...whole("schema", 1)];
}

interface Label {
  readonly named: Named;
  readonly label: string;
}

function labelOf(now: readonly Named[], { from }: SaidRename): Label | null {
  const label = from.at(-1)!;
  const type = from.slice(0, -1);
  const found = now.filter(
    ({ kind, path, labels }) =>
      kind === "enum" && type.length > 0 && endsWith(path, type) && labels.includes(label),
  );
  return found.length === 1 ? { named: found[0]!, label } : null;
}

function isLiveLabel(
  { named, label }: Label,
  to: string,
  later: readonly SaidRename[],
  heads: ReadonlyMap<string, Named>,
): boolean {
  if (named.labels.includes(to)) return false;
  let type = named;
  let final = to;
  for (const one of later) {
    type = finalOf(type, [one]);
    if (one.kind === "label" && endsWith(type.path, one.from.slice(0, -1)) && one.from.at(-1) === final)
      final = one.to;
  }
  const labels = heads.get(address(type))?.labels ?? [];
  return labels.includes(final) && !labels.includes(label);
}

function withLabel(named: Named, from: string, to: string): Named {
  return { ...named, labels: named.labels.map((label) => (label === from ? to : label)) };
}

function labelRename({ named, label }: Label, to: string): Rename {
  const type = written(named);
  return {
    kind: "enum value",
    from: `${type}.${quoteLiteral(label)}`,
    to: `${type}.${quoteLiteral(to)}`,
    key: `enum:${type}`,
    sql: `alter type ${type} rename value ${quoteLiteral(label)} to ${quoteLiteral(to)}`,
  };
}

function written({ path, signature }: Named): string {
  return path.map((part) => quoteIdentifierIfNeeded(part)).join(".") + signature;
}

const WORDS: Partial<Record<ObjectKind, string>> = {
  enum: "type",
  "composite type": "type",
  "range type": "type",
};

function statement(named: Named, moved: Named, { schema }: SaidRename): string {
  const to = quoteIdentifierIfNeeded(moved.path.at(-1)!);
  if (named.kind === "column" || named.kind === "attribute") {
    const whole = named.path
      .slice(0, -1)
      .map((part) => quoteIdentifierIfNeeded(part))
      .join(".");
    const word = named.kind === "column" ? "table" : "type";
    return `alter ${word} ${whole} rename ${named.kind} ${quoteIdentifierIfNeeded(named.path.at(-1)!)} to ${to}`;
  }
  const subject = `alter ${WORDS[named.kind] ?? named.kind} ${written(named)}`;
  return schema === undefined
    ? `${subject} rename to ${to}`
    : `${subject} set schema ${quoteIdentifierIfNeeded(schema)}`;
}

/**
 * Constraints, indexes and a column's own sequences that are gone and there again under another name: to rename them
 * comes to the same as making them anew, without the work and without losing a sequence's place.
 */
export function sameUnderOtherName(base: Catalog, head: Catalog): Rename[] {
  const { added, removed } = compareCatalogs(base, head);
  const gone = new Map<string, CatalogObject[]>();
  for (const object of removed) {
    const content = contentOf(object, base);
    if (content === null) continue;
    const list = gone.get(content);
    if (list) list.push(object);
    else gone.set(content, [object]);
  }
  return added.flatMap((to): Rename[] => {
    const content = contentOf(to, head);
    const from = content === null ? undefined : gone.get(content)?.shift();
    if (from === undefined) return [];
    const sql =
      to.kind === "constraint"
        ? `alter table ${parentIdentity(from)} rename constraint ${from.name} to ${to.name}`
        : `alter ${to.kind} ${from.identity} rename to ${to.name}`;
    return [{ kind: to.kind, from: from.identity, to: to.identity, key: to.key, sql }];
  });
}

/** Gives what an object is but for its name, or null where a rename is nothing to look for. */
function contentOf(object: CatalogObject, catalog: Catalog): string | null {
  switch (object.kind) {
    case "constraint":
      return JSON.stringify([object.parent, object.properties]);
    case "index": {
      const definition = object.properties.definition.replace(`INDEX ${object.name} ON `, "INDEX ON ");
      return JSON.stringify([object.parent, object.schema, definition]);
    }
    case "sequence": {
      const owner = catalog.objects.get(`sequence owner:${object.key}`);
      const column = owner?.kind === "sequence owner" ? owner.properties.column : null;
      return column === null ? null : JSON.stringify([object.schema, column]);
    }
    default:
      return null;
  }
}
