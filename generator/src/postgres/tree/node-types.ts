// Made by scripts/generate-node-types.mjs from PostgreSQL's own headers. Do not edit: change and run that.
import type { Oid } from "../../model/catalog.ts";
import type { Datum } from "./datum.ts";

/** A node that no analysis looks into: its name alone was read. */
export interface OtherNode {
  readonly kind: "OtherNode";
  readonly tag: string;
}

export type FromItem = RangeTblRef | JoinExpr;

export type SetOperand = RangeTblRef | SetOperationStmt;

export type JsonTablePlan = JsonTablePathScan | JsonTableSiblingJoin;

export type UtilityStatement = CreateTableAsStmt | DeclareCursorStmt | ExplainStmt | CallStmt | OtherNode;

export type Expression =
  | Var
  | Const
  | Param
  | Aggref
  | GroupingFunc
  | WindowFunc
  | SubscriptingRef
  | FuncExpr
  | NamedArgExpr
  | OpExpr
  | DistinctExpr
  | NullIfExpr
  | ScalarArrayOpExpr
  | BoolExpr
  | SubLink
  | FieldSelect
  | FieldStore
  | RelabelType
  | CoerceViaIO
  | ArrayCoerceExpr
  | ConvertRowtypeExpr
  | CollateExpr
  | CaseExpr
  | CaseTestExpr
  | ArrayExpr
  | RowExpr
  | RowCompareExpr
  | CoalesceExpr
  | MinMaxExpr
  | SQLValueFunction
  | XmlExpr
  | JsonConstructorExpr
  | NullTest
  | BooleanTest
  | CoerceToDomain
  | CoerceToDomainValue
  | SetToDefault
  | CurrentOfExpr
  | NextValueExpr
  | JsonValueExpr
  | JsonIsPredicate
  | MergeSupportFunc
  | JsonExpr
  | ReturningExpr;

export type AnyNode =
  | Query
  | CommonTableExpr
  | RangeTblEntry
  | RTEPermissionInfo
  | FromExpr
  | MergeAction
  | TargetEntry
  | OnConflictExpr
  | SortGroupClause
  | GroupingSet
  | WindowClause
  | RowMarkClause
  | SetOperationStmt
  | Var
  | Const
  | Param
  | Aggref
  | GroupingFunc
  | WindowFunc
  | SubscriptingRef
  | FuncExpr
  | NamedArgExpr
  | OpExpr
  | DistinctExpr
  | NullIfExpr
  | ScalarArrayOpExpr
  | BoolExpr
  | SubLink
  | FieldSelect
  | FieldStore
  | RelabelType
  | CoerceViaIO
  | ArrayCoerceExpr
  | ConvertRowtypeExpr
  | CollateExpr
  | CaseExpr
  | CaseTestExpr
  | ArrayExpr
  | RowExpr
  | RowCompareExpr
  | CoalesceExpr
  | MinMaxExpr
  | SQLValueFunction
  | XmlExpr
  | JsonConstructorExpr
  | NullTest
  | BooleanTest
  | CoerceToDomain
  | CoerceToDomainValue
  | SetToDefault
  | CurrentOfExpr
  | NextValueExpr
  | JsonValueExpr
  | JsonIsPredicate
  | CreateTableAsStmt
  | DeclareCursorStmt
  | ExplainStmt
  | CallStmt
  | CTESearchClause
  | CTECycleClause
  | Alias
  | TableSampleClause
  | RangeTblFunction
  | TableFunc
  | InferenceElem
  | CaseWhen
  | JsonReturning
  | JsonFormat
  | RangeTblRef
  | JoinExpr
  | MergeSupportFunc
  | JsonExpr
  | JsonBehavior
  | JsonTablePathScan
  | JsonTableSiblingJoin
  | JsonTablePath
  | ReturningExpr
  | OtherNode;

export interface Query {
  readonly kind: "Query";
  readonly commandType: CmdType;
  readonly querySource: QuerySource;
  readonly canSetTag: boolean;
  readonly utilityStmt: UtilityStatement | null;
  readonly resultRelation: number;
  readonly hasAggs: boolean;
  readonly hasWindowFuncs: boolean;
  readonly hasTargetSRFs: boolean;
  readonly hasSubLinks: boolean;
  readonly hasDistinctOn: boolean;
  readonly hasRecursive: boolean;
  readonly hasModifyingCTE: boolean;
  readonly hasForUpdate: boolean;
  readonly hasRowSecurity: boolean;
  readonly isReturn: boolean;
  readonly cteList: readonly CommonTableExpr[];
  readonly rtable: readonly RangeTblEntry[];
  readonly rteperminfos: readonly RTEPermissionInfo[];
  readonly jointree: FromExpr | null;
  readonly mergeActionList: readonly MergeAction[];
  readonly mergeUseOuterJoin: boolean | undefined;
  readonly targetList: readonly TargetEntry[];
  readonly override: OverridingKind;
  readonly onConflict: OnConflictExpr | null;
  readonly returningList: readonly TargetEntry[];
  readonly groupClause: readonly SortGroupClause[];
  readonly groupDistinct: boolean;
  readonly groupingSets: readonly GroupingSet[];
  readonly havingQual: Expression | null;
  readonly windowClause: readonly WindowClause[];
  readonly distinctClause: readonly SortGroupClause[];
  readonly sortClause: readonly SortGroupClause[];
  readonly limitOffset: Expression | null;
  readonly limitCount: Expression | null;
  readonly limitOption: LimitOption;
  readonly rowMarks: readonly RowMarkClause[];
  readonly setOperations: SetOperationStmt | null;
  readonly constraintDeps: readonly Oid[];
  readonly withCheckOptions: readonly OtherNode[];
  readonly stmt_location: number;
  readonly stmt_len: number;
  readonly mergeTargetRelation: undefined | number;
  readonly mergeJoinCondition: undefined | Expression | null;
  readonly hasGroupRTE: undefined | boolean;
  readonly returningOldAlias: undefined | string | null;
  readonly returningNewAlias: undefined | string | null;
}

