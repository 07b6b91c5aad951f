import type { Oid } from "../model/catalog.ts";
import type {
  AnyNode,
  DistinctExpr,
  Expression,
  FuncExpr,
  NullIfExpr,
  OpExpr,
  Param,
  Query,
  RangeTblEntry,
  RowCompareExpr,
  ScalarArrayOpExpr,
  TargetEntry,
} from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { BPCHAR, JSON_TYPES, TEXT, VARCHAR } from "./constants.ts";
import { definitionsOf, functionColumnsOf } from "./definitions.ts";
import { typeOf } from "./expression-type.ts";
import { isComparison, isEquality, withoutCasts, withoutRelabel } from "./operators.ts";
import { RecordUses, recordCall } from "./param-records.ts";
import { CONDITION, counting, type Meeting, type ParamUse, passedTo, SHOWN, summary } from "./param-use.ts";
import { columnNames, openScope, outputName, rteOf, type Scope, scopeOf } from "./scope.ts";
import type { Origin } from "./value.ts";

/** Walks the tree once and collects how every parameter is used. */
export class ParamUses {
  readonly #analysis: TreeAnalysis;
  readonly #meetings = new Map<number, Meeting[]>();
  readonly #ofElements = new Map<number, Meeting[]>();
  /** Whether a column may be an element of a parameter: `unnest($1)` in FROM. */
  readonly #hasArrays: boolean;
  /** The same of JSON that is read as rows; null where no parameter is JSON. */
  readonly #records: RecordUses | null;

  private constructor(analysis: TreeAnalysis, hasArrays: boolean, hasJson: boolean) {
    this.#analysis = analysis;
    this.#hasArrays = hasArrays;
    this.#records = hasJson ? new RecordUses() : null;
  }

  /**
   * By the n of `$n`.
   * @param types of the parameters, by number from 1
   */
  static of(query: Query, analysis: TreeAnalysis, types: readonly Oid[]): ReadonlyMap<number, ParamUse> {
    const hasArrays = types.some((type) => analysis.catalog.type(type)?.kind === "array");
    const hasJson = types.some((type) => JSON_TYPES.has(type));
    const uses = new ParamUses(analysis, hasArrays, hasJson);
    uses.#query(query, null);
    const offsetOf = (location: number) => analysis.offsetOf(location);
    return new Map(
      [...uses.#meetings].map(([number, meetings]) => {
        const record = uses.#records?.of(number, meetings.length, offsetOf) ?? null;
        return [
          number,
          {
            ...summary(meetings, uses.#ofElements.get(number) ?? [], offsetOf),
            ...(record !== null && { record }),
          },
        ];
      }),
    );
  }

