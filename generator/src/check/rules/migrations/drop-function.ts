import { namesOf, nodesOf } from "../../../postgres/raw-tree.ts";
import type { CheckedStatement, RoutineGone } from "../../migrations/checked.ts";
import { statementRule } from "../rule.ts";

export const dropFunction = statementRule({
  code: "drop-function",
  severity: "error",
  summary: "a function, procedure or aggregate in use is dropped",
  why: "PostgreSQL keeps a function for the views, defaults, policies and triggers that use it, and for nothing else: every query of the running version that calls it fails from this moment on, and so does every PL/pgSQL function that does. It was run: the function was gone afterwards, whether the statement names it, drops it in a block, or takes it along with CASCADE.",
  mend: "Deploy code that no longer calls it first, and drop it with a later migration. For another signature, make the new one beside it.",
  *check(statement) {
    // A schema with everything in it has a rule of its own.
    if (statement.kind === "DropStmt" && statement.tree.removeType === "OBJECT_SCHEMA") return;
    for (const routine of statement.effects.routines) {
      if (routine.isNew || isMadeAgain(statement, routine)) continue;
      const { schema, name, arguments: taken } = routine;
      const shown = `${schema === "public" ? "" : `${schema}.`}${name}(${taken})`;
      yield { message: `the ${routine.kind} ${shown} is dropped` };
    }
  },
});

/** Tells whether the same migration makes one of its name that can be called with as many arguments: then it is changed, not dropped. */
function isMadeAgain({ migration, index }: CheckedStatement, { name, count }: RoutineGone): boolean {
  return migration.statements.some((other) => {
    if (other.index <= index) return false;
    if (other.kind === "DefineStmt") return namesOf(other.tree.defnames).at(-1) === name;
    if (other.kind === "RenameStmt") return other.tree.newname === name;
    if (other.kind !== "CreateFunctionStmt" || namesOf(other.tree.funcname).at(-1) !== name) return false;
    const taken = nodesOf(other.tree.parameters, "FunctionParameter").filter(
      ({ mode }) => mode !== "FUNC_PARAM_OUT" && mode !== "FUNC_PARAM_TABLE",
    );
    const isOpen = taken.some(({ mode }) => mode === "FUNC_PARAM_VARIADIC");
    const required = taken.filter(({ defexpr }) => defexpr === undefined).length;
    return isOpen || (required <= count && count <= taken.length);
  });
}