export interface CommonTableExpr {
  readonly kind: "CommonTableExpr";
  readonly ctename: string;
  readonly aliascolnames: readonly string[];
  readonly ctematerialized: CTEMaterialize;
  readonly ctequery: Query;
  readonly search_clause: CTESearchClause | null;
  readonly cycle_clause: CTECycleClause | null;
  readonly location: number;
  readonly cterecursive: boolean;
  readonly cterefcount: number;
  readonly ctecolnames: readonly string[];
  readonly ctecoltypes: readonly Oid[];
  readonly ctecoltypmods: readonly number[];
  readonly ctecolcollations: readonly Oid[];
}

export type RangeTblEntry =
  | RelationEntry
  | SubqueryEntry
  | JoinEntry
  | FunctionEntry
  | TableFuncEntry
  | ValuesEntry
  | CteEntry
  | NamedTuplestoreEntry
  | ResultEntry
  | GroupEntry;

export interface RelationEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_RELATION";
  readonly relid: Oid;
  readonly relkind: string;
  readonly rellockmode: number;
  readonly tablesample: TableSampleClause | null;
  readonly perminfoindex: number;
  readonly lateral: boolean;
  readonly inh: boolean;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface SubqueryEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_SUBQUERY";
  readonly subquery: Query;
  readonly security_barrier: boolean;
  readonly relid: Oid;
  readonly relkind: string;
  readonly rellockmode: number;
  readonly perminfoindex: number;
  readonly lateral: boolean;
  readonly inh: boolean;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface JoinEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_JOIN";
  readonly jointype: JoinType;
  readonly joinmergedcols: number;
  readonly joinaliasvars: readonly (Expression | null)[];
  readonly joinleftcols: readonly number[];
  readonly joinrightcols: readonly number[];
  readonly join_using_alias: Alias | null;
  readonly lateral: boolean;
  readonly inh: boolean | undefined;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface FunctionEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_FUNCTION";
  readonly functions: readonly RangeTblFunction[];
  readonly funcordinality: boolean;
  readonly lateral: boolean;
  readonly inh: boolean | undefined;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface TableFuncEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_TABLEFUNC";
  readonly tablefunc: TableFunc;
  readonly lateral: boolean;
  readonly inh: boolean | undefined;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface ValuesEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_VALUES";
  readonly values_lists: readonly (readonly Expression[])[];
  readonly coltypes: readonly Oid[];
  readonly coltypmods: readonly number[];
  readonly colcollations: readonly Oid[];
  readonly lateral: boolean;
  readonly inh: boolean | undefined;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface CteEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_CTE";
  readonly ctename: string;
  readonly ctelevelsup: number;
  readonly self_reference: boolean;
  readonly coltypes: readonly Oid[];
  readonly coltypmods: readonly number[];
  readonly colcollations: readonly Oid[];
  readonly lateral: boolean;
  readonly inh: boolean | undefined;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface NamedTuplestoreEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_NAMEDTUPLESTORE";
  readonly enrname: string | null;
  readonly enrtuples: number;
  readonly coltypes: readonly Oid[];
  readonly coltypmods: readonly number[];
  readonly colcollations: readonly Oid[];
  readonly relid: Oid;
  readonly lateral: boolean;
  readonly inh: boolean | undefined;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface ResultEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_RESULT";
  readonly lateral: boolean;
  readonly inh: boolean | undefined;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface GroupEntry {
  readonly kind: "RangeTblEntry";
  readonly alias: Alias | null;
  readonly eref: Alias;
  readonly rtekind: "RTE_GROUP";
  readonly groupexprs: readonly Expression[];
  readonly lateral: boolean;
  readonly inFromCl: boolean;
  readonly securityQuals: readonly Expression[];
}

export interface RTEPermissionInfo {
  readonly kind: "RTEPermissionInfo";
  readonly relid: Oid;
  readonly inh: boolean;
  readonly requiredPerms: number;
  readonly checkAsUser: Oid;
  readonly selectedCols: readonly number[];
  readonly insertedCols: readonly number[];
  readonly updatedCols: readonly number[];
}

export interface FromExpr {
  readonly kind: "FromExpr";
  readonly fromlist: readonly FromItem[];
  readonly quals: Expression | null;
}

export interface MergeAction {
  readonly kind: "MergeAction";
  readonly matched: boolean | undefined;
  readonly commandType: CmdType;
  readonly override: OverridingKind;
  readonly qual: Expression | null;
  readonly targetList: readonly TargetEntry[];
  readonly updateColnos: readonly number[];
  readonly matchKind: undefined | MergeMatchKind;
}

