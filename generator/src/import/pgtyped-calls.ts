import { camelCase, functionName } from "../emit/names.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { type ImportedFile, type ImportedQuery, unconverted } from "./imported-query.ts";
import { query } from "./pgtyped-file.ts";
import { dollarPlaces, translate } from "./pgtyped-parameters.ts";
import {
  importsOf,
  memberOf as literalMember,
  moduleOf,
  nodesOf,
  type SourceEdits,
  ts,
  usesOf,
  wholeModulesOf,
  withoutEnding,
  withoutNames,
} from "./source-edits.ts";

const RUNTIME = /^@pgtyped\/(?:runtime|query)$/;

/** A query as application code knows it. */
export interface KnownQuery {
  readonly query: ImportedQuery;
  /** What it is called where it comes from. */
  readonly local: string;
  /** Whether its types begin with `I` there. */
  readonly isHungarian: boolean;
  /** Whether our names are in camel case, which its parameters need not be. */
  readonly isCamelCase: boolean;
}

/** What a module of the application's gives, by name. */
export type KnownModules = ReadonlyMap<string, readonly KnownQuery[]>;

/** pgtyped's own name of a query's function. */
export const pgtypedName = ({ name }: ImportedQuery): string => name.charAt(0).toLowerCase() + name.slice(1);

/** Finds the queries that are written as templates in a file: `const getUser = sql<IGetUserQuery>`…``. */
export function readPgtypedTemplates(
  edits: SourceEdits,
): ImportedFile & { readonly declarations: ReadonlyMap<string, ts.VariableStatement> } {
  const tags = new Set<string>();
  for (const { module, names } of importsOf(edits))
    if (RUNTIME.test(module))
      for (const one of names) if ((one.propertyName ?? one.name).text === "sql") tags.add(one.name.text);
  const queries: ImportedQuery[] = [];
  const problems: Diagnostic[] = [];
  const declarations = new Map<string, ts.VariableStatement>();
  for (const node of nodesOf(edits.source)) {
    if (!ts.isTaggedTemplateExpression(node) || !ts.isIdentifier(node.tag) || !tags.has(node.tag.text))
      continue;
    const span = { file: edits.path, start: node.getStart(), end: node.getEnd() };
    const declaration = node.parent;
    const statement = declaration.parent?.parent;
    if (
      !ts.isVariableDeclaration(declaration) ||
      !ts.isIdentifier(declaration.name) ||
      !ts.isVariableStatement(statement) ||
      statement.parent !== edits.source ||
      statement.declarationList.declarations.length !== 1
    ) {
      problems.push(
        unconverted("a template that is no constant of its file", span, "Give it a constant of its own."),
      );
    } else if (!ts.isNoSubstitutionTemplateLiteral(node.template)) {
      problems.push(unconverted("a template with JavaScript in it", span, "Write it by hand."));
    } else {
      const sql = node.template.text;
      const found = query(declaration.name.text, sql, translate(sql, dollarPlaces(sql)), []);
      if (typeof found === "string")
        problems.push(unconverted(found, span, "It stays as it is: write it by hand."));
      else {
        queries.push(found);
        declarations.set(declaration.name.text, statement);
      }
    }
  }
  return { queries, problems, declarations };
}

/** Puts the generated functions in the place of templates that were converted, and hands on those that others import. */
export function withoutTemplates(
  edits: SourceEdits,
  declarations: ReadonlyMap<string, ts.VariableStatement>,
  isLast: boolean,
  out: string,
): void {
  const module = JSON.stringify(edits.specifier(`${out}/index`));
  for (const [local, statement] of declarations) {
    const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    const name = functionName(local);
    if (isExported)
      edits.replace(statement, `export { ${name === local ? name : `${name} as ${local}`} } from ${module};`);
    else edits.remove(statement);
  }
  if (!isLast) return;
  for (const { module: from, declaration, names } of importsOf(edits))
    if (RUNTIME.test(from))
      withoutNames(
        edits,
        declaration,
        new Set(names.filter((one) => (one.propertyName ?? one.name).text === "sql")),
      );
}

/**
 * Rewrites the calls of converted queries: `getUser.run(args, client)` becomes `getUser(client, args)`. What is done with one beside
 * that is listed, and its import stays.
 * @param own the queries that stood in the file itself
 */
