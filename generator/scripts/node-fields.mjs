// What PostgreSQL's headers say of node fields in comments only, and what its outfuncs.c does by hand.
//
// A type is written `Name` (never null), `Name?`, `Name[]` (a NULL list is an empty one), `Name?[]`, `Name[][]`;
// `Other` is a node that is of no use to an analysis, read as its name alone.

/** By `Struct.field` or `field`: lists and generic pointers, and pointers that an analysed tree never has as NULL. */
export const FIELD_TYPES = {
  "Query.utilityStmt": "UtilityStatement?",
  "Query.cteList": "CommonTableExpr[]",
  "Query.rtable": "RangeTblEntry[]",
  "Query.rteperminfos": "RTEPermissionInfo[]",
  "Query.mergeActionList": "MergeAction[]",
  "Query.mergeJoinCondition": "Expression?",
  "Query.returningList": "TargetEntry[]",
  "Query.groupClause": "SortGroupClause[]",
  "Query.groupingSets": "GroupingSet[]",
  "Query.havingQual": "Expression?",
  "Query.windowClause": "WindowClause[]",
  "Query.distinctClause": "SortGroupClause[]",
  "Query.sortClause": "SortGroupClause[]",
  "Query.limitOffset": "Expression?",
  "Query.limitCount": "Expression?",
  "Query.rowMarks": "RowMarkClause[]",
  "Query.setOperations": "SetOperationStmt?",
  "Query.constraintDeps": "Oid[]",
  // The rewriter's.
  "Query.withCheckOptions": "Other[]",
  targetList: "TargetEntry[]",

  "CreateTableAsStmt.query": "Query",
  "CreateTableAsStmt.into": "Other?",
  "DeclareCursorStmt.query": "Query",
  "ExplainStmt.query": "Query",
  "ExplainStmt.options": "Other[]",
  "CallStmt.funccall": "Other?",
  "CallStmt.funcexpr": "FuncExpr",
  "CallStmt.outargs": "Expression[]",

  "RangeTblEntry.eref": "Alias",
  "RangeTblEntry.subquery": "Query",
  "RangeTblEntry.joinaliasvars": "Expression?[]",
  "RangeTblEntry.joinleftcols": "number[]",
  "RangeTblEntry.joinrightcols": "number[]",
  "RangeTblEntry.functions": "RangeTblFunction[]",
  "RangeTblEntry.tablefunc": "TableFunc",
  "RangeTblEntry.values_lists": "Expression[][]",
  "RangeTblEntry.ctename": "string",
  "RangeTblEntry.groupexprs": "Expression[]",
  "RangeTblEntry.securityQuals": "Expression[]",
  "RangeTblFunction.funcexpr": "Expression",
  "RangeTblFunction.funccolnames": "string[]",
  "RangeTblFunction.funccoltypes": "Oid[]",
  "RangeTblFunction.funccoltypmods": "number[]",
  "RangeTblFunction.funccolcollations": "Oid[]",
  "TableFunc.ns_uris": "Expression[]",
  "TableFunc.ns_names": "string?[]",
  "TableFunc.docexpr": "Expression",
  "TableFunc.rowexpr": "Expression?",
  "TableFunc.colexprs": "Expression?[]",
  "TableFunc.coldefexprs": "Expression?[]",
  "TableFunc.colvalexprs": "Expression?[]",
  "TableFunc.passingvalexprs": "Expression[]",
  "TableFunc.plan": "JsonTablePlan?",
  "Alias.aliasname": "string",
  colnames: "string[]",
  coltypes: "Oid[]",
  coltypmods: "number[]",
  colcollations: "Oid[]",

  "FromExpr.fromlist": "FromItem[]",
  "JoinExpr.larg": "FromItem",
  "JoinExpr.rarg": "FromItem",
  "JoinExpr.usingClause": "string[]",
  quals: "Expression?",
  "SetOperationStmt.larg": "SetOperand",
  "SetOperationStmt.rarg": "SetOperand",
  "SetOperationStmt.colTypes": "Oid[]",
  "SetOperationStmt.colTypmods": "number[]",
  "SetOperationStmt.colCollations": "Oid[]",
  "SetOperationStmt.groupClauses": "SortGroupClause[]",
  "CommonTableExpr.ctename": "string",
  "CommonTableExpr.aliascolnames": "string[]",
  "CommonTableExpr.ctequery": "Query",
  "CommonTableExpr.ctecolnames": "string[]",
  "CommonTableExpr.ctecoltypes": "Oid[]",
  "CommonTableExpr.ctecoltypmods": "number[]",
  "CommonTableExpr.ctecolcollations": "Oid[]",
  "CTESearchClause.search_col_list": "string[]",
  "CTECycleClause.cycle_col_list": "string[]",
  "CTECycleClause.cycle_mark_value": "Expression",
  "CTECycleClause.cycle_mark_default": "Expression",
  "GroupingSet.content": "GroupingContent",
  "WindowClause.partitionClause": "SortGroupClause[]",
  "WindowClause.orderClause": "SortGroupClause[]",
  "WindowClause.startOffset": "Expression?",
  "WindowClause.endOffset": "Expression?",
  "MergeAction.qual": "Expression?",
  "MergeAction.updateColnos": "number[]",
  "OnConflictExpr.arbiterElems": "InferenceElem[]",
  "OnConflictExpr.arbiterWhere": "Expression?",
  "OnConflictExpr.onConflictSet": "TargetEntry[]",
  "OnConflictExpr.onConflictWhere": "Expression?",
  "OnConflictExpr.exclRelTlist": "TargetEntry[]",

  "TargetEntry.expr": "Expression",
  "InferenceElem.expr": "Expression?",
  "Aggref.args": "TargetEntry[]",
  "Aggref.aggargtypes": "Oid[]",
  "Aggref.aggdirectargs": "Expression[]",
  "Aggref.aggorder": "SortGroupClause[]",
  "Aggref.aggdistinct": "SortGroupClause[]",
  "GroupingFunc.refs": "number[]",
  "GroupingFunc.cols": "number[]",
  // The planner's.
  runCondition: "Other[]",
  "SubscriptingRef.refupperindexpr": "Expression?[]",
  "SubscriptingRef.reflowerindexpr": "Expression?[]",
  "SubscriptingRef.refexpr": "Expression",
  "SubLink.testexpr": "Expression?",
  "SubLink.operName": "string[]",
  "SubLink.subselect": "Query",
  "FieldStore.newvals": "Expression[]",
  "FieldStore.fieldnums": "number[]",
  "ArrayCoerceExpr.elemexpr": "Expression",
  "CaseExpr.arg": "Expression?",
  "CaseExpr.args": "CaseWhen[]",
  "CaseExpr.defresult": "Expression",
  "CaseWhen.expr": "Expression",
  "CaseWhen.result": "Expression",
  "ArrayExpr.elements": "Expression[]",
  "RowCompareExpr.opnos": "Oid[]",
  "RowCompareExpr.opfamilies": "Oid[]",
  "RowCompareExpr.inputcollids": "Oid[]",
  "RowCompareExpr.largs": "Expression[]",
  "RowCompareExpr.rargs": "Expression[]",
  "XmlExpr.named_args": "Expression[]",
  "XmlExpr.arg_names": "string[]",
  "JsonValueExpr.raw_expr": "Expression",
  "JsonValueExpr.formatted_expr": "Expression",
  "JsonIsPredicate.expr": "Expression",
  "JsonExpr.formatted_expr": "Expression",
  "JsonExpr.path_spec": "Expression",
  "JsonExpr.passing_names": "string[]",
  "JsonExpr.passing_values": "Expression[]",
  "JsonBehavior.expr": "Expression?",
  "JsonTablePath.value": "Const",
  "JsonTablePathScan.path": "JsonTablePath",
  "JsonTablePathScan.child": "JsonTablePlan?",
  "JsonTableSiblingJoin.lplan": "JsonTablePlan",
  "JsonTableSiblingJoin.rplan": "JsonTablePlan",
  "ReturningExpr.retexpr": "Expression",
  arg: "Expression",
  args: "Expression[]",
};