export interface TargetEntry {
  readonly kind: "TargetEntry";
  readonly expr: Expression;
  readonly resno: number;
  readonly resname: string | null;
  readonly ressortgroupref: number;
  readonly resorigtbl: Oid;
  readonly resorigcol: number;
  readonly resjunk: boolean;
}

export interface OnConflictExpr {
  readonly kind: "OnConflictExpr";
  readonly action: OnConflictAction;
  readonly arbiterElems: readonly InferenceElem[];
  readonly arbiterWhere: Expression | null;
  readonly constraint: Oid;
  readonly onConflictSet: readonly TargetEntry[];
  readonly onConflictWhere: Expression | null;
  readonly exclRelIndex: number;
  readonly exclRelTlist: readonly TargetEntry[];
}

export interface SortGroupClause {
  readonly kind: "SortGroupClause";
  readonly tleSortGroupRef: number;
  readonly eqop: Oid;
  readonly sortop: Oid;
  readonly nulls_first: boolean;
  readonly hashable: boolean;
  readonly reverse_sort: undefined | boolean;
}

export interface GroupingSet {
  readonly kind: "GroupingSet";
  readonly groupingSetKind: GroupingSetKind;
  readonly content: readonly number[] | readonly GroupingSet[];
  readonly location: number;
}

export interface WindowClause {
  readonly kind: "WindowClause";
  readonly name: string | null;
  readonly refname: string | null;
  readonly partitionClause: readonly SortGroupClause[];
  readonly orderClause: readonly SortGroupClause[];
  readonly frameOptions: number;
  readonly startOffset: Expression | null;
  readonly endOffset: Expression | null;
  readonly runCondition: readonly OtherNode[] | undefined;
  readonly startInRangeFunc: Oid;
  readonly endInRangeFunc: Oid;
  readonly inRangeColl: Oid;
  readonly inRangeAsc: boolean;
  readonly inRangeNullsFirst: boolean;
  readonly winref: number;
  readonly copiedOrder: boolean;
}

export interface RowMarkClause {
  readonly kind: "RowMarkClause";
  readonly rti: number;
  readonly strength: LockClauseStrength;
  readonly waitPolicy: LockWaitPolicy;
  readonly pushedDown: boolean;
}

export interface SetOperationStmt {
  readonly kind: "SetOperationStmt";
  readonly op: SetOperation;
  readonly all: boolean;
  readonly larg: SetOperand;
  readonly rarg: SetOperand;
  readonly colTypes: readonly Oid[];
  readonly colTypmods: readonly number[];
  readonly colCollations: readonly Oid[];
  readonly groupClauses: readonly SortGroupClause[];
}

export interface Var {
  readonly kind: "Var";
  readonly varno: number;
  readonly varattno: number;
  readonly vartype: Oid;
  readonly vartypmod: number;
  readonly varcollid: Oid;
  readonly varnullingrels: readonly number[];
  readonly varlevelsup: number;
  readonly varnosyn: number;
  readonly varattnosyn: number;
  readonly location: number;
  readonly varreturningtype: undefined | VarReturningType;
}

export interface Const {
  readonly kind: "Const";
  readonly consttype: Oid;
  readonly consttypmod: number;
  readonly constcollid: Oid;
  readonly constlen: number;
  readonly constbyval: boolean;
  readonly constisnull: boolean;
  readonly location: number;
  readonly constvalue: Datum | null;
}

export interface Param {
  readonly kind: "Param";
  readonly paramkind: ParamKind;
  readonly paramid: number;
  readonly paramtype: Oid;
  readonly paramtypmod: number;
  readonly paramcollid: Oid;
  readonly location: number;
}

export interface Aggref {
  readonly kind: "Aggref";
  readonly aggfnoid: Oid;
  readonly aggtype: Oid;
  readonly aggcollid: Oid;
  readonly inputcollid: Oid;
  readonly aggtranstype: Oid;
  readonly aggargtypes: readonly Oid[];
  readonly aggdirectargs: readonly Expression[];
  readonly args: readonly TargetEntry[];
  readonly aggorder: readonly SortGroupClause[];
  readonly aggdistinct: readonly SortGroupClause[];
  readonly aggfilter: Expression | null;
  readonly aggstar: boolean;
  readonly aggvariadic: boolean;
  readonly aggkind: string;
  readonly aggpresorted: boolean;
  readonly agglevelsup: number;
  readonly aggsplit: AggSplit;
  readonly aggno: number;
  readonly aggtransno: number;
  readonly location: number;
}

export interface GroupingFunc {
  readonly kind: "GroupingFunc";
  readonly args: readonly Expression[];
  readonly refs: readonly number[];
  readonly cols: readonly number[];
  readonly agglevelsup: number;
  readonly location: number;
}

export interface WindowFunc {
  readonly kind: "WindowFunc";
  readonly winfnoid: Oid;
  readonly wintype: Oid;
  readonly wincollid: Oid;
  readonly inputcollid: Oid;
  readonly args: readonly Expression[];
  readonly aggfilter: Expression | null;
  readonly winref: number;
  readonly winstar: boolean;
  readonly winagg: boolean;
  readonly location: number;
  readonly runCondition: undefined | readonly OtherNode[];
}

