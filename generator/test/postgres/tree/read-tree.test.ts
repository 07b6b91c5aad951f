import type { Const, Expression } from "../../../src/postgres/tree/node-types.ts";
import {
  readExpression,
  readExpressions,
  readQueries,
  readTree,
  UnreadableTreeError,
} from "../../../src/postgres/tree/read-tree.ts";

const PARAM = "{PARAM :paramkind 0 :paramid 1 :paramtype 23 :paramtypmod -1 :paramcollid 0 :location 7}";
const BYTES = ":consttype 25 :consttypmod -1 :constcollid 100 :constlen -1 :constbyval false";
const CONST = `{CONST ${BYTES} :constisnull false :location -1 :constvalue 5 [ 20 0 0 0 120 ]}`;
const query = (utility: string): string =>
  `({QUERY :commandType 6 :querySource 0 :canSetTag true :utilityStmt ${utility} :resultRelation 0 :hasAggs false :hasWindowFuncs false :hasTargetSRFs false :hasSubLinks false :hasDistinctOn false :hasRecursive false :hasModifyingCTE false :hasForUpdate false :hasRowSecurity false :isReturn false :cteList <> :rtable <> :rteperminfos <> :jointree <> :mergeActionList <> :mergeTargetRelation 0 :mergeJoinCondition <> :targetList <> :override 0 :onConflict <> :returningList <> :groupClause <> :groupDistinct false :groupingSets <> :havingQual <> :windowClause <> :distinctClause <> :sortClause <> :limitOffset <> :limitCount <> :limitOption 0 :rowMarks <> :setOperations <> :constraintDeps <> :withCheckOptions <> :stmt_location 0 :stmt_len 0})`;

test("numbers, constants' names, lists, what is NULL", () => {
  const text = `{COALESCEEXPR :coalescetype 23 :coalescecollid 0 :args (${PARAM} ${CONST}) :location -1}`;
  expect(readExpression(text, 180006)).toEqual({
    kind: "CoalesceExpr",
    coalescetype: 23,
    coalescecollid: 0,
    args: [
      {
        kind: "Param",
        paramkind: "PARAM_EXTERN",
        paramid: 1,
        paramtype: 23,
        paramtypmod: -1,
        paramcollid: 0,
        location: 7,
      },
      {
        kind: "Const",
        consttype: 25,
        consttypmod: -1,
        constcollid: 100,
        constlen: -1,
        constbyval: false,
        constisnull: false,
        location: -1,
        constvalue: "5 [ 20 0 0 0 120 ]",
      },
    ],
    location: -1,
  });
  expect(readExpressions("<>", 170000)).toEqual([]);
  expect(readExpressions(`(${PARAM})`, 160000)).toHaveLength(1);
  expect(readTree("<>", 160000)).toBeNull();
});

test("words, sets, names with all that a name can have", () => {
  const row = (names: string): Expression =>
    readExpression(`{ROWEXPR :args <> :row_typeid 0 :row_format 0 :colnames ${names} :location -1}`, 160000);
  expect(row(String.raw`("a" "\"b"c\ \(\{\\\}\ ü€\	" "" """)`)).toMatchObject({
    colnames: ["a", '"b"c ({\\} ü€\t', "", '"'],
  });
  const bool = `{BOOLEXPR :boolop not :args (${PARAM}) :location -1}`;
  expect(readExpression(bool, 180000)).toMatchObject({ kind: "BoolExpr", boolop: "NOT_EXPR" });
  const set =
    "{RTEPERMISSIONINFO :relid 1 :inh true :requiredPerms 2 :checkAsUser 0 :selectedCols (b 8 10) :insertedCols (b) :updatedCols (b 9)}";
  expect(readTree(set, 160000)).toMatchObject({ selectedCols: [8, 10], insertedCols: [], updatedCols: [9] });
});

test("a dump's lines; lists in lists; statements that are not looked into", () => {
  expect(readExpression(PARAM.replaceAll(" :", "\n :").replace("0", "\n0"), 180000)).toMatchObject({
    paramid: 1,
  });
  const text = query(String.raw`{NOTIFYSTMT :conditionname a\}\{ :payload {X :y "z"}}`);
  const [read] = readQueries(`(${text})`, 170000);
  expect(read).toMatchObject({
    commandType: "CMD_UTILITY",
    utilityStmt: { kind: "OtherNode", tag: "NotifyStmt" },
  });
  expect(readQueries("<>", 170000)).toEqual([]);
});

