import { functionName } from "../emit/names.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { ImportedQuery } from "./imported-query.ts";
import { callSite, listWholeModules } from "./pgtyped-calls.ts";
import {
  importsOf,
  isClient,
  nodesOf,
  type SourceEdits,
  ts,
  wholeModulesOf,
  withoutNames,
} from "./source-edits.ts";

/** The module that Prisma generates, wherever its output goes. */
const GENERATED = /(?:^@prisma\/client|prisma[\w/.-]*|generated[\w/.-]*)\/sql(?:\/index)?(?:\.[jt]s)?$/;

/** What stands for the client in calls, `db from ./src/db.js`. */
export interface ClientName {
  readonly name: string;
  /** The module of the project, without its ending; null where the name is known everywhere. */
  readonly module: string | null;
}

/**
 * Rewrites `prisma.$queryRawTyped(getUsers(1))` as `getUsers(client, { id: 1 })`. Prisma's client is none that our functions run
 * on, so that they are listed where nobody said which is.
 */
export function rewriteTypedSqlCalls(
  edits: SourceEdits,
  queries: ReadonlyMap<string, ImportedQuery>,
  out: string,
  client: ClientName | null,
): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const module = edits.specifier(`${out}/index`);
  for (const { declaration, module: from, names } of importsOf(edits)) {
    if (!GENERATED.test(from)) continue;
    const gone = new Set<ts.ImportSpecifier>();
    for (const specifier of names) {
      const query = queries.get((specifier.propertyName ?? specifier.name).text);
      if (query === undefined) continue;
      const local = specifier.name.text;
      const name = functionName(query.name);
      const replaced: (readonly [ts.Node, string])[] = [];
      let isWhole = true;
      let hasCalls = false;
      let hasTypes = false;
      for (const node of nodesOf(edits.source)) {
        if (!ts.isIdentifier(node) || node.text !== local || node.parent === specifier) continue;
        const { parent } = node;
        if (ts.isPropertyAccessExpression(parent) && parent.name === node) continue;
        // A member that is called alike.
        if ((ts.isClassElement(parent) || ts.isPropertyAssignment(parent)) && parent.name === node) continue;
        if (ts.isQualifiedName(parent) && parent.left === node && parent.right.text === "Result") {
          replaced.push([parent, `${query.name}Row`]);
          hasTypes = true;
          continue;
        }
        const call = ts.isCallExpression(parent) && parent.expression === node ? parent : null;
        const outer = call?.parent;
        const isTyped =
          outer !== undefined &&
          ts.isCallExpression(outer) &&
          ts.isPropertyAccessExpression(outer.expression) &&
          outer.expression.name.text === "$queryRawTyped";
        if (
          call === null ||
          !isTyped ||
          isOfPrisma(outer) ||
          client === null ||
          !isClient(edits, (outer.expression as ts.PropertyAccessExpression).expression, "PrismaClient") ||
          call.arguments.some((one) => ts.isSpreadElement(one))
        ) {
          const span = {
            file: edits.path,
            start: node.getStart(),
            end: (isTyped ? outer : (call ?? node)).getEnd(),
          };
          problems.push(
            client === null
              ? callSite(
                  `${local} runs on Prisma's client, which is none of ours`,
                  span,
                  'Name a pool of `pg`\'s: `--client "pool from ./src/pool"`.',
                )
              : callSite(
                  `what ${local} is used for is not certain`,
                  span,
                  `Call \`${name}(${client.name}, args)\` there.`,
                ),
          );
          isWhole = false;
          continue;
        }
        hasCalls = true;
        const given = query.arguments.map(({ property }, i) => {
          const value = call.arguments[i] === undefined ? "null" : edits.shown(call.arguments[i]);
          return value === property ? value : `${property}: ${value}`;
        });
        replaced.push([
          outer,
          `${local}(${client.module === null ? client.name : edits.nameOf(client.module, client.name)}${given.length === 0 ? "" : `, { ${given.join(", ")} }`})`,
        ]);
      }
      if (!isWhole) continue;
      for (const [node, text] of replaced) edits.replace(node, text);
      gone.add(specifier);
      if (hasCalls) {
        edits.import(module, name === local ? name : `${name} as ${local}`);
        if (client?.module != null) edits.importNamed(client.module, client.name);
      }
      if (hasTypes) edits.import(module, `type ${query.name}Row`);
    }
    withoutNames(edits, declaration, gone);
  }
  return [...problems, ...listWholeModules(edits, (from) => GENERATED.test(from))];
}

/** Tells whether a call's promise is one that Prisma itself may run later: in a list of `$transaction`, or in a variable. */
function isOfPrisma(call: ts.CallExpression): boolean {
  if (ts.isVariableDeclaration(call.parent)) return true;
  for (let at: ts.Node = call.parent; !ts.isFunctionLike(at) && !ts.isSourceFile(at); at = at.parent)
    if (ts.isCallExpression(at) && ts.isPropertyAccessExpression(at.expression))
      if (at.expression.name.text === "$transaction") return true;
  return false;
}

/** Gives the names that a file has of what Prisma generates for TypedSQL when all is done; `*` where it has all of them. */
export function* typedSqlNamesOf(edits: SourceEdits): Generator<string> {
  const after = edits.afterwards();
  for (const { module, names } of importsOf(after))
    if (GENERATED.test(module)) for (const one of names) yield (one.propertyName ?? one.name).text;
  for (const { module } of wholeModulesOf(after)) if (GENERATED.test(module)) yield "*";
}