export interface SubscriptingRef {
  readonly kind: "SubscriptingRef";
  readonly refcontainertype: Oid;
  readonly refelemtype: Oid;
  readonly refrestype: Oid;
  readonly reftypmod: number;
  readonly refcollid: Oid;
  readonly refupperindexpr: readonly (Expression | null)[];
  readonly reflowerindexpr: readonly (Expression | null)[];
  readonly refexpr: Expression;
  readonly refassgnexpr: Expression | null;
}

export interface FuncExpr {
  readonly kind: "FuncExpr";
  readonly funcid: Oid;
  readonly funcresulttype: Oid;
  readonly funcretset: boolean;
  readonly funcvariadic: boolean;
  readonly funcformat: CoercionForm;
  readonly funccollid: Oid;
  readonly inputcollid: Oid;
  readonly args: readonly Expression[];
  readonly location: number;
}

export interface NamedArgExpr {
  readonly kind: "NamedArgExpr";
  readonly arg: Expression;
  readonly name: string | null;
  readonly argnumber: number;
  readonly location: number;
}

export interface OpExpr {
  readonly kind: "OpExpr";
  readonly opno: Oid;
  readonly opfuncid: Oid;
  readonly opresulttype: Oid;
  readonly opretset: boolean;
  readonly opcollid: Oid;
  readonly inputcollid: Oid;
  readonly args: readonly Expression[];
  readonly location: number;
}

export interface DistinctExpr {
  readonly kind: "DistinctExpr";
  readonly opno: Oid;
  readonly opfuncid: Oid;
  readonly opresulttype: Oid;
  readonly opretset: boolean;
  readonly opcollid: Oid;
  readonly inputcollid: Oid;
  readonly args: readonly Expression[];
  readonly location: number;
}

export interface NullIfExpr {
  readonly kind: "NullIfExpr";
  readonly opno: Oid;
  readonly opfuncid: Oid;
  readonly opresulttype: Oid;
  readonly opretset: boolean;
  readonly opcollid: Oid;
  readonly inputcollid: Oid;
  readonly args: readonly Expression[];
  readonly location: number;
}

export interface ScalarArrayOpExpr {
  readonly kind: "ScalarArrayOpExpr";
  readonly opno: Oid;
  readonly opfuncid: Oid;
  readonly hashfuncid: Oid;
  readonly negfuncid: Oid;
  readonly useOr: boolean;
  readonly inputcollid: Oid;
  readonly args: readonly Expression[];
  readonly location: number;
}

export interface BoolExpr {
  readonly kind: "BoolExpr";
  readonly boolop: BoolExprType;
  readonly args: readonly Expression[];
  readonly location: number;
}

export interface SubLink {
  readonly kind: "SubLink";
  readonly subLinkType: SubLinkType;
  readonly subLinkId: number;
  readonly testexpr: Expression | null;
  readonly operName: readonly string[];
  readonly subselect: Query;
  readonly location: number;
}

export interface FieldSelect {
  readonly kind: "FieldSelect";
  readonly arg: Expression;
  readonly fieldnum: number;
  readonly resulttype: Oid;
  readonly resulttypmod: number;
  readonly resultcollid: Oid;
}

export interface FieldStore {
  readonly kind: "FieldStore";
  readonly arg: Expression;
  readonly newvals: readonly Expression[];
  readonly fieldnums: readonly number[];
  readonly resulttype: Oid;
}

export interface RelabelType {
  readonly kind: "RelabelType";
  readonly arg: Expression;
  readonly resulttype: Oid;
  readonly resulttypmod: number;
  readonly resultcollid: Oid;
  readonly relabelformat: CoercionForm;
  readonly location: number;
}

export interface CoerceViaIO {
  readonly kind: "CoerceViaIO";
  readonly arg: Expression;
  readonly resulttype: Oid;
  readonly resultcollid: Oid;
  readonly coerceformat: CoercionForm;
  readonly location: number;
}

export interface ArrayCoerceExpr {
  readonly kind: "ArrayCoerceExpr";
  readonly arg: Expression;
  readonly elemexpr: Expression;
  readonly resulttype: Oid;
  readonly resulttypmod: number;
  readonly resultcollid: Oid;
  readonly coerceformat: CoercionForm;
  readonly location: number;
}

export interface ConvertRowtypeExpr {
  readonly kind: "ConvertRowtypeExpr";
  readonly arg: Expression;
  readonly resulttype: Oid;
  readonly convertformat: CoercionForm;
  readonly location: number;
}

export interface CollateExpr {
  readonly kind: "CollateExpr";
  readonly arg: Expression;
  readonly collOid: Oid;
  readonly location: number;
}

export interface CaseExpr {
  readonly kind: "CaseExpr";
  readonly casetype: Oid;
  readonly casecollid: Oid;
  readonly arg: Expression | null;
  readonly args: readonly CaseWhen[];
  readonly defresult: Expression;
  readonly location: number;
}

export interface CaseTestExpr {
  readonly kind: "CaseTestExpr";
  readonly typeId: Oid;
  readonly typeMod: number;
  readonly collation: Oid;
}

