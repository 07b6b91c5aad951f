import type { RawColumn, RawRelation } from "../postgres/catalog-reader.ts";
import {
  asList,
  asNode,
  asNodes,
  asNumber,
  type Node,
  type Value,
  withoutCoercion,
} from "../postgres/node-tree.ts";
import { typeOf } from "./expression-type.ts";
import type { Nullability } from "./nullability.ts";
import { definitionsOf, originOf, outputName } from "./origin.ts";
import { CONDITION, type Meeting, type ParamUse, SHOWN, summary } from "./param-use.ts";
import { COMMAND, columnNames, openScope, RTE, rteOf, type Scope, scopeOf } from "./scope.ts";

/** Walks the tree once and collects how every parameter is used. */
export class ParamUses {
  readonly #nullability: Nullability;
  readonly #meetings = new Map<number, Meeting[]>();

  constructor(nullability: Nullability) {
    this.#nullability = nullability;
  }

  static of(query: Node, nullability: Nullability): ReadonlyMap<number, ParamUse> {
    const uses = new ParamUses(nullability);
    uses.#query(query, null);
    return new Map([...uses.#meetings].map(([number, meetings]) => [number, summary(meetings)]));
  }

  #query(query: Node, parent: Scope | null): void {
    const scope = openScope(query, parent);
    const command = asNumber(query.commandType);
    for (const cte of asNodes(query.cteList)) this.#query(asNode(cte.ctequery)!, scope);
    for (const entry of asNodes(query.targetList)) {
      if (command === COMMAND.insert || command === COMMAND.update) this.#stored(entry, scope);
      else this.#expression(asNode(entry.expr)!, scope, { ...SHOWN, name: outputName(entry) });
    }
    const conflict = asNode(query.onConflict);
    if (conflict) {
      for (const entry of asNodes(conflict.onConflictSet)) this.#stored(entry, scope);
      this.#children(conflict.onConflictWhere, scope);
      this.#children(conflict.arbiterWhere, scope);
    }
    for (const action of asNodes(query.mergeActionList)) {
      for (const entry of asNodes(action.targetList)) this.#stored(entry, scope);
      this.#children(action.qual, scope);
    }
    this.#children(query.mergeJoinCondition, scope);
    for (const rte of scope.rtable) this.#rangeTableEntry(rte, scope);
    this.#children(query.jointree, scope);
    this.#children(query.havingQual, scope);
    for (const entry of asNodes(query.returningList)) {
      this.#expression(asNode(entry.expr)!, scope, { ...SHOWN, name: outputName(entry) });
    }
    for (const [field, name] of [
      ["limitCount", "limit"],
      ["limitOffset", "offset"],
    ] as const) {
      const node = asNode(query[field]);
      if (node)
        this.#expression(node, scope, {
          name,
          how: "counting",
          nullable: false,
          relation: null,
          column: null,
        });
    }
    this.#children(query.windowClause, scope);
  }

  #rangeTableEntry(rte: Node, scope: Scope): void {
    const kind = asNumber(rte.rtekind);
    if (kind === RTE.subquery && asNode(rte.subquery)) this.#query(asNode(rte.subquery)!, scope);
    else if (kind === RTE.values) {
      for (const row of asList(rte.values_lists)) {
        asNodes(row).forEach((cell, i) => {
          this.#expression(cell, scope, { ...SHOWN, name: columnNames(rte)[i] ?? null });
        });
      }
    } else if (kind === RTE.function) this.#children(rte.functions, scope);
    else if (kind === RTE.tableFunction) this.#children(rte.tablefunc, scope);
    this.#children(rte.tablesample, scope);
  }

  /** What is stored in a column of the command's own table. */
  #stored(entry: Node, scope: Scope): void {
    const expr = asNode(entry.expr)!;
    const target = this.#target(scope, asNumber(scope.query.resultRelation), asNumber(entry.resno));
    this.#expression(expr, scope, target ?? { ...SHOWN, name: outputName(entry) });
    const source = withoutCoercion(expr);
    if (source.node !== "VAR" || target === null) return;
    for (const { expr: origin, scope: at, name } of definitionsOf(source, scope)) {
      this.#expression(origin, at, { ...target, name: this.#isOwn(name, origin) ? name : target.name });
    }
  }

  /** Whether an output's name is its author's; what is merely cast is called after the type. */
  #isOwn(name: string | null, expr: Node): boolean {
    const type = this.#nullability.catalog.type(typeOf(expr))?.name.replace(/^_/, "");
    return name !== null && name !== type && name !== "coalesce" && name !== "case";
  }

  #target(scope: Scope, resultRelation: number, attno: number): Meeting | null {
    const relation = this.#nullability.catalog.relation(asNumber(rteOf(scope, resultRelation)?.relid));
    const column = relation?.columns.get(attno);
    if (!relation || !column) return null;
    return {
      name: column.name,
      how: "stored",
      nullable: this.#nullability.relationColumn(relation.oid, attno),
      relation,
      column,
    };
  }

  #children(value: Value | undefined, scope: Scope): void {
    if (Array.isArray(value)) for (const item of value as Value[]) this.#children(item, scope);
    else {
      const node = asNode(value);
      if (node) this.#expression(node, scope, SHOWN);
    }
  }

  #expression(expr: Node, scope: Scope, meets: Meeting): void {
    switch (expr.node) {
      case "PARAM":
        if (asNumber(expr.paramkind) === 0) this.#record(asNumber(expr.paramid), meets);
        return;
      case "RELABELTYPE":
      case "COERCEVIAIO":
      case "ARRAYCOERCEEXPR":
      case "COLLATEEXPR":
      case "COERCETODOMAIN":
      case "NAMEDARGEXPR":
        this.#expression(asNode(expr.arg)!, scope, meets);
        return;
      case "OPEXPR":
      case "DISTINCTEXPR":
      case "NULLIFEXPR":
      case "SCALARARRAYOPEXPR": {
        const args = asNodes(expr.args);
        args.forEach((arg, i) => {
          const other = args.length === 2 ? this.#columnOf(args[1 - i]!, scope) : null;
          this.#expression(arg, scope, this.#compared(expr, other));
        });
        return;
      }
      case "BOOLEXPR":
        for (const arg of asNodes(expr.args)) this.#expression(arg, scope, CONDITION);
        return;
      case "ARRAYEXPR":
        for (const element of asNodes(expr.elements)) this.#expression(element, scope, meets);
        return;
      case "FUNCEXPR":
        this.#function(expr, scope, meets);
        return;
      case "COALESCEEXPR":
      case "NULLTEST":
        for (const arg of expr.node === "NULLTEST" ? [asNode(expr.arg)!] : asNodes(expr.args)) {
          this.#expression(arg, scope, {
            ...(expr.node === "NULLTEST" ? SHOWN : meets),
            how: "tested",
            nullable: true,
          });
        }
        return;
      case "CASEEXPR": {
        const subject = asNode(expr.arg);
        if (subject) this.#expression(subject, scope, SHOWN);
        for (const when of asNodes(expr.args)) {
          if (asNode(when.expr)) this.#expression(asNode(when.expr)!, scope, subject ? SHOWN : CONDITION);
          if (asNode(when.result)) this.#expression(asNode(when.result)!, scope, meets);
        }
        if (asNode(expr.defresult)) this.#expression(asNode(expr.defresult)!, scope, meets);
        return;
      }
      case "ROWCOMPAREEXPR": {
        const left = asNodes(expr.largs);
        const right = asNodes(expr.rargs);
        for (const [own, others] of [
          [left, right],
          [right, left],
        ] as const) {
          for (const [i, arg] of own.entries()) {
            const other = others[i];
            this.#expression(arg, scope, this.#compared(expr, other ? this.#columnOf(other, scope) : null));
          }
        }
        return;
      }
      case "SUBLINK": {
        if (asNode(expr.testexpr)) this.#expression(asNode(expr.testexpr)!, scope, SHOWN);
        this.#query(asNode(expr.subselect)!, scope);
        return;
      }
      case "QUERY":
        this.#query(expr, scope);
        return;
      case "VAR":
      case "CONST":
        return;
      default:
        for (const field in expr) if (field !== "node") this.#children(expr[field], scope);
    }
  }

  #function(expr: Node, scope: Scope, meets: Meeting): void {
    const fn = this.#nullability.catalog.function(asNumber(expr.funcid));
    const args = asNodes(expr.args);
    // A cast is written as a function call too; the value still goes where the call's result goes.
    if (asNumber(expr.funcformat) !== 0 && args.length > 0) {
      this.#expression(args[0]!, scope, meets);
      for (const arg of args.slice(1)) this.#expression(arg, scope, SHOWN);
      return;
    }
    args.forEach((arg, i) => {
      const named = fn?.argNames[i];
      this.#expression(arg, scope, {
        name: named || fn?.name || null,
        how: "passed",
        nullable: false,
        relation: null,
        column: null,
      });
    });
  }

  #compared(
    expr: Node,
    other: { name: string; nullable: boolean; relation: RawRelation | null; column: RawColumn | null } | null,
  ): Meeting {
    if (expr.node === "DISTINCTEXPR" || expr.node === "NULLIFEXPR") {
      return {
        name: other?.name ?? null,
        how: "tested",
        nullable: true,
        relation: other?.relation ?? null,
        column: other?.column ?? null,
      };
    }
    return {
      name: other?.name ?? null,
      how: other?.column ? "compared" : "passed",
      nullable: other?.column ? other.nullable : false,
      relation: other?.relation ?? null,
      column: other?.column ?? null,
    };
  }

  /** The column that an operand is, or that a one-column function of it is made from (`lower(email)`). */
  #columnOf(
    expr: Node,
    scope: Scope,
  ): { name: string; nullable: boolean; relation: RawRelation | null; column: RawColumn | null } | null {
    const bare = withoutCoercion(expr);
    if (bare.node === "FUNCEXPR" || bare.node === "COALESCEEXPR") {
      const columns = asNodes(bare.args)
        .map((arg) => this.#columnOf(arg, scope))
        .filter((c) => c !== null);
      return columns.length === 1 ? { ...columns[0]!, column: null, relation: null } : null;
    }
    if (bare.node !== "VAR") return null;
    const owner = scopeOf(scope, asNumber(bare.varlevelsup));
    const rte = owner ? rteOf(owner, asNumber(bare.varno)) : undefined;
    if (!owner || !rte) return null;
    const attno = asNumber(bare.varattno);
    const name = columnNames(rte)[attno - 1];
    if (!name) return null;
    const found = originOf(bare, owner, this.#nullability);
    return {
      name,
      nullable: found ? this.#nullability.relationColumn(found.relation.oid, found.column.number) : false,
      relation: found?.relation ?? null,
      column: found?.column ?? null,
    };
  }

  #record(number: number, meeting: Meeting): void {
    const list = this.#meetings.get(number);
    if (list) list.push(meeting);
    else this.#meetings.set(number, [meeting]);
  }
}
