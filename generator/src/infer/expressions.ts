import type { Oid } from "../model/catalog.ts";
import type { RawFunction } from "../postgres/catalog-objects.ts";
import type {
  ConvertRowtypeExpr,
  Expression,
  FieldSelect,
  FuncExpr,
  JsonConstructorExpr,
  OpExpr,
  Param,
  RowExpr,
  ScalarArrayOpExpr,
  XmlExpr,
} from "../postgres/tree/node-types.ts";
import { aggregate, windowFunction } from "./aggregates.ts";
import type { TreeAnalysis } from "./analysis.ts";
import {
  arrayCoercion,
  arrayConstantParts,
  arrayExpression,
  arrayFunctionParts,
  concatenatedDimensions,
  subscript,
} from "./arrays.ts";
import { caseExpression, firstPresent, unlessAllNull } from "./conditionals.ts";
import { BOOL, JSON_TYPES } from "./constants.ts";
import { isNotNullDomain, underDomains } from "./domains.ts";
import { toArgument, typeOf } from "./expression-type.ts";
import { calledBody } from "./function-bodies.ts";
import { constantShape, jsonConstructorShape, jsonFunctionShape, jsonOperationShape } from "./json.ts";
import { jsonAccess, jsonSubscript } from "./json-access.ts";
import { parameterKey, type Scope } from "./scope.ts";
import { sublink } from "./sublinks.ts";
import { isTotal, nullBy } from "./total-functions.ts";
import { type AttributeValue, notNull, nullable, type Parts, passedThrough, reason, Value } from "./value.ts";
import { variable } from "./variables.ts";

type Rule<Kind extends Expression["kind"]> = (
  node: Extract<Expression, { readonly kind: Kind }>,
  scope: Scope,
  analysis: TreeAnalysis,
) => Value;