export interface ArrayExpr {
  readonly kind: "ArrayExpr";
  readonly array_typeid: Oid;
  readonly array_collid: Oid;
  readonly element_typeid: Oid;
  readonly elements: readonly Expression[];
  readonly multidims: boolean;
  readonly location: number;
  readonly list_start: undefined | number;
  readonly list_end: undefined | number;
}

export interface RowExpr {
  readonly kind: "RowExpr";
  readonly args: readonly Expression[];
  readonly row_typeid: Oid;
  readonly row_format: CoercionForm;
  readonly colnames: readonly string[];
  readonly location: number;
}

export interface RowCompareExpr {
  readonly kind: "RowCompareExpr";
  readonly rctype: RowCompareType | undefined;
  readonly opnos: readonly Oid[];
  readonly opfamilies: readonly Oid[];
  readonly inputcollids: readonly Oid[];
  readonly largs: readonly Expression[];
  readonly rargs: readonly Expression[];
  readonly cmptype: undefined | CompareType;
}

export interface CoalesceExpr {
  readonly kind: "CoalesceExpr";
  readonly coalescetype: Oid;
  readonly coalescecollid: Oid;
  readonly args: readonly Expression[];
  readonly location: number;
}

export interface MinMaxExpr {
  readonly kind: "MinMaxExpr";
  readonly minmaxtype: Oid;
  readonly minmaxcollid: Oid;
  readonly inputcollid: Oid;
  readonly op: MinMaxOp;
  readonly args: readonly Expression[];
  readonly location: number;
}

export interface SQLValueFunction {
  readonly kind: "SQLValueFunction";
  readonly op: SQLValueFunctionOp;
  readonly type: Oid;
  readonly typmod: number;
  readonly location: number;
}

export interface XmlExpr {
  readonly kind: "XmlExpr";
  readonly op: XmlExprOp;
  readonly name: string | null;
  readonly named_args: readonly Expression[];
  readonly arg_names: readonly string[];
  readonly args: readonly Expression[];
  readonly xmloption: XmlOptionType;
  readonly indent: boolean;
  readonly type: Oid;
  readonly typmod: number;
  readonly location: number;
}

export interface JsonConstructorExpr {
  readonly kind: "JsonConstructorExpr";
  readonly type: JsonConstructorType;
  readonly args: readonly Expression[];
  readonly func: Expression | null;
  readonly coercion: Expression | null;
  readonly returning: JsonReturning | null;
  readonly absent_on_null: boolean;
  readonly unique: boolean;
  readonly location: number;
}

export interface NullTest {
  readonly kind: "NullTest";
  readonly arg: Expression;
  readonly nulltesttype: NullTestType;
  readonly argisrow: boolean;
  readonly location: number;
}

export interface BooleanTest {
  readonly kind: "BooleanTest";
  readonly arg: Expression;
  readonly booltesttype: BoolTestType;
  readonly location: number;
}

export interface CoerceToDomain {
  readonly kind: "CoerceToDomain";
  readonly arg: Expression;
  readonly resulttype: Oid;
  readonly resulttypmod: number;
  readonly resultcollid: Oid;
  readonly coercionformat: CoercionForm;
  readonly location: number;
}

export interface CoerceToDomainValue {
  readonly kind: "CoerceToDomainValue";
  readonly typeId: Oid;
  readonly typeMod: number;
  readonly collation: Oid;
  readonly location: number;
}

export interface SetToDefault {
  readonly kind: "SetToDefault";
  readonly typeId: Oid;
  readonly typeMod: number;
  readonly collation: Oid;
  readonly location: number;
}

export interface CurrentOfExpr {
  readonly kind: "CurrentOfExpr";
  readonly cvarno: number;
  readonly cursor_name: string | null;
  readonly cursor_param: number;
}

export interface NextValueExpr {
  readonly kind: "NextValueExpr";
  readonly seqid: Oid;
  readonly typeId: Oid;
}

export interface JsonValueExpr {
  readonly kind: "JsonValueExpr";
  readonly raw_expr: Expression;
  readonly formatted_expr: Expression;
  readonly format: JsonFormat | null;
}

export interface JsonIsPredicate {
  readonly kind: "JsonIsPredicate";
  readonly expr: Expression;
  readonly format: JsonFormat | null;
  readonly item_type: JsonValueType;
  readonly unique_keys: boolean;
  readonly location: number;
}

export interface CreateTableAsStmt {
  readonly kind: "CreateTableAsStmt";
  readonly query: Query;
  readonly into: OtherNode | null;
  readonly objtype: ObjectType;
  readonly is_select_into: boolean;
  readonly if_not_exists: boolean;
}

export interface DeclareCursorStmt {
  readonly kind: "DeclareCursorStmt";
  readonly portalname: string | null;
  readonly options: number;
  readonly query: Query;
}

export interface ExplainStmt {
  readonly kind: "ExplainStmt";
  readonly query: Query;
  readonly options: readonly OtherNode[];
}

export interface CallStmt {
  readonly kind: "CallStmt";
  readonly funccall: OtherNode | null;
  readonly funcexpr: FuncExpr;
  readonly outargs: readonly Expression[];
}

export interface CTESearchClause {
  readonly kind: "CTESearchClause";
  readonly search_col_list: readonly string[];
  readonly search_breadth_first: boolean;
  readonly search_seq_column: string | null;
  readonly location: number;
}

