import type { Catalog, ObjectOf } from "../../catalog.ts";
import { reference } from "../names.ts";
import {
  optionChanges,
  optionList,
  ownerChange,
  sameText,
  type Writer,
  type WriterContext,
} from "./writer.ts";

function createView(object: ObjectOf<"view">, create: string): string {
  const { options, definition } = object.properties;
  return `${create} view ${object.identity}${options.length > 0 ? ` with (${optionList(options)})` : ""} as\n${definition}`;
}

function columnsOf(catalog: Catalog, view: ObjectOf<"view">): string[] {
  return [...catalog.objects.values()].flatMap((part) =>
    part.kind === "view column" && part.parent === view.key
      ? [`${part.name} ${part.properties.type} ${part.properties.collation}`]
      : [],
  );
}

/** `create or replace` may add columns behind those that are there, and nothing else. */
function isReplaceable(from: ObjectOf<"view">, to: ObjectOf<"view">, { base, head }: WriterContext): boolean {
  const old = columnsOf(base, from);
  return sameText(columnsOf(head, to).slice(0, old.length), old);
}

export const view: Writer<"view"> = {
  create: (object) => [
    createView(object, "create"),
    ...ownerChange(reference(object), null, object.properties.owner),
  ],
  drop: (object) => [`drop view ${object.identity}`],
  alter(from, to, context) {
    const old = from.properties;
    const next = to.properties;
    const changes: string[] = [];
    if (old.definition !== next.definition) {
      if (!isReplaceable(from, to, context)) return null;
      changes.push(createView(to, "create or replace"));
    } else {
      changes.push(...optionChanges(old.options, next.options).map((c) => `alter view ${to.identity} ${c}`));
    }
    return [...changes, ...ownerChange(reference(to), old.owner, next.owner)];
  },
};

export const materializedView: Writer<"materialized view"> = {
  create(object) {
    const { definition, options, method, owner } = object.properties;
    return [
      `create materialized view ${object.identity}${method === null ? "" : ` using ${method}`}${
        options.length > 0 ? ` with (${optionList(options)})` : ""
      } as\n${definition}`,
      ...ownerChange(reference(object), null, owner),
    ];
  },
  drop: (object) => [`drop materialized view ${object.identity}`],
  alter(from, to) {
    const old = from.properties;
    const next = to.properties;
    if (old.definition !== next.definition || old.method !== next.method) return null;
    return [
      ...optionChanges(old.options, next.options).map((c) => `alter materialized view ${to.identity} ${c}`),
      ...ownerChange(reference(to), old.owner, next.owner),
    ];
  },
};