/** One rule for each kind of expression: a kind that PostgreSQL adds has none, and that is an error of the compiler. */
const RULES: { readonly [Kind in Expression["kind"]]: Rule<Kind> } = {
  Var: variable,
  Const: (node, _, { catalog }) => {
    const shape = () => constantShape(node);
    if (node.constisnull) return new Value(node.consttype, true, reason("null-literal"), { shape });
    const type = catalog.type(node.consttype);
    return notNull(
      node.consttype,
      "literal",
      undefined,
      type?.kind === "array" ? arrayConstantParts(node, type.element) : { shape },
    );
  },
  Param: parameter,
  FuncExpr: functionCall,
  OpExpr: (node, scope, analysis) => operator(node, scope, analysis),
  ScalarArrayOpExpr: arrayComparison,
  BoolExpr: (node, scope, analysis) => strict(BOOL, node.args, "a condition", scope, analysis),
  RowCompareExpr: (node, scope, analysis) =>
    strict(BOOL, [...node.largs, ...node.rargs], "the comparison of rows", scope, analysis),
  Aggref: aggregate,
  WindowFunc: windowFunction,
  SubLink: sublink,
  CoalesceExpr: firstPresent,
  MinMaxExpr: firstPresent,
  CaseExpr: caseExpression,
  RelabelType: (node, scope, analysis) => analysis.value(node.arg, scope).castTo(node.resulttype),
  CoerceViaIO: (node, scope, analysis) =>
    // Between json and jsonb it is the same JSON; of a key that comes twice both have the last.
    JSON_TYPES.has(node.resulttype) && JSON_TYPES.has(analysis.value(node.arg, scope).type)
      ? analysis.value(node.arg, scope).castTo(node.resulttype)
      : passedOn(node, node.arg, scope, analysis),
  ArrayCoerceExpr: arrayCoercion,
  ConvertRowtypeExpr: convertedRow,
  CollateExpr: (node, scope, analysis) => analysis.value(node.arg, scope).with({ origin: null }),
  NamedArgExpr: (node, scope, analysis) => analysis.value(node.arg, scope),
  JsonIsPredicate: (node, scope, analysis) => passedOn(node, node.expr, scope, analysis),
  CoerceToDomain: (node, scope, analysis) => {
    const value = analysis.value(node.arg, scope).castTo(node.resulttype);
    return isNotNullDomain(node.resulttype, analysis.catalog)
      ? value.decidedBy(false, reason("not-null-domain", analysis.catalog.type(node.resulttype)?.display))
      : value;
  },
  JsonValueExpr: (node, scope, analysis) => analysis.value(node.formatted_expr, scope),
  JsonConstructorExpr: jsonConstructor,
  SubscriptingRef: (node, scope, analysis) =>
    jsonSubscript(node, scope, analysis) ?? subscript(node, scope, analysis),
  FieldSelect: fieldSelect,
  // Of a NULL it makes a row of NULLs.
  FieldStore: (node) => notNull(node.resulttype, "assigned-element"),
  RowExpr: rowExpression,
  ArrayExpr: arrayExpression,
  SQLValueFunction: (node) =>
    // There may be none in the search path.
    node.op === "SVFOP_CURRENT_SCHEMA"
      ? nullable(node.type, "no-schema")
      : notNull(node.type, "never-null", "an SQL value function"),
  XmlExpr: xmlExpression,
  DistinctExpr: (node, _, { catalog }) =>
    // It asks an operator `=`, which of a project's own may answer NULL.
    catalog.function(node.opfuncid)?.builtIn
      ? notNull(node.opresulttype, "test", "IS DISTINCT FROM")
      : nullable(node.opresulttype, "unknown-function", "the operator"),
  NullIfExpr: (node, scope, analysis) =>
    // What is not NULL is the first value as it was.
    passedThrough(
      nullable(node.opresulttype, "partial-function", "NULLIF"),
      node.args.slice(0, 1).map((arg) => analysis.value(arg, scope)),
    ),
  NullTest: (node) =>
    notNull(typeOf(node), "test", node.nulltesttype === "IS_NULL" ? "IS NULL" : "IS NOT NULL"),
  BooleanTest: (node) => notNull(typeOf(node), "test", "a test for true, false or unknown"),
  GroupingFunc: (node) => notNull(typeOf(node), "test", "GROUPING"),
  MergeSupportFunc: (node) => notNull(node.msftype, "test", "merge_action()"),
  NextValueExpr: (node) => notNull(node.typeId, "never-null", "nextval"),
  CurrentOfExpr: (node) => notNull(typeOf(node), "test", "WHERE CURRENT OF"),
  JsonExpr: (node, scope, analysis) =>
    // An error is false, unless its author wants UNKNOWN.
    node.op === "JSON_EXISTS_OP" && node.on_error?.btype !== "JSON_BEHAVIOR_UNKNOWN"
      ? strict(typeOf(node), [node.formatted_expr, node.path_spec], "JSON_EXISTS", scope, analysis)
      : nullable(typeOf(node), "json-path"),
  // Placeholders, of which the node around them knows more.
  CaseTestExpr: (node) => nullable(node.typeId, "unproven", "the value"),
  CoerceToDomainValue: (node) => nullable(node.typeId, "unproven", "the value"),
  SetToDefault: (node) => nullable(node.typeId, "unproven", "the default"),
  ReturningExpr: (node) => nullable(typeOf(node), "unproven", "the returned row"),
};

/** Gives what an expression delivers, by the rule of its kind. */
export function deliveredBy(expr: Expression, scope: Scope, analysis: TreeAnalysis): Value {
  return (RULES[expr.kind] as Rule<Expression["kind"]>)(expr as never, scope, analysis);
}

function parameter(node: Param, scope: Scope, analysis: TreeAnalysis): Value {
  if (node.paramkind !== "PARAM_EXTERN") return nullable(node.paramtype, "unproven", "the value");
  const facts = analysis.parameter(node.paramid);
  const type = analysis.catalog.type(node.paramtype);
  const parts: Parts = {
    elements: () =>
      type?.kind === "array" && !facts.elementsNullable
        ? notNull(type.element, "argument", `$${node.paramid}`)
        : null,
  };
  const proof = scope.proven.get(parameterKey(node.paramid));
  if (!facts.nullable) return notNull(node.paramtype, "argument", `$${node.paramid}`, parts);
  return new Value(node.paramtype, !proof, proof ?? reason("parameter", `$${node.paramid}`), parts);
}