export function rewritePgtypedCalls(
  edits: SourceEdits,
  modules: KnownModules,
  own: readonly KnownQuery[],
  out: string,
): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const module = edits.specifier(`${out}/index`);
  for (const known of own) {
    const done = rewriteUses(edits, known, known.local, new Set(), problems);
    if (done.isUsed) edits.import(module, functionName(known.query.name));
  }
  for (const { declaration, module: from, names } of importsOf(edits)) {
    const path = moduleOf(edits.path, from);
    const known = path === null ? undefined : modules.get(path);
    if (known === undefined) continue;
    const gone = new Set<ts.ImportSpecifier>();
    for (const specifier of names) {
      const imported = (specifier.propertyName ?? specifier.name).text;
      const local = specifier.name.text;
      const ours = oursOf(imported, known);
      if (ours === null) continue;
      if (ours.name === null) {
        // It stood in the template, which is gone.
        if (usesOf(edits, local) <= 2) gone.add(specifier);
        continue;
      }
      if (ours.query === null) {
        edits.import(module, `type ${ours.name === local ? local : `${ours.name} as ${local}`}`);
        gone.add(specifier);
        continue;
      }
      const done = rewriteUses(edits, ours.query, local, new Set([specifier]), problems);
      if (!done.isWhole) continue;
      gone.add(specifier);
      edits.import(module, ours.name === local ? local : `${ours.name} as ${local}`);
    }
    withoutNames(edits, declaration, gone);
  }
  return problems;
}

/** Adds the modules that hand on what others of them give, as far as that leads. */
export function followExports(
  sources: ReadonlyMap<string, SourceEdits>,
  modules: Map<string, readonly KnownQuery[]>,
): void {
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const [path, edits] of sources)
      for (const { module, handedOn } of wholeModulesOf(edits)) {
        const from = moduleOf(path, module);
        const known = from === null ? undefined : modules.get(from);
        if (known === undefined || handedOn === undefined) continue;
        const here = withoutEnding(path);
        const before = modules.get(here) ?? [];
        const given = known.flatMap((one) =>
          handedOn === null
            ? [one]
            : handedOn.flatMap(([there, name]) => (there === one.local ? [{ ...one, local: name }] : [])),
        );
        const added = given.filter(({ local }) => !before.some((one) => one.local === local));
        if (added.length === 0) continue;
        modules.set(here, [...before, ...added]);
        isNew = true;
      }
  }
}

/**
 * Lists where a module of queries is taken as a whole, so that what is called of it cannot be told, and where it is handed on.
 * @param isOfQueries says of a module, as it is imported, whether it is one
 */
export function listWholeModules(edits: SourceEdits, isOfQueries: (module: string) => boolean): Diagnostic[] {
  return [...wholeModulesOf(edits)].flatMap(({ node, module, handedOn }) => {
    if (!isOfQueries(module)) return [];
    const span = { file: edits.path, start: node.getStart(), end: node.getEnd() };
    const problem =
      handedOn === undefined
        ? callSite(
            `what is called of ${module} as a whole is not followed`,
            span,
            "Import the queries by their names, and run this again.",
          )
        : callSite(
            `${module} is handed on to others`,
            span,
            "Hand on the generated functions, or nothing: calls by the names of this export are rewritten where they stand.",
          );
    return [problem];
  });
}

/** Gives what a name of a module that pgtyped wrote is with us. */
function oursOf(
  imported: string,
  known: readonly KnownQuery[],
): { readonly name: string | null; readonly query: KnownQuery | null } | null {
  for (const one of known) {
    const { name } = one.query;
    const type = one.isHungarian ? `I${name}` : name;
    if (imported === one.local) return { name: functionName(name), query: one };
    if (imported === `${type}Result`) return { name: `${name}Row`, query: null };
    if (imported === `${type}Query`) return { name: null, query: null };
    if (imported === `${type}Params`) return { name: `${name}Args`, query: null };
  }
  return null;
}

function rewriteUses(
  edits: SourceEdits,
  { query: { command, name, arguments: wanted }, isCamelCase }: KnownQuery,
  local: string,
  without: ReadonlySet<ts.Node>,
  problems: Diagnostic[],
): { readonly isUsed: boolean; readonly isWhole: boolean } {
  let isUsed = false;
  const calls: (readonly [ts.CallExpression, string])[] = [];
  const before = problems.length;
  for (const node of nodesOf(edits.source)) {
    if (!ts.isIdentifier(node) || node.text !== local || without.has(node.parent)) continue;
    const { parent } = node;
    // A property of that name, or what declares it.
    if (ts.isPropertyAccessExpression(parent) && parent.name === node) continue;
    if (ts.isPropertyAssignment(parent) && parent.name === node) continue;
    if (ts.isVariableDeclaration(parent) && parent.name === node) continue;
    if (ts.isExportSpecifier(parent) || ts.isImportSpecifier(parent)) continue;
    isUsed = true;
    const run = ts.isPropertyAccessExpression(parent) && parent.name.text === "run" ? parent.parent : null;
    const isCall = run !== null && ts.isCallExpression(run) && run.expression === parent;
    const [args, client] = isCall ? run.arguments : [];
    const given = isCall && client !== undefined ? argumentsOf(edits, wanted, args!, isCamelCase) : null;
    const span = { file: edits.path, start: node.getStart(), end: (run ?? node).getEnd() };
    if (given === null)
      problems.push(
        callSite(
          `what ${local} is used for is not certain`,
          span,
          `Call \`${functionName(name)}(client, args)\` there.`,
        ),
      );
    else if ((command === ":exec" || command === ":copyfrom") && !isIgnored(run as ts.CallExpression))
      problems.push(
        callSite(`${local} gives no list of rows any more`, span, "Mend what is done with it, and the call."),
      );
    else
      calls.push([
        run as ts.CallExpression,
        `${local}(${edits.shown(client!)}${given === "" ? "" : `, ${given}`})`,
      ]);
  }
  const isWhole = problems.length === before;
  if (isWhole) for (const [call, text] of calls) edits.replace(call, text);
  return { isUsed, isWhole };
}

