import type { Catalog, CatalogObject, ObjectKind } from "./catalog.ts";
import { type Comparison, compareCatalogs } from "./compare.ts";
import type { Rename } from "./renames.ts";
import type { Origin, Origins } from "./sources/origins.ts";
import { rootOf } from "./sql/names.ts";

/** What is different about one object. The parts of what was added or removed as a whole are not told one by one. */
export interface SchemaChange {
  readonly change: "added" | "removed" | "changed" | "renamed";
  readonly kind: ObjectKind | "enum value";
  /** Quoted where needed, with its schema: `public.orders.total`. Of a renamed one, the new name. */
  readonly identity: string;
  /** The table, type … that it is a part of, or itself. */
  readonly subject: { readonly kind: ObjectKind; readonly identity: string };
  /** The former name of what was renamed. */
  readonly from: string | null;
  /** What differs of a changed one. */
  readonly properties: readonly PropertyChange[];
  /** The object as it was and as it is. */
  readonly before: CatalogObject | null;
  readonly after: CatalogObject | null;
  /** The statement that made the change, where one is known. */
  readonly origin: Origin | null;
  /** Where to show it in the head: there too; or, where only the base says it, what it was a part of. */
  readonly near: Origin | null;
}

export interface PropertyChange {
  readonly name: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface ChangeSources {
  readonly base: Origins;
  readonly head: Origins;
}

export function listChanges(
  base: Catalog,
  head: Catalog,
  renames: readonly Rename[],
  origins: ChangeSources,
): SchemaChange[] {
  const comparison = compareCatalogs(base, head);
  const isWhole = wholes(comparison);
  const entry = (
    change: SchemaChange["change"],
    catalog: Catalog,
    object: CatalogObject,
    rest: Partial<SchemaChange>,
  ): SchemaChange => {
    const root = rootOf(catalog, object);
    const { origin = null } = rest;
    const whole = head.objects.get(root.key);
    const around = whole === undefined ? null : origins.head.creation(whole);
    return {
      change,
      kind: object.kind,
      identity: object.identity,
      subject: { kind: root.kind, identity: root.identity },
      from: null,
      properties: [],
      before: null,
      after: null,
      origin,
      near: origin?.side === "head" ? origin : around,
      ...rest,
    };
  };
  return [
    ...renames.map((rename): SchemaChange => {
      const catalog = head.objects.has(rename.key) ? head : base;
      // A name on the way to another one is nobody's now.
      const object = catalog.objects.get(rename.key) ?? null;
      const kind = rename.kind === "enum value" ? "enum" : rename.kind;
      const root = object === null ? { kind, identity: rename.to } : rootOf(catalog, object);
      const origin = object === null ? null : origins.head.definition(object);
      return {
        change: "renamed",
        kind: rename.kind,
        identity: rename.to,
        subject: { kind: root.kind, identity: root.identity },
        from: rename.from,
        properties: [],
        before: null,
        after: object,
        origin,
        near: origin,
      };
    }),
    ...comparison.removed.filter(isWhole).map((before) =>
      entry("removed", base, before, {
        before,
        origin: origins.head.removal(before) ?? origins.base.creation(before),
      }),
    ),
    ...comparison.changed.flatMap(({ from: before, to: after, properties }) => {
      const left = before.properties as Readonly<Record<string, unknown>>;
      const right = after.properties as Readonly<Record<string, unknown>>;
      const told = toldOf(properties).map((name) => ({ name, from: left[name], to: right[name] }));
      // Of a composite type, the parts tell it.
      if (told.length === 0) return [];
      return [
        entry("changed", head, after, {
          before,
          after,
          properties: told,
          origin: origins.head.definition(after),
        }),
      ];
    }),
    ...comparison.added
      .filter(isWhole)
      .map((after) => entry("added", head, after, { after, origin: origins.head.creation(after) })),
  ];
}

/** Tells whether an object came or went by itself, not with what it is a part of. */
function wholes({ added, removed }: Comparison): (object: CatalogObject) => boolean {
  const sides = [new Set(added.map(({ key }) => key)), new Set(removed.map(({ key }) => key))];
  return ({ key, parent }) => !sides.some((side) => side.has(key) && parent !== null && side.has(parent));
}

/** A routine's whole text says once more what its parts say. */
function toldOf(properties: readonly string[]): readonly string[] {
  const others = properties.filter((name) => name !== "definition");
  return others.length > 0 ? others : properties;
}