export interface CTECycleClause {
  readonly kind: "CTECycleClause";
  readonly cycle_col_list: readonly string[];
  readonly cycle_mark_column: string | null;
  readonly cycle_mark_value: Expression;
  readonly cycle_mark_default: Expression;
  readonly cycle_path_column: string | null;
  readonly location: number;
  readonly cycle_mark_type: Oid;
  readonly cycle_mark_typmod: number;
  readonly cycle_mark_collation: Oid;
  readonly cycle_mark_neop: Oid;
}

export interface Alias {
  readonly kind: "Alias";
  readonly aliasname: string;
  readonly colnames: readonly string[];
}

export interface TableSampleClause {
  readonly kind: "TableSampleClause";
  readonly tsmhandler: Oid;
  readonly args: readonly Expression[];
  readonly repeatable: Expression | null;
}

export interface RangeTblFunction {
  readonly kind: "RangeTblFunction";
  readonly funcexpr: Expression;
  readonly funccolcount: number;
  readonly funccolnames: readonly string[];
  readonly funccoltypes: readonly Oid[];
  readonly funccoltypmods: readonly number[];
  readonly funccolcollations: readonly Oid[];
  readonly funcparams: readonly number[];
}

export interface TableFunc {
  readonly kind: "TableFunc";
  readonly ns_uris: readonly Expression[];
  readonly ns_names: readonly (string | null)[];
  readonly docexpr: Expression;
  readonly rowexpr: Expression | null;
  readonly colnames: readonly string[];
  readonly coltypes: readonly Oid[];
  readonly coltypmods: readonly number[];
  readonly colcollations: readonly Oid[];
  readonly colexprs: readonly (Expression | null)[];
  readonly coldefexprs: readonly (Expression | null)[];
  readonly notnulls: readonly number[];
  readonly ordinalitycol: number;
  readonly location: number;
  readonly functype: undefined | TableFuncType;
  readonly colvalexprs: undefined | readonly (Expression | null)[];
  readonly passingvalexprs: undefined | readonly Expression[];
  readonly plan: undefined | JsonTablePlan | null;
}

export interface InferenceElem {
  readonly kind: "InferenceElem";
  readonly expr: Expression | null;
  readonly infercollid: Oid;
  readonly inferopclass: Oid;
}

export interface CaseWhen {
  readonly kind: "CaseWhen";
  readonly expr: Expression;
  readonly result: Expression;
  readonly location: number;
}

export interface JsonReturning {
  readonly kind: "JsonReturning";
  readonly format: JsonFormat | null;
  readonly typid: Oid;
  readonly typmod: number;
}

export interface JsonFormat {
  readonly kind: "JsonFormat";
  readonly format_type: JsonFormatType;
  readonly encoding: JsonEncoding;
  readonly location: number;
}

export interface RangeTblRef {
  readonly kind: "RangeTblRef";
  readonly rtindex: number;
}

export interface JoinExpr {
  readonly kind: "JoinExpr";
  readonly jointype: JoinType;
  readonly isNatural: boolean;
  readonly larg: FromItem;
  readonly rarg: FromItem;
  readonly usingClause: readonly string[];
  readonly join_using_alias: Alias | null;
  readonly quals: Expression | null;
  readonly alias: Alias | null;
  readonly rtindex: number;
}

export interface MergeSupportFunc {
  readonly kind: "MergeSupportFunc";
  readonly msftype: Oid;
  readonly msfcollid: Oid;
  readonly location: number;
}

export interface JsonExpr {
  readonly kind: "JsonExpr";
  readonly op: JsonExprOp;
  readonly column_name: string | null;
  readonly formatted_expr: Expression;
  readonly format: JsonFormat | null;
  readonly path_spec: Expression;
  readonly returning: JsonReturning | null;
  readonly passing_names: readonly string[];
  readonly passing_values: readonly Expression[];
  readonly on_empty: JsonBehavior | null;
  readonly on_error: JsonBehavior | null;
  readonly use_io_coercion: boolean;
  readonly use_json_coercion: boolean;
  readonly wrapper: JsonWrapper;
  readonly omit_quotes: boolean;
  readonly collation: Oid;
  readonly location: number;
}

export interface JsonBehavior {
  readonly kind: "JsonBehavior";
  readonly btype: JsonBehaviorType;
  readonly expr: Expression | null;
  readonly coerce: boolean;
  readonly location: number;
}

export interface JsonTablePathScan {
  readonly kind: "JsonTablePathScan";
  readonly path: JsonTablePath;
  readonly errorOnError: boolean;
  readonly child: JsonTablePlan | null;
  readonly colMin: number;
  readonly colMax: number;
}

export interface JsonTableSiblingJoin {
  readonly kind: "JsonTableSiblingJoin";
  readonly lplan: JsonTablePlan;
  readonly rplan: JsonTablePlan;
}

export interface JsonTablePath {
  readonly kind: "JsonTablePath";
  readonly value: Const;
  readonly name: string | null;
}

export interface ReturningExpr {
  readonly kind: "ReturningExpr";
  readonly retlevelsup: number;
  readonly retold: boolean;
  readonly retexpr: Expression;
}

export type AggSplit = "AGGSPLIT_SIMPLE" | "AGGSPLIT_INITIAL_SERIAL" | "AGGSPLIT_FINAL_DESERIAL";

