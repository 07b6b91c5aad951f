import type { Raw } from "./clauses.ts";

/** Gives what PostgreSQL calls the column of an expression that has no name of its own; null for `?column?`. */
export function columnName(node: Raw | undefined): string | null {
  const [[kind, value] = ["", {}]] = Object.entries(node ?? {}) as [string, Raw][];
  switch (kind) {
    case "ColumnRef":
      return lastName(value.fields);
    case "FuncCall":
      return lastName(value.funcname);
    case "A_Indirection":
      return lastName(value.indirection) ?? columnName(value.arg);
    case "A_Expr":
      return value.kind === "AEXPR_NULLIF" ? "nullif" : null;
    case "TypeCast":
      return columnName(value.arg) ?? lastName(value.typeName?.names);
    case "CollateClause":
      return columnName(value.arg);
    case "CaseExpr":
      return columnName(value.defresult) ?? "case";
    case "CoalesceExpr":
      return "coalesce";
    case "MinMaxExpr":
      return value.op === "IS_LEAST" ? "least" : "greatest";
    case "A_ArrayExpr":
      return "array";
    case "RowExpr":
      return "row";
    case "SubLink":
      return ofSubquery(value);
    default:
      return null;
  }
}

function ofSubquery({ subLinkType, subselect }: Raw): string | null {
  if (subLinkType === "EXISTS_SUBLINK") return "exists";
  if (subLinkType === "ARRAY_SUBLINK") return "array";
  const target = subselect?.SelectStmt?.targetList?.[0]?.ResTarget as Raw | undefined;
  return subLinkType === "EXPR_SUBLINK" && target ? (target.name ?? columnName(target.val)) : null;
}

function lastName(fields: readonly Raw[] | undefined): string | null {
  return (fields?.findLast((field) => field.String)?.String?.sval as string | undefined) ?? null;
}