function functionCall(node: FuncExpr, scope: Scope, analysis: TreeAnalysis): Value {
  const type = node.funcresulttype;
  const fn = analysis.catalog.function(node.funcid);
  if (!fn) return nullable(type, "unknown-function", "the function");
  if (fn.returnsSet) return nullable(type, "set-column", fn.name);
  const body = calledBody(node, scope, analysis);
  if (body) return body.whole.ofType(type);
  const parts: Parts =
    fn.schema === "pg_catalog"
      ? {
          ...arrayFunctionParts(node, fn.name, scope, analysis),
          shape: () => jsonFunctionShape(node, fn, scope, analysis),
        }
      : {};
  const read = fn.schema === "pg_catalog" ? jsonAccess(fn.name, type, node.args, scope, analysis) : null;
  if (read) return read;
  return answer(fn, fn.name, type, node.args, node.funcvariadic, scope, analysis).with(parts);
}

/**
 * Gives what the call of a function of PostgreSQL's own, or of another of which nothing is known, says of NULL.
 * @param name as SQL names it: an operator's is its sign
 * @param isVariadic `variadic null` is no argument list at all
 */
function answer(
  fn: RawFunction,
  name: string,
  type: Oid,
  args: readonly Expression[],
  isVariadic: boolean,
  scope: Scope,
  analysis: TreeAnalysis,
): Value {
  if (!isTotal(fn, args.map(toArgument)))
    return nullable(type, fn.builtIn ? "partial-function" : "unknown-function", name);
  const by = isVariadic ? null : nullBy(fn);
  if (by === "all-together") return unlessAllNull(type, args, name, scope, analysis);
  if (by?.length === 0) return notNull(type, "never-null", name);
  return strict(type, by ? by.flatMap((i) => args[i] ?? []) : args, name, scope, analysis);
}

const JSON_OPERATIONS = /^jsonb?_/;

function operator(node: OpExpr, scope: Scope, analysis: TreeAnalysis): Value {
  const type = node.opresulttype;
  const fn = analysis.catalog.function(node.opfuncid);
  if (!fn || fn.returnsSet) return nullable(type, "unknown-function", fn?.name ?? "the operator");
  const name = analysis.catalog.operatorName(node.opno) ?? fn.name;
  const found = answer(fn, name, type, node.args, false, scope, analysis);
  if (!fn.builtIn) return found;
  if (fn.name === "array_cat")
    return found.with({ dimensions: () => concatenatedDimensions(node.args, scope, analysis) });
  if (!JSON_OPERATIONS.test(fn.name)) return found;
  return (
    jsonAccess(fn.name, type, node.args, scope, analysis) ??
    found.with({ shape: () => jsonOperationShape(fn.name, node.args, scope, analysis) })
  );
}

/** NULL where an argument is, and nowhere else. */
function strict(
  type: Oid,
  args: readonly Expression[],
  name: string,
  scope: Scope,
  analysis: TreeAnalysis,
): Value {
  for (const arg of args) {
    const value = analysis.value(arg, scope);
    if (value.nullable) return nullable(type, "null-argument", name, value.because);
  }
  return notNull(type, "total-function", name);
}

/** Another form of the value, of whose parts nothing is known any more. */
function passedOn(node: Expression, arg: Expression, scope: Scope, analysis: TreeAnalysis): Value {
  const value = analysis.value(arg, scope);
  return new Value(typeOf(node), value.nullable, value.because);
}

function arrayComparison(node: ScalarArrayOpExpr, scope: Scope, analysis: TreeAnalysis): Value {
  const type = typeOf(node);
  const fn = analysis.catalog.function(node.opfuncid);
  const name = analysis.catalog.operatorName(node.opno) ?? "the operator";
  const [scalar, array] = node.args;
  if (!fn || !scalar || !array || !isTotal(fn, node.args.map(toArgument)))
    return nullable(type, fn?.builtIn ? "partial-function" : "unknown-function", name);
  const container = analysis.value(array, scope);
  const culprit = [analysis.value(scalar, scope), container].find((value) => value.nullable);
  if (culprit) return nullable(type, "comparison-with-null", undefined, culprit.because);
  const { elements } = container;
  if (!elements || elements.nullable) return nullable(type, "nullable-element", undefined, elements?.because);
  return notNull(type, "total-function", name);
}