export type BoolExprType = "AND_EXPR" | "OR_EXPR" | "NOT_EXPR";

export type BoolTestType =
  | "IS_TRUE"
  | "IS_NOT_TRUE"
  | "IS_FALSE"
  | "IS_NOT_FALSE"
  | "IS_UNKNOWN"
  | "IS_NOT_UNKNOWN";

export type CTEMaterialize = "CTEMaterializeDefault" | "CTEMaterializeAlways" | "CTEMaterializeNever";

export type CmdType =
  | "CMD_UNKNOWN"
  | "CMD_SELECT"
  | "CMD_UPDATE"
  | "CMD_INSERT"
  | "CMD_DELETE"
  | "CMD_MERGE"
  | "CMD_UTILITY"
  | "CMD_NOTHING";

export type CoercionForm =
  | "COERCE_EXPLICIT_CALL"
  | "COERCE_EXPLICIT_CAST"
  | "COERCE_IMPLICIT_CAST"
  | "COERCE_SQL_SYNTAX";

export type CompareType =
  | "COMPARE_INVALID"
  | "COMPARE_LT"
  | "COMPARE_LE"
  | "COMPARE_EQ"
  | "COMPARE_GE"
  | "COMPARE_GT"
  | "COMPARE_NE"
  | "COMPARE_OVERLAP"
  | "COMPARE_CONTAINED_BY";

export type GroupingSetKind =
  | "GROUPING_SET_EMPTY"
  | "GROUPING_SET_SIMPLE"
  | "GROUPING_SET_ROLLUP"
  | "GROUPING_SET_CUBE"
  | "GROUPING_SET_SETS";

export type JoinType =
  | "JOIN_INNER"
  | "JOIN_LEFT"
  | "JOIN_FULL"
  | "JOIN_RIGHT"
  | "JOIN_SEMI"
  | "JOIN_ANTI"
  | "JOIN_RIGHT_ANTI"
  | "JOIN_UNIQUE_OUTER"
  | "JOIN_UNIQUE_INNER"
  | "JOIN_RIGHT_SEMI";

export type JsonBehaviorType =
  | "JSON_BEHAVIOR_NULL"
  | "JSON_BEHAVIOR_ERROR"
  | "JSON_BEHAVIOR_EMPTY"
  | "JSON_BEHAVIOR_TRUE"
  | "JSON_BEHAVIOR_FALSE"
  | "JSON_BEHAVIOR_UNKNOWN"
  | "JSON_BEHAVIOR_EMPTY_ARRAY"
  | "JSON_BEHAVIOR_EMPTY_OBJECT"
  | "JSON_BEHAVIOR_DEFAULT";

export type JsonConstructorType =
  | "JSCTOR_JSON_OBJECT"
  | "JSCTOR_JSON_ARRAY"
  | "JSCTOR_JSON_OBJECTAGG"
  | "JSCTOR_JSON_ARRAYAGG"
  | "JSCTOR_JSON_PARSE"
  | "JSCTOR_JSON_SCALAR"
  | "JSCTOR_JSON_SERIALIZE";

export type JsonEncoding = "JS_ENC_DEFAULT" | "JS_ENC_UTF8" | "JS_ENC_UTF16" | "JS_ENC_UTF32";

export type JsonExprOp = "JSON_EXISTS_OP" | "JSON_QUERY_OP" | "JSON_VALUE_OP" | "JSON_TABLE_OP";

export type JsonFormatType = "JS_FORMAT_DEFAULT" | "JS_FORMAT_JSON" | "JS_FORMAT_JSONB";

export type JsonValueType = "JS_TYPE_ANY" | "JS_TYPE_OBJECT" | "JS_TYPE_ARRAY" | "JS_TYPE_SCALAR";

export type JsonWrapper = "JSW_UNSPEC" | "JSW_NONE" | "JSW_CONDITIONAL" | "JSW_UNCONDITIONAL";

export type LimitOption = "LIMIT_OPTION_DEFAULT" | "LIMIT_OPTION_COUNT" | "LIMIT_OPTION_WITH_TIES";

export type LockClauseStrength =
  | "LCS_NONE"
  | "LCS_FORKEYSHARE"
  | "LCS_FORSHARE"
  | "LCS_FORNOKEYUPDATE"
  | "LCS_FORUPDATE";

export type LockWaitPolicy = "LockWaitBlock" | "LockWaitSkip" | "LockWaitError";

export type MergeMatchKind =
  | "MERGE_WHEN_MATCHED"
  | "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"
  | "MERGE_WHEN_NOT_MATCHED_BY_TARGET";

export type MinMaxOp = "IS_GREATEST" | "IS_LEAST";

export type NullTestType = "IS_NULL" | "IS_NOT_NULL";