test.each<[string, string, number, Partial<UnreadableTreeError>]>([
  [
    "a version that is not known",
    PARAM,
    190000,
    {
      version: 19,
      node: null,
      field: null,
      message: expect.stringMatching(/16, 17 and 18 are known, not of 19$/) as never,
    },
  ],
  ["a version that is too old", PARAM, 150004, { version: 15 }],
  [
    "an unknown node",
    "{PARAMS :a 1}",
    180006,
    { message: "the tree of PostgreSQL 18: there is no node PARAMS" },
  ],
  [
    "an unknown field",
    PARAM.replace(":paramtype", ":oddtype"),
    180006,
    {
      node: "Param",
      field: "paramtype",
      message:
        "the tree of PostgreSQL 18, Param.paramtype: expected the field paramtype, found the field oddtype",
    },
  ],
  [
    "a field too many",
    PARAM.replace("}", " :more 1}"),
    160006,
    { node: "Param", field: null, message: "the tree of PostgreSQL 16, Param: the field more is not known" },
  ],
  [
    "an unknown number of an enum",
    PARAM.replace("kind 0", "kind 9"),
    180006,
    {
      node: "Param",
      field: "paramkind",
      message: "the tree of PostgreSQL 18, Param.paramkind: 9 is no ParamKind",
    },
  ],
  ["a word for a number", PARAM.replace("id 1", "id x"), 180006, { field: "paramid" }],
  ["a number for a boolean", CONST.replace("byval false", "byval 0"), 180006, { field: "constbyval" }],
  [
    "a node where there can be none of its kind",
    `{NULLTEST :arg {ALIAS :aliasname a :colnames <>} :nulltesttype 0 :argisrow false :location -1}`,
    180006,
    {
      node: "NullTest",
      field: "arg",
      message: "the tree of PostgreSQL 18, NullTest.arg: a Alias stands where only Expression can",
    },
  ],
  [
    "nothing where there has to be a node",
    "{NULLTEST :arg <> :nulltesttype 0 :argisrow false :location -1}",
    180006,
    { node: "NullTest", field: "arg", message: "the tree of PostgreSQL 18, NullTest.arg: is null" },
  ],
  [
    "a node that a version does not have",
    "{MERGESUPPORTFUNC :msftype 25 :msfcollid 100 :location -1}",
    160014,
    { version: 16 },
  ],
  ["a constant without its bytes", CONST.replace("[ 20", "20"), 180006, { field: "constvalue" }],
  [
    "text behind the end",
    `${PARAM}}`,
    180006,
    { message: "the tree of PostgreSQL 18: something follows the end of the tree" },
  ],
  [
    "a list of numbers that has nodes",
    `{GROUPINGFUNC :args <> :refs (${PARAM}) :cols <> :agglevelsup 0 :location -1}`,
    180006,
    { node: "GroupingFunc", field: "refs" },
  ],
])("%s is refused", (_, text, version, expected) => {
  const error = ((): unknown => {
    try {
      return readTree(text, version);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(UnreadableTreeError);
  expect(error).toMatchObject(expected);
});

test("a tree that ends anywhere before its end is refused", () => {
  const text = query(`{EXPLAINSTMT :query ${query("{NOTIFYSTMT :payload a}").slice(1, -1)} :options <>}`);
  expect(readQueries(text, 170000)).toHaveLength(1);
  for (let end = 0; end < text.length; end++) {
    expect(() => readTree(text.slice(0, end), 170000)).toThrow(UnreadableTreeError);
  }
});

test("an expression where a query is wanted, and the other way round", () => {
  expect(() => readQueries(`(${PARAM})`, 180006)).toThrow("Param: is not a Query");
  expect(() => readExpression(query("<>").slice(1, -1), 170006)).toThrow(
    "a Query stands where only Expression can",
  );
});

test("types are narrowed by kind", () => {
  const read: Expression = readExpression(CONST, 180006);
  const constant: Const | null = read.kind === "Const" ? read : null;
  expect(constant?.consttype).toBe(25);
});
