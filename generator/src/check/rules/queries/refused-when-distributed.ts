import { typeOf } from "../../../infer/expression-type.ts";
import type { CatalogReader } from "../../../postgres/catalog-reader.ts";
import type { AnyNode, CoerceViaIO, Query } from "../../../postgres/tree/node-types.ts";
import { childrenOf, everyNode, ownNodes } from "../../../postgres/tree/walk.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { queryRule } from "../rule.ts";
import { tenantsUses } from "./tenant-not-compared.ts";

type Message = { readonly message: string };

export const refusedWhenDistributed = queryRule({
  code: "refused-when-distributed",
  severity: "error",
  summary: "Citus refuses the query on distributed tables (turned on by `vet.tenant.distributed`)",
  why: "Citus runs an UPDATE on the nodes that have the rows, after computing what is the same for all of them: it refuses what it cannot compute beforehand, which is `now()` or the text of an enum inside of CASE or COALESCE, or together with a column, and whatever is volatile. It also refuses functions that are not immutable in MERGE, its source too, and in DO UPDATE with its WHERE, rows that are locked on several nodes (the `for update skip locked` of a queue), the order of a recursive query (`search`), and a statement that changes a table that every node has while it reads distributed ones.",
  mend: "Compute the time in a WITH query, or pass it as an argument; lock rows of one tenant at a time, or run the statement on each node; sort by a path that the query makes itself; read in one statement, and change in a second one of the transaction.",
  *check(checked) {
    const { tree, options } = checked;
    if (!tree || !options.tenant?.distributed) return;
    const distributed = tenantsUses(checked);
    const told = new Set<string>();
    for (const query of everyNode(tree)) {
      if (query.kind !== "Query") continue;
      for (const { message } of refusals(query, checked, distributed)) {
        if (told.has(message)) continue;
        told.add(message);
        yield { message };
      }
    }
  },
});

function* refusals(
  query: Query,
  { catalog, tree }: CheckedQuery,
  distributed: ReturnType<typeof tenantsUses>,
): Iterable<Message> {
  yield* uncomputable(query, catalog);
  const target = query.rtable[query.resultRelation - 1];
  if (target?.rtekind === "RTE_RELATION") {
    const isDistributed = distributed.some(({ table }) => table.relation.oid === target.relid);
    const [read] = distributed.filter(({ use }) => isWithin(use.query, query) || use.query === query);
    if (!isDistributed && read && query === tree)
      yield {
        message: `${catalog.relation(target.relid)!.name}, which every node has, is changed by a statement that reads ${read.table.name}, which is distributed`,
      };
  }
  for (const { rti, waitPolicy } of query.rowMarks) {
    const locked = distributed.find(({ use }) => use.query === query && use.rt === rti);
    if (!locked || locked.use.isFixed(locked.table.key.number)) continue;
    const how = waitPolicy === "LockWaitSkip" ? " (skip locked)" : "";
    yield { message: `rows of ${locked.table.name} are locked on every node${how}` };
  }
  for (const { ctename, search_clause } of query.cteList)
    if (search_clause) yield { message: `"${ctename}" is searched in an order that Citus does not know` };
}

function isWithin(inner: Query, outer: Query): boolean {
  return everyNode(Object.values(outer)).includes(inner);
}

/** Gives what is to be computed before the nodes are asked, and cannot be. */
function* uncomputable(query: Query, catalog: CatalogReader): Iterable<Message> {
  switch (query.commandType) {
    case "CMD_MERGE": {
      const name = changingFunction(everyNode(Object.values(query)), catalog, "sv");
      if (name) yield { message: `${name} is not immutable, and stands in a MERGE` };
      return;
    }
    case "CMD_INSERT": {
      const { onConflictSet, onConflictWhere } = query.onConflict ?? {};
      const name = changingFunction(ownNodes([onConflictSet, onConflictWhere]), catalog, "sv");
      if (name) yield { message: `${name} is not immutable, and stands in DO UPDATE` };
      return;
    }
    case "CMD_UPDATE":
    case "CMD_DELETE": {
      const nodes = ownNodes([query.targetList, query.jointree]);
      const volatile = changingFunction(nodes, catalog, "v");
      if (volatile) yield { message: `${volatile} is volatile, and stands in an UPDATE or DELETE` };
      for (const node of nodes) {
        if (node.kind !== "CaseExpr" && node.kind !== "CoalesceExpr") continue;
        const name = changingFunction(ownNodes(node), catalog, "s");
        if (name)
          yield { message: `${name} is not immutable, and stands inside of CASE or COALESCE of an UPDATE` };
      }
      for (const node of nodes) {
        const name = functionOf(node, catalog, "s");
        if (name && [...childrenOf(node)].some((child) => ownNodes(child).some(({ kind }) => kind === "Var")))
          yield { message: `${name} is not immutable, and takes a column in an UPDATE` };
      }
    }
  }
}

function changingFunction(
  nodes: readonly AnyNode[],
  catalog: CatalogReader,
  volatilities: string,
): string | null {
  for (const node of nodes) {
    const name = functionOf(node, catalog, volatilities);
    if (name) return name;
  }
  return null;
}

/** @param volatilities which kinds of functions, by the letters of `provolatile`. */
function functionOf(node: AnyNode, catalog: CatalogReader, volatilities: string): string | null {
  if (node.kind === "CoerceViaIO")
    return readsAsText(node, catalog) && volatilities.includes("s") ? "a cast by way of text" : null;
  if (node.kind === "SQLValueFunction") return volatilities.includes("s") ? "the time" : null;
  const oid = node.kind === "FuncExpr" ? node.funcid : node.kind === "OpExpr" ? node.opfuncid : null;
  const fn = oid === null ? undefined : catalog.function(oid);
  if (!fn || !volatilities.includes(fn.volatility)) return null;
  return node.kind === "FuncExpr" ? `${fn.name}()` : `the operator of ${fn.name}()`;
}

/** Tells whether a cast calls an input or output function that is not immutable: of an enum, a date or a time. */
function readsAsText({ arg, resulttype }: CoerceViaIO, catalog: CatalogReader): boolean {
  return [typeOf(arg), resulttype].some((oid) => {
    const type = catalog.type(oid);
    return type?.kind === "enum" || /^(?:date|interval|timetz|timestamp(?:tz)?)$/.test(type?.name ?? "");
  });
}