export type ObjectType =
  | "OBJECT_ACCESS_METHOD"
  | "OBJECT_AGGREGATE"
  | "OBJECT_AMOP"
  | "OBJECT_AMPROC"
  | "OBJECT_ATTRIBUTE"
  | "OBJECT_CAST"
  | "OBJECT_COLUMN"
  | "OBJECT_COLLATION"
  | "OBJECT_CONVERSION"
  | "OBJECT_DATABASE"
  | "OBJECT_DEFAULT"
  | "OBJECT_DEFACL"
  | "OBJECT_DOMAIN"
  | "OBJECT_DOMCONSTRAINT"
  | "OBJECT_EVENT_TRIGGER"
  | "OBJECT_EXTENSION"
  | "OBJECT_FDW"
  | "OBJECT_FOREIGN_SERVER"
  | "OBJECT_FOREIGN_TABLE"
  | "OBJECT_FUNCTION"
  | "OBJECT_INDEX"
  | "OBJECT_LANGUAGE"
  | "OBJECT_LARGEOBJECT"
  | "OBJECT_MATVIEW"
  | "OBJECT_OPCLASS"
  | "OBJECT_OPERATOR"
  | "OBJECT_OPFAMILY"
  | "OBJECT_PARAMETER_ACL"
  | "OBJECT_POLICY"
  | "OBJECT_PROCEDURE"
  | "OBJECT_PUBLICATION"
  | "OBJECT_PUBLICATION_NAMESPACE"
  | "OBJECT_PUBLICATION_REL"
  | "OBJECT_ROLE"
  | "OBJECT_ROUTINE"
  | "OBJECT_RULE"
  | "OBJECT_SCHEMA"
  | "OBJECT_SEQUENCE"
  | "OBJECT_SUBSCRIPTION"
  | "OBJECT_STATISTIC_EXT"
  | "OBJECT_TABCONSTRAINT"
  | "OBJECT_TABLE"
  | "OBJECT_TABLESPACE"
  | "OBJECT_TRANSFORM"
  | "OBJECT_TRIGGER"
  | "OBJECT_TSCONFIGURATION"
  | "OBJECT_TSDICTIONARY"
  | "OBJECT_TSPARSER"
  | "OBJECT_TSTEMPLATE"
  | "OBJECT_TYPE"
  | "OBJECT_USER_MAPPING"
  | "OBJECT_VIEW";

export type OnConflictAction = "ONCONFLICT_NONE" | "ONCONFLICT_NOTHING" | "ONCONFLICT_UPDATE";

export type OverridingKind = "OVERRIDING_NOT_SET" | "OVERRIDING_USER_VALUE" | "OVERRIDING_SYSTEM_VALUE";

export type ParamKind = "PARAM_EXTERN" | "PARAM_EXEC" | "PARAM_SUBLINK" | "PARAM_MULTIEXPR";

export type QuerySource =
  | "QSRC_ORIGINAL"
  | "QSRC_PARSER"
  | "QSRC_INSTEAD_RULE"
  | "QSRC_QUAL_INSTEAD_RULE"
  | "QSRC_NON_INSTEAD_RULE";

export type RTEKind =
  | "RTE_RELATION"
  | "RTE_SUBQUERY"
  | "RTE_JOIN"
  | "RTE_FUNCTION"
  | "RTE_TABLEFUNC"
  | "RTE_VALUES"
  | "RTE_CTE"
  | "RTE_NAMEDTUPLESTORE"
  | "RTE_RESULT"
  | "RTE_GROUP";

export type RowCompareType =
  | "ROWCOMPARE_LT"
  | "ROWCOMPARE_LE"
  | "ROWCOMPARE_EQ"
  | "ROWCOMPARE_GE"
  | "ROWCOMPARE_GT"
  | "ROWCOMPARE_NE";

export type SQLValueFunctionOp =
  | "SVFOP_CURRENT_DATE"
  | "SVFOP_CURRENT_TIME"
  | "SVFOP_CURRENT_TIME_N"
  | "SVFOP_CURRENT_TIMESTAMP"
  | "SVFOP_CURRENT_TIMESTAMP_N"
  | "SVFOP_LOCALTIME"
  | "SVFOP_LOCALTIME_N"
  | "SVFOP_LOCALTIMESTAMP"
  | "SVFOP_LOCALTIMESTAMP_N"
  | "SVFOP_CURRENT_ROLE"
  | "SVFOP_CURRENT_USER"
  | "SVFOP_USER"
  | "SVFOP_SESSION_USER"
  | "SVFOP_CURRENT_CATALOG"
  | "SVFOP_CURRENT_SCHEMA";

export type SetOperation = "SETOP_NONE" | "SETOP_UNION" | "SETOP_INTERSECT" | "SETOP_EXCEPT";

export type SubLinkType =
  | "EXISTS_SUBLINK"
  | "ALL_SUBLINK"
  | "ANY_SUBLINK"
  | "ROWCOMPARE_SUBLINK"
  | "EXPR_SUBLINK"
  | "MULTIEXPR_SUBLINK"
  | "ARRAY_SUBLINK"
  | "CTE_SUBLINK";

export type TableFuncType = "TFT_XMLTABLE" | "TFT_JSON_TABLE";

export type VarReturningType = "VAR_RETURNING_DEFAULT" | "VAR_RETURNING_OLD" | "VAR_RETURNING_NEW";

export type XmlExprOp =
  | "IS_XMLCONCAT"
  | "IS_XMLELEMENT"
  | "IS_XMLFOREST"
  | "IS_XMLPARSE"
  | "IS_XMLPI"
  | "IS_XMLROOT"
  | "IS_XMLSERIALIZE"
  | "IS_DOCUMENT";

export type XmlOptionType = "XMLOPTION_DOCUMENT" | "XMLOPTION_CONTENT";
