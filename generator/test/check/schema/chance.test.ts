import type { Catalog, CatalogObject } from "../../../src/check/schema/catalog.ts";
import { mayBeChance, withoutChance } from "../../../src/check/schema/chance.ts";

const UUIDS = [
  "10966f7c-0000-4000-8000-000000000001",
  "20966f7c-0000-4000-8000-000000000002",
  "30966f7c-0000-4000-8000-000000000003",
];
function catalog(expression: string): Catalog {
  const object = {
    key: "default:t.a",
    kind: "default",
    identity: "t.a",
    schema: "public",
    name: "a",
    parent: null,
    properties: { expression },
  } as CatalogObject;
  return {
    objects: new Map([[object.key, object]]),
    needs: new Map([[object.key, new Set()]]),
    collations: [],
    unmovable: new Set(),
    rolesOfServer: new Set(),
    restrictedCalls: new Map(),
  };
}
const expressionOf = ({ objects }: Catalog): unknown => objects.get("default:t.a")?.properties;

test("a value that each run makes up is no change", () => {
  const [base, head, again] = UUIDS.map((uuid) => catalog(`'${uuid}'::uuid`)) as [Catalog, Catalog, Catalog];
  expect(mayBeChance(base, head)).toBe(true);
  expect(expressionOf(withoutChance(base, head, again))).toEqual(expressionOf(base));
});

test("a value that somebody wrote is a change, and so is anything beside", () => {
  const [base, head, again] = UUIDS.map((uuid) => catalog(`'${uuid}'::uuid`)) as [Catalog, Catalog, Catalog];
  expect(expressionOf(withoutChance(base, head, head))).toEqual(expressionOf(head));
  const other = catalog(`coalesce('${UUIDS[1]}'::uuid)`);
  expect(mayBeChance(base, other)).toBe(false);
  expect(expressionOf(withoutChance(base, other, again))).toEqual(expressionOf(other));
});