function jsonConstructor(node: JsonConstructorExpr, scope: Scope, analysis: TreeAnalysis): Value {
  const type = typeOf(node);
  const found =
    node.type === "JSCTOR_JSON_OBJECT" || node.type === "JSCTOR_JSON_ARRAY"
      ? notNull(type, "never-null", node.type === "JSCTOR_JSON_OBJECT" ? "JSON_OBJECT" : "JSON_ARRAY")
      : node.func
        ? passedOn(node, node.func, scope, analysis)
        : strict(type, node.args, "the JSON function", scope, analysis);
  // RETURNING may make it a text.
  return JSON_TYPES.has(type)
    ? found.with({ shape: () => jsonConstructorShape(node, scope, analysis) })
    : found;
}

const XML_NAMES: Readonly<Record<XmlExpr["op"], string>> = {
  IS_XMLCONCAT: "XMLCONCAT",
  IS_XMLELEMENT: "XMLELEMENT",
  IS_XMLFOREST: "XMLFOREST",
  IS_XMLPARSE: "XMLPARSE",
  IS_XMLPI: "XMLPI",
  IS_XMLROOT: "XMLROOT",
  IS_XMLSERIALIZE: "XMLSERIALIZE",
  IS_DOCUMENT: "IS DOCUMENT",
};

function xmlExpression({ op, type, args, named_args }: XmlExpr, scope: Scope, analysis: TreeAnalysis): Value {
  const name = XML_NAMES[op];
  switch (op) {
    case "IS_XMLELEMENT":
      return notNull(type, "never-null", name);
    case "IS_XMLCONCAT":
    case "IS_XMLFOREST":
      return unlessAllNull(type, [...named_args, ...args], name, scope, analysis);
    case "IS_XMLROOT":
      // A version that is NULL is none.
      return strict(type, args.slice(0, 1), name, scope, analysis);
    default:
      return strict(type, args, name, scope, analysis);
  }
}

function rowExpression(node: RowExpr, scope: Scope, analysis: TreeAnalysis): Value {
  return notNull(node.row_typeid, "never-null", "ROW(…)", {
    attributes: () => {
      const names = attributeNames(node, analysis);
      return (
        names &&
        node.args.map((arg, i) => ({
          name: names[i] ?? "",
          value: analysis.value(arg, scope).withoutOrigin(),
        }))
      );
    },
  });
}

/** The names of a row's attributes; null where they cannot be matched with its arguments, as after a dropped one. */
function attributeNames(node: RowExpr, { catalog }: TreeAnalysis): readonly string[] | null {
  if (node.colnames.length === node.args.length) return node.colnames;
  const type = underDomains(node.row_typeid, catalog);
  return type?.kind === "composite" && type.attributes.length === node.args.length
    ? type.attributes.map((attribute) => attribute.name)
    : null;
}

function fieldSelect(node: FieldSelect, scope: Scope, analysis: TreeAnalysis): Value {
  const row = analysis.value(node.arg, scope);
  const attribute: AttributeValue | null | undefined = row.attributes?.[node.fieldnum - 1];
  if (!attribute) return nullable(node.resulttype, "attribute", attributeName(node, row.type, analysis));
  const value = attribute.value.withoutOrigin().ofType(node.resulttype);
  return row.nullable ? value.decidedBy(true, reason("attribute", attribute.name, row.because)) : value;
}

function attributeName(node: FieldSelect, rowType: number, { catalog }: TreeAnalysis): string | undefined {
  const type = catalog.type(rowType);
  return type?.kind === "composite" ? type.attributes[node.fieldnum - 1]?.name : undefined;
}

/** A row of a child as one of its parent: the attributes are in another order. */
function convertedRow(node: ConvertRowtypeExpr, scope: Scope, analysis: TreeAnalysis): Value {
  return passedOn(node, node.arg, scope, analysis);
}