  #query(query: Query, parent: Scope | null): void {
    const scope = openScope(query, parent);
    for (const cte of query.cteList) this.#query(cte.ctequery, scope);
    const stores = query.commandType === "CMD_INSERT" || query.commandType === "CMD_UPDATE";
    for (const entry of query.targetList) {
      if (stores) this.#stored(entry, scope);
      else this.#expression(entry.expr, scope, { ...SHOWN, name: outputName(entry) });
    }
    const { onConflict } = query;
    if (onConflict) {
      for (const entry of onConflict.onConflictSet) this.#stored(entry, scope);
      this.#children(onConflict.onConflictWhere, scope);
      this.#children(onConflict.arbiterWhere, scope);
    }
    for (const action of query.mergeActionList) {
      for (const entry of action.targetList) this.#stored(entry, scope);
      this.#children(action.qual, scope);
    }
    this.#children(query.mergeJoinCondition, scope);
    for (const rte of scope.rtable) this.#rangeTableEntry(rte, scope);
    this.#children(query.jointree, scope);
    this.#children(query.havingQual, scope);
    for (const entry of query.returningList)
      this.#expression(entry.expr, scope, { ...SHOWN, name: outputName(entry) });
    if (query.limitCount) this.#expression(query.limitCount, scope, counting("limit"));
    if (query.limitOffset) this.#expression(query.limitOffset, scope, counting("offset"));
    this.#children(query.windowClause, scope);
  }

  #rangeTableEntry(rte: RangeTblEntry, scope: Scope): void {
    switch (rte.rtekind) {
      case "RTE_SUBQUERY":
        this.#query(rte.subquery, scope);
        return;
      case "RTE_VALUES":
        for (const row of rte.values_lists) {
          row.forEach((cell, i) => {
            this.#expression(cell, scope, { ...SHOWN, name: columnNames(rte)[i] ?? null });
          });
        }
        return;
      case "RTE_FUNCTION":
        for (const called of rte.functions) {
          const call = this.#records && recordCall(called, this.#analysis.catalog);
          if (call) this.#records.call(call);
        }
        this.#children(rte.functions, scope);
        return;
      case "RTE_TABLEFUNC":
        this.#children(rte.tablefunc, scope);
        return;
      case "RTE_RELATION":
        this.#children(rte.tablesample, scope);
    }
  }

  /** Gives what is stored in a column of the command's own table. */
  #stored(entry: TargetEntry, scope: Scope): void {
    const target = this.#target(scope, scope.query.resultRelation, entry.resno);
    this.#expression(entry.expr, scope, target ?? { ...SHOWN, name: outputName(entry) });
    const source = withoutCasts(entry.expr);
    if (source.kind !== "Var" || target === null) return;
    for (const { expr: origin, scope: at, name } of definitionsOf(source, scope)) {
      this.#expression(origin, at, { ...target, name: this.#isOwn(name, origin) ? name : target.name });
    }
  }

  /** Tells whether an output's name is its author's; what is merely cast is called after the type. */
  #isOwn(name: string | null, expr: Expression): boolean {
    const type = this.#analysis.catalog.type(typeOf(expr))?.name.replace(/^_/, "");
    return name !== null && name !== type && name !== "coalesce" && name !== "case" && name !== "unnest";
  }

  #target(scope: Scope, resultRelation: number, attno: number): Meeting | null {
    const rte = rteOf(scope, resultRelation);
    const relation = rte?.rtekind === "RTE_RELATION" ? this.#analysis.catalog.relation(rte.relid) : undefined;
    const column = relation?.columns.get(attno);
    if (!relation || !column) return null;
    return {
      name: column.name,
      how: "stored",
      nullable: this.#analysis.facts.column(relation.oid, attno).nullable,
      about: `${relation.name}.${column.name}`,
      isNamedByColumn: true,
      column: { relation, column },
      isEqual: true,
    };
  }

  #children(value: unknown, scope: Scope): void {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) for (const item of value) this.#children(item, scope);
    else this.#node(value as AnyNode, scope, SHOWN);
  }

  #expression(expr: Expression, scope: Scope, meets: Meeting): void {
    this.#node(expr, scope, meets);
  }

  #node(node: AnyNode, scope: Scope, meets: Meeting): void {
    switch (node.kind) {
      case "Param":
        if (node.paramkind === "PARAM_EXTERN") this.#record(node, meets);
        return;
      case "Var":
        if (this.#hasArrays) this.#element(node, scope, meets);
        if (this.#records) this.#field(this.#records, node, scope, meets);
        return;
      case "RelabelType":
      case "CoerceViaIO":
      case "ArrayCoerceExpr":
      case "CollateExpr":
      case "CoerceToDomain":
      case "NamedArgExpr":
        this.#expression(node.arg, scope, meets);
        return;
      case "OpExpr":
      case "DistinctExpr":
      case "NullIfExpr":
      case "ScalarArrayOpExpr":
        node.args.forEach((arg, i) => {
          const other = node.args.length === 2 ? node.args[1 - i]! : null;
          const meeting = this.#compared(node, other, scope);
          this.#expression(arg, scope, meeting);
          // Each element of `= any ($1)` is compared; a NULL among them never decides.
          if (node.kind === "ScalarArrayOpExpr" && i === 1)
            this.#elements(arg, { ...meeting, how: "compared", nullable: false });
        });
        return;
      case "BoolExpr":
        for (const arg of node.args) this.#expression(arg, scope, CONDITION);
        return;
      case "ArrayExpr":
        for (const element of node.elements) this.#expression(element, scope, meets);
        return;
      case "FuncExpr":
        this.#function(node, scope, meets);
        return;
      case "CoalesceExpr":
        for (const arg of node.args)
          this.#expression(arg, scope, { ...meets, how: "tested", nullable: true });
        return;
      case "NullTest":
        this.#expression(node.arg, scope, { ...SHOWN, how: "tested", isRow: node.argisrow });
        return;
      case "CaseExpr":
        if (node.arg) this.#expression(node.arg, scope, SHOWN);
        for (const when of node.args) {
          this.#expression(when.expr, scope, node.arg ? SHOWN : CONDITION);
          this.#expression(when.result, scope, meets);
        }
        this.#expression(node.defresult, scope, meets);
        return;
      case "RowCompareExpr":
        this.#rows(node, scope);
        return;
      case "SubLink":
        if (node.testexpr) this.#expression(node.testexpr, scope, SHOWN);
        this.#query(node.subselect, scope);
        return;
      case "Query":
        this.#query(node, scope);
        return;
      case "Const":
        return;
      default:
        for (const field of Object.values(node)) this.#children(field, scope);
    }
  }

  #rows(node: RowCompareExpr, scope: Scope): void {
    for (const [own, others] of [
      [node.largs, node.rargs],
      [node.rargs, node.largs],
    ] as const) {
      for (const [i, arg] of own.entries())
        this.#expression(arg, scope, this.#beside(others[i] ?? null, scope, true, false));
    }
  }

  #function(node: FuncExpr, scope: Scope, meets: Meeting): void {
    const fn = this.#analysis.catalog.function(node.funcid);
    const [first, ...rest] = node.args;
    // A cast is written as a function call too; the value still goes where the call's result goes, changed perhaps.
    if (node.funcformat !== "COERCE_EXPLICIT_CALL" && node.funcformat !== "COERCE_SQL_SYNTAX" && first) {
      this.#expression(
        first,
        scope,
        node.funcformat === "COERCE_EXPLICIT_CAST" ? { ...meets, column: null, isEqual: false } : meets,
      );
      for (const arg of rest) this.#expression(arg, scope, SHOWN);
      return;
    }
    node.args.forEach((arg, i) => {
      // `f(b => $1)` says itself which argument it is.
      const argument = arg.kind === "NamedArgExpr" ? arg.name : fn?.argNames[i];
      this.#expression(arg, scope, passedTo(argument || fn?.name || null, fn?.name ?? null));
    });
  }

  #compared(
    node: OpExpr | DistinctExpr | NullIfExpr | ScalarArrayOpExpr,
    other: Expression | null,
    scope: Scope,
  ): Meeting {
    const { catalog } = this.#analysis;
    if (node.kind === "NullIfExpr")
      return { ...this.#beside(other, scope, true, true), how: "tested", nullable: true };
    const meeting = this.#beside(
      other,
      scope,
      isComparison(node, catalog),
      isEquality(node, catalog) || catalog.comparison(node.opno) === "<>",
    );
    return node.kind === "DistinctExpr" ? { ...meeting, how: "tested", nullable: true } : meeting;
  }

  /**
   * Gives what the operand of an operator stands beside: the column gives it a name, and, where the operator compares values of the
   * column as they are stored, it is one of them.
   */
  #beside(other: Expression | null, scope: Scope, compares: boolean, isEqual: boolean): Meeting {
    const column = other && this.#columnOf(other, scope);
    if (!column) return passedTo(null);
    const stored = withoutRelabel(other).kind === "Var" && compares ? column.origin : null;
    return {
      name: column.name,
      how: column.origin ? "compared" : "passed",
      nullable: column.origin ? column.nullable : false,
      about: column.origin ? `${column.origin.relation.name}.${column.origin.column.name}` : column.name,
      isNamedByColumn: column.origin !== null,
      column: stored,
      isEqual: stored !== null && isEqual,
    };
  }

  /** The column that an operand is, or that a one-column function of it is made from (`lower(email)`). */
  #columnOf(
    expr: Expression,
    scope: Scope,
  ): { readonly name: string; readonly nullable: boolean; readonly origin: Origin | null } | null {
    const bare = withoutCasts(expr);
    if (bare.kind === "FuncExpr" || bare.kind === "CoalesceExpr") {
      const columns = bare.args.map((arg) => this.#columnOf(arg, scope)).filter((column) => column !== null);
      return columns.length === 1 ? { ...columns[0]!, origin: null } : null;
    }
    if (bare.kind !== "Var") return null;
    const owner = scopeOf(scope, bare.varlevelsup);
    const rte = owner ? rteOf(owner, bare.varno) : undefined;
    if (!owner || !rte) return null;
    const name = columnNames(rte)[bare.varattno - 1];
    if (!name) return null;
    const { origin } = this.#analysis.column(owner, bare.varno, bare.varattno);
    const nullable =
      origin !== null && this.#analysis.facts.column(origin.relation.oid, origin.column.number).nullable;
    return { name, nullable, origin };
  }

  /** A column that is an element of a parameter's array. */
  #element(node: Extract<AnyNode, { readonly kind: "Var" }>, scope: Scope, meets: Meeting): void {
    for (const { expr } of definitionsOf(node, scope)) {
      const call = withoutCasts(expr);
      if (call.kind !== "FuncExpr" || this.#analysis.catalog.function(call.funcid)?.name !== "unnest")
        continue;
      for (const arg of call.args) this.#elements(arg, meets);
    }
  }

  /** A column that is what a parameter's rows have of one name. */
  #field(
    records: RecordUses,
    node: Extract<AnyNode, { readonly kind: "Var" }>,
    scope: Scope,
    meets: Meeting,
  ): void {
    for (const { called, column } of functionColumnsOf(node, scope)) {
      const call = recordCall(called, this.#analysis.catalog);
      if (call) records.meets(call, column, this.#ofType(meets, node.vartype));
    }
  }

  /** A meeting with a column of which values of the type are values; else with its name only. */
  #ofType(meeting: Meeting, type: Oid): Meeting {
    const isValue = meeting.column !== null && this.#hasTypeOf(type, meeting.column);
    return isValue ? meeting : { ...meeting, column: null, isEqual: false };
  }

  #elements(array: Expression, meets: Meeting): void {
    const bare = withoutCasts(array);
    if (bare.kind === "Param" && bare.paramkind === "PARAM_EXTERN")
      add(this.#ofElements, bare.paramid, meets);
  }

  #record(node: Param, meeting: Meeting): void {
    const { location } = node;
    add(this.#meetings, node.paramid, { ...this.#ofType(meeting, node.paramtype), location });
  }

  /** Tells whether a parameter's values, or its elements, are of the column's type: texts of any kind are the same to a column of text. */
  #hasTypeOf(param: Oid, { column }: Origin): boolean {
    const base = (oid: Oid): Oid => {
      const type = this.#analysis.catalog.type(oid);
      return type?.kind === "domain" ? base(type.base) : TEXTS.has(oid) ? TEXT : oid;
    };
    const own = this.#analysis.catalog.type(param);
    const wanted = base(column.type);
    return base(param) === wanted || (own?.kind === "array" && base(own.element) === wanted);
  }
}

const TEXTS: ReadonlySet<Oid> = new Set([TEXT, VARCHAR, BPCHAR]);

function add(map: Map<number, Meeting[]>, number: number, meeting: Meeting): void {
  const list = map.get(number);
  if (list) list.push(meeting);
  else map.set(number, [meeting]);
}