/** In target lists and qualifiers, though not declared as an `Expr`. */
export const MORE_EXPRESSIONS = ["JsonValueExpr", "JsonIsPredicate"];

/** Declared as an `Expr`, but of no value of their own. */
export const NO_EXPRESSIONS = ["TargetEntry", "InferenceElem", "CaseWhen"];

/** Made by the planner out of what an analysed tree has. */
export const PLANNER_NODES = ["SubPlan", "AlternativeSubPlan", "WindowFuncRunCondition"];

export const UNIONS = {
  FromItem: ["RangeTblRef", "JoinExpr"],
  SetOperand: ["RangeTblRef", "SetOperationStmt"],
  JsonTablePlan: ["JsonTablePathScan", "JsonTableSiblingJoin"],
  /** Those that have something analysed in them; all others are read as their name. */
  UtilityStatement: ["CreateTableAsStmt", "DeclareCursorStmt", "ExplainStmt", "CallStmt", "Other"],
};

/** Written as words by `_outBoolExpr`. */
export const WORDS = { BoolExprType: { and: "AND_EXPR", or: "OR_EXPR", not: "NOT_EXPR" } };

/** In which order `_outConst` and `_outBoolExpr` write. */
export const CUSTOM_ORDER = {
  Const: "consttype consttypmod constcollid constlen constbyval constisnull location constvalue",
  BoolExpr: "boolop args location",
};