/** A place that is for a person to rewrite. */
export function callSite(message: string, span: Diagnostic["span"], hint: string): Diagnostic {
  return { code: "import-call-site", severity: "warning", message, hint, ...(span && { span }) };
}

/** Tells whether nobody looks at a call's result. */
function isIgnored(call: ts.CallExpression): boolean {
  const awaited = ts.isAwaitExpression(call.parent) ? call.parent : call;
  return ts.isExpressionStatement(awaited.parent);
}

const isNothing = (node: ts.Expression): boolean =>
  node.kind === ts.SyntaxKind.NullKeyword ||
  ts.isVoidExpression(node) ||
  (ts.isIdentifier(node) && node.text === "undefined");

/** Gives the arguments as our function takes them; null where that is not certain, empty where there are none. */
function argumentsOf(
  edits: SourceEdits,
  wanted: ImportedQuery["arguments"],
  given: ts.Expression,
  isCamelCase: boolean,
): string | null {
  const ours = (property: string): string => (isCamelCase ? camelCase(property) : property);
  const isOurs = (property: string): boolean => ours(property) === property;
  if (wanted.length === 0) return isNothing(given) || ts.isObjectLiteralExpression(given) ? "" : null;
  if (wanted.every(({ kind, property }) => kind === "value" && isOurs(property))) return edits.shown(given);
  const of = memberOf(edits, given);
  if (of === null) return null;
  const [first] = wanted;
  // What is handed on as a list has its members' names.
  if (first!.kind === "rows") return first!.members.every(isOurs) ? (of(first!.property) ?? null) : null;
  const parts: string[] = [];
  for (const one of wanted) {
    const value = of(one.property);
    // What may be left out, is.
    if (value === undefined && one.kind === "value") continue;
    if (value === null || value === undefined) return null;
    const property = ours(one.property);
    if (one.kind === "value") parts.push(value === property ? value : `${property}: ${value}`);
    else if (one.kind === "object") {
      const isSimple = /^[\w$.]+$/.test(value);
      const isRenamed = [...one.members].some(([member, name]) => member !== ours(name));
      if (!isRenamed)
        parts.push(/^\{[\s\S]*\}$/.test(value) ? value.slice(1, -1).trim().replace(/,$/, "") : `...${value}`);
      else if (isSimple)
        parts.push(...[...one.members].map(([member, name]) => `${ours(name)}: ${value}.${member}`));
      else {
        const object = ts.isObjectLiteralExpression(given) ? literalMember(given, one.property) : undefined;
        const inner =
          object !== undefined && ts.isObjectLiteralExpression(object) ? memberOf(edits, object) : null;
        for (const [member, name] of one.members) {
          const text = inner === null ? null : inner(member);
          if (text === null) return null;
          if (text !== undefined) parts.push(text === ours(name) ? text : `${ours(name)}: ${text}`);
        }
      }
    }
  }
  return `{ ${parts.join(", ")} }`;
}

/**
 * Gives what reads a member of the arguments as they are written; null where they would be computed twice. A member's text is
 * undefined where it is certainly not given.
 */
function memberOf(
  edits: SourceEdits,
  given: ts.Expression,
): ((name: string) => string | null | undefined) | null {
  if (ts.isIdentifier(given)) return (name) => `${given.text}.${name}`;
  if (!ts.isObjectLiteralExpression(given)) return null;
  return (name) => {
    for (const property of given.properties) {
      if (ts.isShorthandPropertyAssignment(property) && property.name.text === name) return name;
      if (ts.isPropertyAssignment(property) && ts.isIdentifier(property.name) && property.name.text === name)
        return edits.shown(property.initializer);
    }
    return given.properties.some((one) => ts.isSpreadAssignment(one)) ? null : undefined;
  };
}
