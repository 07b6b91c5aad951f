import { parseScript, parseStatement } from "../../generator/src/postgres/raw-parse.ts";
import {
  namesOf,
  nodeOf,
  nodesOf,
  type RawNode,
  rangeName,
  typeNameOf,
  walkRaw,
} from "../../generator/src/postgres/raw-tree.ts";

test("a statement's kind says which fields its tree has", async () => {
  const statement = await parseStatement("create table s.t (a int8, constraint c check (a > 1))");
  if (statement?.kind !== "CreateStmt") throw new Error("no CREATE TABLE");
  const { relation, tableElts } = statement.tree;
  expect(rangeName(relation)).toBe("s.t");
  expect(
    nodesOf(tableElts, "ColumnDef").map(({ colname, typeName }) => [colname, typeNameOf(typeName)]),
  ).toEqual([["a", "int8"]]);
  expect(nodesOf(tableElts, "Constraint").map(({ conname }) => conname)).toEqual(["c"]);
  // @ts-expect-error a name that the grammar does not have
  expect(statement.tree.tableElements).toBeUndefined();
  // @ts-expect-error nor such a kind of node
  expect(nodesOf(tableElts, "ColumnDefinition")).toEqual([]);
});

test("nodes are visited from the outside in, each with its kind; what is refused is not entered", async () => {
  const [statement] = await parseScript("select a from t where exists (select b from u)");
  const seen: string[] = [];
  const look = (stop: string): void =>
    walkRaw({ [statement!.kind]: statement!.tree }, (kind, tree) => {
      if (kind === "ColumnRef") seen.push(...namesOf(tree.fields));
      if (kind === "RangeVar") seen.push(tree.relname ?? "");
      return kind !== stop;
    });
  look("");
  expect(seen.sort()).toEqual(["a", "b", "t", "u"]);
  seen.length = 0;
  look("SubLink");
  expect(seen.sort()).toEqual(["a", "t"]);
});

test("a node of another kind is none", () => {
  const node: RawNode = { String: { sval: "a" } };
  expect(nodeOf(node, "String")?.sval).toBe("a");
  expect(nodeOf(node, "ColumnRef")).toBeUndefined();
  expect(nodeOf(undefined, "String")).toBeUndefined();
});