/** What `_outRangeTblEntry` writes, by kind, between what it writes of all. */
export function rangeTableLayout(major) {
  const relation = major < 17 ? "relid relkind rellockmode" : "relid inh relkind rellockmode";
  const columns = "coltypes coltypmods colcollations";
  return {
    before: "alias eref rtekind",
    kinds: {
      RTE_RELATION:
        major < 17 ? `${relation} tablesample perminfoindex` : `${relation} perminfoindex tablesample`,
      RTE_SUBQUERY: `subquery security_barrier ${relation} perminfoindex`,
      RTE_JOIN: "jointype joinmergedcols joinaliasvars joinleftcols joinrightcols join_using_alias",
      RTE_FUNCTION: "functions funcordinality",
      RTE_TABLEFUNC: "tablefunc",
      RTE_VALUES: `values_lists ${columns}`,
      RTE_CTE: `ctename ctelevelsup self_reference ${columns}`,
      RTE_NAMEDTUPLESTORE: `enrname enrtuples ${columns} relid`,
      RTE_RESULT: "",
      ...(major < 18 ? {} : { RTE_GROUP: "groupexprs" }),
    },
    after: major < 17 ? "lateral inh inFromCl securityQuals" : "lateral inFromCl securityQuals",
  };
}

/** The interface of each kind of range table entry. */
export const ENTRY_NAMES = {
  RTE_RELATION: "RelationEntry",
  RTE_SUBQUERY: "SubqueryEntry",
  RTE_JOIN: "JoinEntry",
  RTE_FUNCTION: "FunctionEntry",
  RTE_TABLEFUNC: "TableFuncEntry",
  RTE_VALUES: "ValuesEntry",
  RTE_CTE: "CteEntry",
  RTE_NAMEDTUPLESTORE: "NamedTuplestoreEntry",
  RTE_RESULT: "ResultEntry",
  RTE_GROUP: "GroupEntry",
};

/** Our own name of a field, where PostgreSQL's is that of the discriminant. */
export const RENAMED = { "GroupingSet.kind": "groupingSetKind" };
