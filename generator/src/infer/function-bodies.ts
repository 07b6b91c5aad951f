import type { RawFunction } from "../postgres/catalog-objects.ts";
import type { FuncExpr } from "../postgres/tree/node-types.ts";
import type { ParameterFacts, TreeAnalysis } from "./analysis.ts";
import type { Scope } from "./scope.ts";
import type { Value } from "./value.ts";

/** What the body of a function of the user's delivers. */
export interface BodyResult {
  /** Each row, or the one result, as one value. */
  readonly whole: Value;
  /** The columns of a row by `attnum - 1`, null for dropped ones; one column where the result is no composite. */
  readonly columns: readonly (Value | null)[];
}

/** Gives what a call of a function of the user's delivers, by its body; null where the body says nothing. */
export function calledBody(call: FuncExpr, scope: Scope, analysis: TreeAnalysis): BodyResult | null {
  const fn = analysis.catalog.function(call.funcid);
  if (!fn || fn.builtIn || call.funcvariadic || !analysis.readsBodies) return null;
  const args = argumentsOf(call, fn, scope, analysis);
  return analysis.facts.bodies.result(fn, args);
}

/** By their places in the declaration; what a default fills in may be anything. */
function argumentsOf(
  call: FuncExpr,
  fn: RawFunction,
  scope: Scope,
  analysis: TreeAnalysis,
): ParameterFacts[] {
  const facts = fn.argNames.map((): ParameterFacts => ({ nullable: true, elementsNullable: true }));
  for (const [i, arg] of call.args.entries()) {
    const named = arg.kind === "NamedArgExpr" ? arg : null;
    const value = analysis.value(arg, scope);
    facts[named?.argnumber ?? i] = {
      nullable: value.nullable,
      elementsNullable: value.elements?.nullable ?? true,
    };
  }
  return facts;
}
