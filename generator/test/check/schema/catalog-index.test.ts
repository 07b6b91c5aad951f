import type { Catalog, CatalogObject } from "../../../src/check/schema/catalog.ts";
import { childrenOf, columnsOf, dependentsOf, objectsOf } from "../../../src/check/schema/catalog-index.ts";

const object = (kind: string, identity: string, parent: string | null, properties: object = {}) =>
  ({ key: `${kind}:${identity}`, kind, identity, parent, properties }) as CatalogObject;

const OBJECTS = [
  object("domain", "public.cents", null),
  object("table", "public.b", null),
  object("column", "public.b.id", "table:public.b", { type: "integer" }),
  object("column", "public.b.price", "table:public.b", { type: "public.cents" }),
  object("constraint", "public.b.b_check", "table:public.b"),
  object("table", "public.a", null),
  object("column", "public.a.price", "table:public.a", { type: "public.cents" }),
  object("view column", "public.v.price", "view:public.v", { type: "public.cents" }),
];
const catalog: Catalog = {
  objects: new Map(OBJECTS.map((one) => [one.key, one])),
  needs: new Map([
    ["column:public.b.price", new Set(["table:public.b", "domain:public.cents"])],
    ["constraint:public.b.b_check", new Set(["table:public.b", "column:public.b.price"])],
    ["column:public.a.price", new Set(["domain:public.cents"])],
    // What is not there any more needs nothing.
    ["column:public.gone.price", new Set(["domain:public.cents"])],
  ]),
  collations: [],
  unmovable: new Set(),
  rolesOfServer: new Set(),
  restrictedCalls: new Map(),
};
const keysOf = (objects: readonly CatalogObject[]): string[] => objects.map(({ key }) => key);

test("objects are found by kind, parent, type and what they need, in the catalog's order", () => {
  expect(keysOf(objectsOf("table", catalog))).toEqual(["table:public.b", "table:public.a"]);
  expect(objectsOf("enum", catalog)).toEqual([]);
  expect(keysOf(childrenOf("column", "table:public.b", catalog))).toEqual([
    "column:public.b.id",
    "column:public.b.price",
  ]);
  expect(childrenOf("trigger", "table:public.b", catalog)).toEqual([]);
  expect(childrenOf("column", null, catalog)).toEqual([]);
  // Those of views are not stored in.
  expect(keysOf(columnsOf("public.cents", catalog))).toEqual([
    "column:public.b.price",
    "column:public.a.price",
  ]);
  expect(keysOf(dependentsOf("domain:public.cents", catalog))).toEqual([
    "column:public.b.price",
    "column:public.a.price",
  ]);
  expect(dependentsOf("table:public.c", catalog)).toEqual([]);
});
