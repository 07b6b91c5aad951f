// Made by scripts/generate-node-types.mjs from PostgreSQL's own headers. Do not edit: change and run that.
/**
 * What the trees of each version are made of; the last one is whole, the others say where they differ from it. A line is
 * a node with its fields in the order in which they are printed, `field:type` (no type is a number); a node that is not
 * looked into; `Node/variant`; `#Enum` with its constants by number; `Union=`; or `-` and what there is not.
 */
export const NODE_TABLES: Readonly<Record<number, string>> = {
  16: `-RangeTblEntry/RTE_GROUP
-MergeSupportFunc
-JsonExpr
-ReturningExpr
-JsonBehavior
-JsonTablePathScan
-JsonTableSiblingJoin
-JsonTablePath
-WindowFuncRunCondition
-ReturningOption
-ReturningClause
-JsonArgument
-JsonFuncExpr
-JsonTablePathSpec
-JsonTable
-JsonTableColumn
-JsonParseExpr
-JsonScalarExpr
-JsonSerializeExpr
-ATAlterConstraint
-#MergeMatchKind
-#VarReturningType
-#CompareType
-#JsonExprOp
-#JsonWrapper
-#TableFuncType
-#JsonBehaviorType
Query commandType:CmdType querySource:QuerySource canSetTag:boolean utilityStmt:UtilityStatement? resultRelation hasAggs:boolean hasWindowFuncs:boolean hasTargetSRFs:boolean hasSubLinks:boolean hasDistinctOn:boolean hasRecursive:boolean hasModifyingCTE:boolean hasForUpdate:boolean hasRowSecurity:boolean isReturn:boolean cteList:CommonTableExpr[] rtable:RangeTblEntry[] rteperminfos:RTEPermissionInfo[] jointree:FromExpr? mergeActionList:MergeAction[] mergeUseOuterJoin:boolean targetList:TargetEntry[] override:OverridingKind onConflict:OnConflictExpr? returningList:TargetEntry[] groupClause:SortGroupClause[] groupDistinct:boolean groupingSets:GroupingSet[] havingQual:Expression? windowClause:WindowClause[] distinctClause:SortGroupClause[] sortClause:SortGroupClause[] limitOffset:Expression? limitCount:Expression? limitOption:LimitOption rowMarks:RowMarkClause[] setOperations:SetOperationStmt? constraintDeps:Oid[] withCheckOptions:Other[] stmt_location stmt_len
RangeTblEntry/RTE_RELATION relid relkind:char rellockmode tablesample:TableSampleClause? perminfoindex lateral:boolean inh:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_SUBQUERY subquery:Query security_barrier:boolean relid relkind:char rellockmode perminfoindex lateral:boolean inh:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_JOIN jointype:JoinType joinmergedcols joinaliasvars:Expression?[] joinleftcols:number[] joinrightcols:number[] join_using_alias:Alias? lateral:boolean inh:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_FUNCTION functions:RangeTblFunction[] funcordinality:boolean lateral:boolean inh:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_TABLEFUNC tablefunc:TableFunc lateral:boolean inh:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_VALUES values_lists:Expression[][] coltypes:Oid[] coltypmods:number[] colcollations:Oid[] lateral:boolean inh:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_CTE ctename:string ctelevelsup self_reference:boolean coltypes:Oid[] coltypmods:number[] colcollations:Oid[] lateral:boolean inh:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_NAMEDTUPLESTORE enrname:string? enrtuples coltypes:Oid[] coltypmods:number[] colcollations:Oid[] relid lateral:boolean inh:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_RESULT lateral:boolean inh:boolean inFromCl:boolean securityQuals:Expression[]
MergeAction matched:boolean commandType:CmdType override:OverridingKind qual:Expression? targetList:TargetEntry[] updateColnos:number[]
SortGroupClause tleSortGroupRef eqop sortop nulls_first:boolean hashable:boolean
WindowClause name:string? refname:string? partitionClause:SortGroupClause[] orderClause:SortGroupClause[] frameOptions startOffset:Expression? endOffset:Expression? runCondition:Other[] startInRangeFunc endInRangeFunc inRangeColl inRangeAsc:boolean inRangeNullsFirst:boolean winref copiedOrder:boolean
Var varno varattno vartype vartypmod varcollid varnullingrels:Bitmapset varlevelsup varnosyn varattnosyn location
WindowFunc winfnoid wintype wincollid inputcollid args:Expression[] aggfilter:Expression? winref winstar:boolean winagg:boolean location
ArrayExpr array_typeid array_collid element_typeid elements:Expression[] multidims:boolean location
RowCompareExpr rctype:RowCompareType opnos:Oid[] opfamilies:Oid[] inputcollids:Oid[] largs:Expression[] rargs:Expression[]
TableFunc ns_uris:Expression[] ns_names:string?[] docexpr:Expression rowexpr:Expression? colnames:string[] coltypes:Oid[] coltypmods:number[] colcollations:Oid[] colexprs:Expression?[] coldefexprs:Expression?[] notnulls:Bitmapset ordinalitycol location
#RTEKind RTE_RELATION RTE_SUBQUERY RTE_JOIN RTE_FUNCTION RTE_TABLEFUNC RTE_VALUES RTE_CTE RTE_NAMEDTUPLESTORE RTE_RESULT
#JoinType JOIN_INNER JOIN_LEFT JOIN_FULL JOIN_RIGHT JOIN_SEMI JOIN_ANTI JOIN_RIGHT_ANTI JOIN_UNIQUE_OUTER JOIN_UNIQUE_INNER
#RowCompareType 1=ROWCOMPARE_LT ROWCOMPARE_LE ROWCOMPARE_EQ ROWCOMPARE_GE ROWCOMPARE_GT ROWCOMPARE_NE
#JsonConstructorType 1=JSCTOR_JSON_OBJECT JSCTOR_JSON_ARRAY JSCTOR_JSON_OBJECTAGG JSCTOR_JSON_ARRAYAGG
Expression= Var Const Param Aggref GroupingFunc WindowFunc SubscriptingRef FuncExpr NamedArgExpr OpExpr DistinctExpr NullIfExpr ScalarArrayOpExpr BoolExpr SubLink FieldSelect FieldStore RelabelType CoerceViaIO ArrayCoerceExpr ConvertRowtypeExpr CollateExpr CaseExpr CaseTestExpr ArrayExpr RowExpr RowCompareExpr CoalesceExpr MinMaxExpr SQLValueFunction XmlExpr JsonConstructorExpr NullTest BooleanTest CoerceToDomain CoerceToDomainValue SetToDefault CurrentOfExpr NextValueExpr JsonValueExpr JsonIsPredicate`,
  17: `-RangeTblEntry/RTE_GROUP
-ReturningExpr
-ReturningOption
-ReturningClause
-ATAlterConstraint
-#VarReturningType
-#CompareType
Query commandType:CmdType querySource:QuerySource canSetTag:boolean utilityStmt:UtilityStatement? resultRelation hasAggs:boolean hasWindowFuncs:boolean hasTargetSRFs:boolean hasSubLinks:boolean hasDistinctOn:boolean hasRecursive:boolean hasModifyingCTE:boolean hasForUpdate:boolean hasRowSecurity:boolean isReturn:boolean cteList:CommonTableExpr[] rtable:RangeTblEntry[] rteperminfos:RTEPermissionInfo[] jointree:FromExpr? mergeActionList:MergeAction[] mergeTargetRelation mergeJoinCondition:Expression? targetList:TargetEntry[] override:OverridingKind onConflict:OnConflictExpr? returningList:TargetEntry[] groupClause:SortGroupClause[] groupDistinct:boolean groupingSets:GroupingSet[] havingQual:Expression? windowClause:WindowClause[] distinctClause:SortGroupClause[] sortClause:SortGroupClause[] limitOffset:Expression? limitCount:Expression? limitOption:LimitOption rowMarks:RowMarkClause[] setOperations:SetOperationStmt? constraintDeps:Oid[] withCheckOptions:Other[] stmt_location stmt_len
SortGroupClause tleSortGroupRef eqop sortop nulls_first:boolean hashable:boolean
Var varno varattno vartype vartypmod varcollid varnullingrels:Bitmapset varlevelsup varnosyn varattnosyn location
ArrayExpr array_typeid array_collid element_typeid elements:Expression[] multidims:boolean location
RowCompareExpr rctype:RowCompareType opnos:Oid[] opfamilies:Oid[] inputcollids:Oid[] largs:Expression[] rargs:Expression[]
SinglePartitionSpec
#RTEKind RTE_RELATION RTE_SUBQUERY RTE_JOIN RTE_FUNCTION RTE_TABLEFUNC RTE_VALUES RTE_CTE RTE_NAMEDTUPLESTORE RTE_RESULT
#JoinType JOIN_INNER JOIN_LEFT JOIN_FULL JOIN_RIGHT JOIN_SEMI JOIN_ANTI JOIN_RIGHT_ANTI JOIN_UNIQUE_OUTER JOIN_UNIQUE_INNER
#RowCompareType 1=ROWCOMPARE_LT ROWCOMPARE_LE ROWCOMPARE_EQ ROWCOMPARE_GE ROWCOMPARE_GT ROWCOMPARE_NE
Expression= Var Const Param Aggref GroupingFunc WindowFunc MergeSupportFunc SubscriptingRef FuncExpr NamedArgExpr OpExpr DistinctExpr NullIfExpr ScalarArrayOpExpr BoolExpr SubLink FieldSelect FieldStore RelabelType CoerceViaIO ArrayCoerceExpr ConvertRowtypeExpr CollateExpr CaseExpr CaseTestExpr ArrayExpr RowExpr RowCompareExpr CoalesceExpr MinMaxExpr SQLValueFunction XmlExpr JsonConstructorExpr JsonExpr NullTest BooleanTest CoerceToDomain CoerceToDomainValue SetToDefault CurrentOfExpr NextValueExpr JsonValueExpr JsonIsPredicate`,
  18: `Query commandType:CmdType querySource:QuerySource canSetTag:boolean utilityStmt:UtilityStatement? resultRelation hasAggs:boolean hasWindowFuncs:boolean hasTargetSRFs:boolean hasSubLinks:boolean hasDistinctOn:boolean hasRecursive:boolean hasModifyingCTE:boolean hasForUpdate:boolean hasRowSecurity:boolean hasGroupRTE:boolean isReturn:boolean cteList:CommonTableExpr[] rtable:RangeTblEntry[] rteperminfos:RTEPermissionInfo[] jointree:FromExpr? mergeActionList:MergeAction[] mergeTargetRelation mergeJoinCondition:Expression? targetList:TargetEntry[] override:OverridingKind onConflict:OnConflictExpr? returningOldAlias:string? returningNewAlias:string? returningList:TargetEntry[] groupClause:SortGroupClause[] groupDistinct:boolean groupingSets:GroupingSet[] havingQual:Expression? windowClause:WindowClause[] distinctClause:SortGroupClause[] sortClause:SortGroupClause[] limitOffset:Expression? limitCount:Expression? limitOption:LimitOption rowMarks:RowMarkClause[] setOperations:SetOperationStmt? constraintDeps:Oid[] withCheckOptions:Other[] stmt_location stmt_len
CommonTableExpr ctename:string aliascolnames:string[] ctematerialized:CTEMaterialize ctequery:Query search_clause:CTESearchClause? cycle_clause:CTECycleClause? location cterecursive:boolean cterefcount ctecolnames:string[] ctecoltypes:Oid[] ctecoltypmods:number[] ctecolcollations:Oid[]
RangeTblEntry alias:Alias? eref:Alias rtekind:RTEKind
RangeTblEntry/RTE_RELATION relid inh:boolean relkind:char rellockmode perminfoindex tablesample:TableSampleClause? lateral:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_SUBQUERY subquery:Query security_barrier:boolean relid inh:boolean relkind:char rellockmode perminfoindex lateral:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_JOIN jointype:JoinType joinmergedcols joinaliasvars:Expression?[] joinleftcols:number[] joinrightcols:number[] join_using_alias:Alias? lateral:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_FUNCTION functions:RangeTblFunction[] funcordinality:boolean lateral:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_TABLEFUNC tablefunc:TableFunc lateral:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_VALUES values_lists:Expression[][] coltypes:Oid[] coltypmods:number[] colcollations:Oid[] lateral:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_CTE ctename:string ctelevelsup self_reference:boolean coltypes:Oid[] coltypmods:number[] colcollations:Oid[] lateral:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_NAMEDTUPLESTORE enrname:string? enrtuples coltypes:Oid[] coltypmods:number[] colcollations:Oid[] relid lateral:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_RESULT lateral:boolean inFromCl:boolean securityQuals:Expression[]
RangeTblEntry/RTE_GROUP groupexprs:Expression[] lateral:boolean inFromCl:boolean securityQuals:Expression[]
RTEPermissionInfo relid inh:boolean requiredPerms checkAsUser selectedCols:Bitmapset insertedCols:Bitmapset updatedCols:Bitmapset
FromExpr fromlist:FromItem[] quals:Expression?
MergeAction matchKind:MergeMatchKind commandType:CmdType override:OverridingKind qual:Expression? targetList:TargetEntry[] updateColnos:number[]
TargetEntry expr:Expression resno resname:string? ressortgroupref resorigtbl resorigcol resjunk:boolean
OnConflictExpr action:OnConflictAction arbiterElems:InferenceElem[] arbiterWhere:Expression? constraint onConflictSet:TargetEntry[] onConflictWhere:Expression? exclRelIndex exclRelTlist:TargetEntry[]
SortGroupClause tleSortGroupRef eqop sortop reverse_sort:boolean nulls_first:boolean hashable:boolean
GroupingSet kind>groupingSetKind:GroupingSetKind content:GroupingContent location
WindowClause name:string? refname:string? partitionClause:SortGroupClause[] orderClause:SortGroupClause[] frameOptions startOffset:Expression? endOffset:Expression? startInRangeFunc endInRangeFunc inRangeColl inRangeAsc:boolean inRangeNullsFirst:boolean winref copiedOrder:boolean
RowMarkClause rti strength:LockClauseStrength waitPolicy:LockWaitPolicy pushedDown:boolean
SetOperationStmt op:SetOperation all:boolean larg:SetOperand rarg:SetOperand colTypes:Oid[] colTypmods:number[] colCollations:Oid[] groupClauses:SortGroupClause[]
Var varno varattno vartype vartypmod varcollid varnullingrels:Bitmapset varlevelsup varreturningtype:VarReturningType varnosyn varattnosyn location
Const consttype consttypmod constcollid constlen constbyval:boolean constisnull:boolean location constvalue:Datum?
Param paramkind:ParamKind paramid paramtype paramtypmod paramcollid location
Aggref aggfnoid aggtype aggcollid inputcollid aggtranstype aggargtypes:Oid[] aggdirectargs:Expression[] args:TargetEntry[] aggorder:SortGroupClause[] aggdistinct:SortGroupClause[] aggfilter:Expression? aggstar:boolean aggvariadic:boolean aggkind:char aggpresorted:boolean agglevelsup aggsplit:AggSplit aggno aggtransno location
GroupingFunc args:Expression[] refs:number[] cols:number[] agglevelsup location
WindowFunc winfnoid wintype wincollid inputcollid args:Expression[] aggfilter:Expression? runCondition:Other[] winref winstar:boolean winagg:boolean location
MergeSupportFunc msftype msfcollid location
SubscriptingRef refcontainertype refelemtype refrestype reftypmod refcollid refupperindexpr:Expression?[] reflowerindexpr:Expression?[] refexpr:Expression refassgnexpr:Expression?
FuncExpr funcid funcresulttype funcretset:boolean funcvariadic:boolean funcformat:CoercionForm funccollid inputcollid args:Expression[] location
NamedArgExpr arg:Expression name:string? argnumber location
OpExpr opno opfuncid opresulttype opretset:boolean opcollid inputcollid args:Expression[] location
DistinctExpr opno opfuncid opresulttype opretset:boolean opcollid inputcollid args:Expression[] location
NullIfExpr opno opfuncid opresulttype opretset:boolean opcollid inputcollid args:Expression[] location
ScalarArrayOpExpr opno opfuncid hashfuncid negfuncid useOr:boolean inputcollid args:Expression[] location
BoolExpr boolop:BoolExprType args:Expression[] location
SubLink subLinkType:SubLinkType subLinkId testexpr:Expression? operName:string[] subselect:Query location
FieldSelect arg:Expression fieldnum resulttype resulttypmod resultcollid
FieldStore arg:Expression newvals:Expression[] fieldnums:number[] resulttype
RelabelType arg:Expression resulttype resulttypmod resultcollid relabelformat:CoercionForm location
CoerceViaIO arg:Expression resulttype resultcollid coerceformat:CoercionForm location
ArrayCoerceExpr arg:Expression elemexpr:Expression resulttype resulttypmod resultcollid coerceformat:CoercionForm location
ConvertRowtypeExpr arg:Expression resulttype convertformat:CoercionForm location
CollateExpr arg:Expression collOid location
CaseExpr casetype casecollid arg:Expression? args:CaseWhen[] defresult:Expression location
CaseTestExpr typeId typeMod collation
ArrayExpr array_typeid array_collid element_typeid elements:Expression[] multidims:boolean list_start list_end location
RowExpr args:Expression[] row_typeid row_format:CoercionForm colnames:string[] location
RowCompareExpr cmptype:CompareType opnos:Oid[] opfamilies:Oid[] inputcollids:Oid[] largs:Expression[] rargs:Expression[]
CoalesceExpr coalescetype coalescecollid args:Expression[] location
MinMaxExpr minmaxtype minmaxcollid inputcollid op:MinMaxOp args:Expression[] location
SQLValueFunction op:SQLValueFunctionOp type typmod location
XmlExpr op:XmlExprOp name:string? named_args:Expression[] arg_names:string[] args:Expression[] xmloption:XmlOptionType indent:boolean type typmod location
JsonConstructorExpr type:JsonConstructorType args:Expression[] func:Expression? coercion:Expression? returning:JsonReturning? absent_on_null:boolean unique:boolean location
JsonExpr op:JsonExprOp column_name:string? formatted_expr:Expression format:JsonFormat? path_spec:Expression returning:JsonReturning? passing_names:string[] passing_values:Expression[] on_empty:JsonBehavior? on_error:JsonBehavior? use_io_coercion:boolean use_json_coercion:boolean wrapper:JsonWrapper omit_quotes:boolean collation location
NullTest arg:Expression nulltesttype:NullTestType argisrow:boolean location
BooleanTest arg:Expression booltesttype:BoolTestType location
CoerceToDomain arg:Expression resulttype resulttypmod resultcollid coercionformat:CoercionForm location
CoerceToDomainValue typeId typeMod collation location
SetToDefault typeId typeMod collation location
CurrentOfExpr cvarno cursor_name:string? cursor_param
NextValueExpr seqid typeId
ReturningExpr retlevelsup retold:boolean retexpr:Expression
JsonValueExpr raw_expr:Expression formatted_expr:Expression format:JsonFormat?
JsonIsPredicate expr:Expression format:JsonFormat? item_type:JsonValueType unique_keys:boolean location
CreateTableAsStmt query:Query into:Other? objtype:ObjectType is_select_into:boolean if_not_exists:boolean
DeclareCursorStmt portalname:string? options query:Query
ExplainStmt query:Query options:Other[]
CallStmt funccall:Other? funcexpr:FuncExpr outargs:Expression[]
CTESearchClause search_col_list:string[] search_breadth_first:boolean search_seq_column:string? location
CTECycleClause cycle_col_list:string[] cycle_mark_column:string? cycle_mark_value:Expression cycle_mark_default:Expression cycle_path_column:string? location cycle_mark_type cycle_mark_typmod cycle_mark_collation cycle_mark_neop
Alias aliasname:string colnames:string[]
TableSampleClause tsmhandler args:Expression[] repeatable:Expression?
RangeTblFunction funcexpr:Expression funccolcount funccolnames:string[] funccoltypes:Oid[] funccoltypmods:number[] funccolcollations:Oid[] funcparams:Bitmapset
TableFunc functype:TableFuncType ns_uris:Expression[] ns_names:string?[] docexpr:Expression rowexpr:Expression? colnames:string[] coltypes:Oid[] coltypmods:number[] colcollations:Oid[] colexprs:Expression?[] coldefexprs:Expression?[] colvalexprs:Expression?[] passingvalexprs:Expression[] notnulls:Bitmapset plan:JsonTablePlan? ordinalitycol location
InferenceElem expr:Expression? infercollid inferopclass
CaseWhen expr:Expression result:Expression location
JsonReturning format:JsonFormat? typid typmod
JsonFormat format_type:JsonFormatType encoding:JsonEncoding location
JsonBehavior btype:JsonBehaviorType expr:Expression? coerce:boolean location
RangeTblRef rtindex
JoinExpr jointype:JoinType isNatural:boolean larg:FromItem rarg:FromItem usingClause:string[] join_using_alias:Alias? quals:Expression? alias:Alias? rtindex
JsonTablePathScan path:JsonTablePath errorOnError:boolean child:JsonTablePlan? colMin colMax
JsonTableSiblingJoin lplan:JsonTablePlan rplan:JsonTablePlan
JsonTablePath value:Const name:string?
RangeVar
IntoClause
WindowFuncRunCondition
SubPlan
AlternativeSubPlan
TypeName
ColumnRef
ParamRef
A_Expr
A_Const
TypeCast
CollateClause
RoleSpec
FuncCall
A_Star
A_Indices
A_Indirection
A_ArrayExpr
ResTarget
MultiAssignRef
SortBy
WindowDef
RangeSubselect
RangeFunction
RangeTableFunc
RangeTableFuncCol
RangeTableSample
ColumnDef
TableLikeClause
IndexElem
DefElem
LockingClause
XmlSerialize
PartitionElem
PartitionSpec
PartitionRangeDatum
PartitionCmd
WithCheckOption
WithClause
InferClause
OnConflictClause
MergeWhenClause
ReturningOption
ReturningClause
TriggerTransition
JsonOutput
JsonArgument
JsonFuncExpr
JsonTablePathSpec
JsonTable
JsonTableColumn
JsonKeyValue
JsonParseExpr
JsonScalarExpr
JsonSerializeExpr
JsonObjectConstructor
JsonArrayConstructor
JsonArrayQueryConstructor
JsonAggConstructor
JsonObjectAgg
JsonArrayAgg
RawStmt
InsertStmt
DeleteStmt
UpdateStmt
MergeStmt
SelectStmt
ReturnStmt
PLAssignStmt
CreateSchemaStmt
AlterTableStmt
AlterTableCmd
ATAlterConstraint
ReplicaIdentityStmt
AlterCollationStmt
AlterDomainStmt
GrantStmt
ObjectWithArgs
AccessPriv
GrantRoleStmt
AlterDefaultPrivilegesStmt
CopyStmt
VariableSetStmt
VariableShowStmt
CreateStmt
Constraint
CreateTableSpaceStmt
DropTableSpaceStmt
AlterTableSpaceOptionsStmt
AlterTableMoveAllStmt
CreateExtensionStmt
AlterExtensionStmt
AlterExtensionContentsStmt
CreateFdwStmt
AlterFdwStmt
CreateForeignServerStmt
AlterForeignServerStmt
CreateForeignTableStmt
CreateUserMappingStmt
AlterUserMappingStmt
DropUserMappingStmt
ImportForeignSchemaStmt
CreatePolicyStmt
AlterPolicyStmt
CreateAmStmt
CreateTrigStmt
CreateEventTrigStmt
AlterEventTrigStmt
CreatePLangStmt
CreateRoleStmt
AlterRoleStmt
AlterRoleSetStmt
DropRoleStmt
CreateSeqStmt
AlterSeqStmt
DefineStmt
CreateDomainStmt
CreateOpClassStmt
CreateOpClassItem
CreateOpFamilyStmt
AlterOpFamilyStmt
DropStmt
TruncateStmt
CommentStmt
SecLabelStmt
ClosePortalStmt
FetchStmt
IndexStmt
CreateStatsStmt
StatsElem
AlterStatsStmt
CreateFunctionStmt
FunctionParameter
AlterFunctionStmt
DoStmt
InlineCodeBlock
CallContext
RenameStmt
AlterObjectDependsStmt
AlterObjectSchemaStmt
AlterOwnerStmt
AlterOperatorStmt
AlterTypeStmt
RuleStmt
NotifyStmt
ListenStmt
UnlistenStmt
TransactionStmt
CompositeTypeStmt
CreateEnumStmt
CreateRangeStmt
AlterEnumStmt
ViewStmt
LoadStmt
CreatedbStmt
AlterDatabaseStmt
AlterDatabaseRefreshCollStmt
AlterDatabaseSetStmt
DropdbStmt
AlterSystemStmt
ClusterStmt
VacuumStmt
VacuumRelation
RefreshMatViewStmt
CheckPointStmt
DiscardStmt
LockStmt
ConstraintsSetStmt
ReindexStmt
CreateConversionStmt
CreateCastStmt
CreateTransformStmt
PrepareStmt
ExecuteStmt
DeallocateStmt
DropOwnedStmt
ReassignOwnedStmt
AlterTSDictionaryStmt
AlterTSConfigurationStmt
PublicationTable
PublicationObjSpec
CreatePublicationStmt
AlterPublicationStmt
CreateSubscriptionStmt
AlterSubscriptionStmt
DropSubscriptionStmt
Integer
Float
Boolean
String
BitString
#CmdType CMD_UNKNOWN CMD_SELECT CMD_UPDATE CMD_INSERT CMD_DELETE CMD_MERGE CMD_UTILITY CMD_NOTHING
#QuerySource QSRC_ORIGINAL QSRC_PARSER QSRC_INSTEAD_RULE QSRC_QUAL_INSTEAD_RULE QSRC_NON_INSTEAD_RULE
#OverridingKind OVERRIDING_NOT_SET OVERRIDING_USER_VALUE OVERRIDING_SYSTEM_VALUE
#LimitOption LIMIT_OPTION_COUNT LIMIT_OPTION_WITH_TIES LIMIT_OPTION_DEFAULT
#CTEMaterialize CTEMaterializeDefault CTEMaterializeAlways CTEMaterializeNever
#RTEKind RTE_RELATION RTE_SUBQUERY RTE_JOIN RTE_FUNCTION RTE_TABLEFUNC RTE_VALUES RTE_CTE RTE_NAMEDTUPLESTORE RTE_RESULT RTE_GROUP
#JoinType JOIN_INNER JOIN_LEFT JOIN_FULL JOIN_RIGHT JOIN_SEMI JOIN_ANTI JOIN_RIGHT_SEMI JOIN_RIGHT_ANTI JOIN_UNIQUE_OUTER JOIN_UNIQUE_INNER
#MergeMatchKind MERGE_WHEN_MATCHED MERGE_WHEN_NOT_MATCHED_BY_SOURCE MERGE_WHEN_NOT_MATCHED_BY_TARGET
#OnConflictAction ONCONFLICT_NONE ONCONFLICT_NOTHING ONCONFLICT_UPDATE
#GroupingSetKind GROUPING_SET_EMPTY GROUPING_SET_SIMPLE GROUPING_SET_ROLLUP GROUPING_SET_CUBE GROUPING_SET_SETS
#LockClauseStrength LCS_NONE LCS_FORKEYSHARE LCS_FORSHARE LCS_FORNOKEYUPDATE LCS_FORUPDATE
#LockWaitPolicy LockWaitBlock LockWaitSkip LockWaitError
#SetOperation SETOP_NONE SETOP_UNION SETOP_INTERSECT SETOP_EXCEPT
#VarReturningType VAR_RETURNING_DEFAULT VAR_RETURNING_OLD VAR_RETURNING_NEW
#ParamKind PARAM_EXTERN PARAM_EXEC PARAM_SUBLINK PARAM_MULTIEXPR
#AggSplit AGGSPLIT_SIMPLE 6=AGGSPLIT_INITIAL_SERIAL 9=AGGSPLIT_FINAL_DESERIAL
#CoercionForm COERCE_EXPLICIT_CALL COERCE_EXPLICIT_CAST COERCE_IMPLICIT_CAST COERCE_SQL_SYNTAX
#BoolExprType and=AND_EXPR or=OR_EXPR not=NOT_EXPR
#SubLinkType EXISTS_SUBLINK ALL_SUBLINK ANY_SUBLINK ROWCOMPARE_SUBLINK EXPR_SUBLINK MULTIEXPR_SUBLINK ARRAY_SUBLINK CTE_SUBLINK
#CompareType COMPARE_INVALID COMPARE_LT COMPARE_LE COMPARE_EQ COMPARE_GE COMPARE_GT COMPARE_NE COMPARE_OVERLAP COMPARE_CONTAINED_BY
#MinMaxOp IS_GREATEST IS_LEAST
#SQLValueFunctionOp SVFOP_CURRENT_DATE SVFOP_CURRENT_TIME SVFOP_CURRENT_TIME_N SVFOP_CURRENT_TIMESTAMP SVFOP_CURRENT_TIMESTAMP_N SVFOP_LOCALTIME SVFOP_LOCALTIME_N SVFOP_LOCALTIMESTAMP SVFOP_LOCALTIMESTAMP_N SVFOP_CURRENT_ROLE SVFOP_CURRENT_USER SVFOP_USER SVFOP_SESSION_USER SVFOP_CURRENT_CATALOG SVFOP_CURRENT_SCHEMA
#XmlExprOp IS_XMLCONCAT IS_XMLELEMENT IS_XMLFOREST IS_XMLPARSE IS_XMLPI IS_XMLROOT IS_XMLSERIALIZE IS_DOCUMENT
#XmlOptionType XMLOPTION_DOCUMENT XMLOPTION_CONTENT
#JsonConstructorType 1=JSCTOR_JSON_OBJECT JSCTOR_JSON_ARRAY JSCTOR_JSON_OBJECTAGG JSCTOR_JSON_ARRAYAGG JSCTOR_JSON_PARSE JSCTOR_JSON_SCALAR JSCTOR_JSON_SERIALIZE
#JsonExprOp JSON_EXISTS_OP JSON_QUERY_OP JSON_VALUE_OP JSON_TABLE_OP
#JsonWrapper JSW_UNSPEC JSW_NONE JSW_CONDITIONAL JSW_UNCONDITIONAL
#NullTestType IS_NULL IS_NOT_NULL
#BoolTestType IS_TRUE IS_NOT_TRUE IS_FALSE IS_NOT_FALSE IS_UNKNOWN IS_NOT_UNKNOWN
#JsonValueType JS_TYPE_ANY JS_TYPE_OBJECT JS_TYPE_ARRAY JS_TYPE_SCALAR
#ObjectType OBJECT_ACCESS_METHOD OBJECT_AGGREGATE OBJECT_AMOP OBJECT_AMPROC OBJECT_ATTRIBUTE OBJECT_CAST OBJECT_COLUMN OBJECT_COLLATION OBJECT_CONVERSION OBJECT_DATABASE OBJECT_DEFAULT OBJECT_DEFACL OBJECT_DOMAIN OBJECT_DOMCONSTRAINT OBJECT_EVENT_TRIGGER OBJECT_EXTENSION OBJECT_FDW OBJECT_FOREIGN_SERVER OBJECT_FOREIGN_TABLE OBJECT_FUNCTION OBJECT_INDEX OBJECT_LANGUAGE OBJECT_LARGEOBJECT OBJECT_MATVIEW OBJECT_OPCLASS OBJECT_OPERATOR OBJECT_OPFAMILY OBJECT_PARAMETER_ACL OBJECT_POLICY OBJECT_PROCEDURE OBJECT_PUBLICATION OBJECT_PUBLICATION_NAMESPACE OBJECT_PUBLICATION_REL OBJECT_ROLE OBJECT_ROUTINE OBJECT_RULE OBJECT_SCHEMA OBJECT_SEQUENCE OBJECT_SUBSCRIPTION OBJECT_STATISTIC_EXT OBJECT_TABCONSTRAINT OBJECT_TABLE OBJECT_TABLESPACE OBJECT_TRANSFORM OBJECT_TRIGGER OBJECT_TSCONFIGURATION OBJECT_TSDICTIONARY OBJECT_TSPARSER OBJECT_TSTEMPLATE OBJECT_TYPE OBJECT_USER_MAPPING OBJECT_VIEW
#TableFuncType TFT_XMLTABLE TFT_JSON_TABLE
#JsonFormatType JS_FORMAT_DEFAULT JS_FORMAT_JSON JS_FORMAT_JSONB
#JsonEncoding JS_ENC_DEFAULT JS_ENC_UTF8 JS_ENC_UTF16 JS_ENC_UTF32
#JsonBehaviorType JSON_BEHAVIOR_NULL JSON_BEHAVIOR_ERROR JSON_BEHAVIOR_EMPTY JSON_BEHAVIOR_TRUE JSON_BEHAVIOR_FALSE JSON_BEHAVIOR_UNKNOWN JSON_BEHAVIOR_EMPTY_ARRAY JSON_BEHAVIOR_EMPTY_OBJECT JSON_BEHAVIOR_DEFAULT
FromItem= RangeTblRef JoinExpr
SetOperand= RangeTblRef SetOperationStmt
JsonTablePlan= JsonTablePathScan JsonTableSiblingJoin
UtilityStatement= CreateTableAsStmt DeclareCursorStmt ExplainStmt CallStmt Other
Expression= Var Const Param Aggref GroupingFunc WindowFunc MergeSupportFunc SubscriptingRef FuncExpr NamedArgExpr OpExpr DistinctExpr NullIfExpr ScalarArrayOpExpr BoolExpr SubLink FieldSelect FieldStore RelabelType CoerceViaIO ArrayCoerceExpr ConvertRowtypeExpr CollateExpr CaseExpr CaseTestExpr ArrayExpr RowExpr RowCompareExpr CoalesceExpr MinMaxExpr SQLValueFunction XmlExpr JsonConstructorExpr JsonExpr NullTest BooleanTest CoerceToDomain CoerceToDomainValue SetToDefault CurrentOfExpr NextValueExpr ReturningExpr JsonValueExpr JsonIsPredicate`,
};
