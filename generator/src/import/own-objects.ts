import type { Modules } from "./call-statement.ts";
import { isNamespace, moduleOf, nameOf, type SourceEdits, ts } from "./source-edits.ts";

/** Tells whether what is called is an object of the project's own, whose `query` takes a text: a module, an object or a class of its. */
export function isOwnObject(edits: SourceEdits, on: ts.Expression, modules: Modules): boolean {
  if (isNamespace(edits, on)) return true;
  const name = ts.isPropertyAccessExpression(on) ? on.name : on;
  return ts.isIdentifier(name) && isOwn(edits, edits.declarationOf(name), modules, new Set());
}

function isOwn(edits: SourceEdits, node: ts.Node | undefined, modules: Modules, seen: Set<ts.Node>): boolean {
  if (node === undefined || seen.has(node)) return false;
  seen.add(node);
  const follow = (name: ts.Node): boolean =>
    ts.isIdentifier(name) && isOwn(edits, edits.declarationOf(name), modules, seen);
  if (ts.isObjectLiteralExpression(node)) return hasMethod(node);
  // What extends a pool is one.
  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node))
    return node.heritageClauses === undefined && hasMethod(node);
  if (ts.isImportSpecifier(node) || ts.isImportClause(node))
    return isOwnElsewhere(edits, node, modules, seen);
  if (!ts.isVariableDeclaration(node) && !ts.isParameter(node) && !ts.isPropertyDeclaration(node))
    return false;
  if (node.type !== undefined) return ts.isTypeReferenceNode(node.type) && follow(node.type.typeName);
  const made = node.initializer;
  if (made === undefined) return false;
  return ts.isNewExpression(made)
    ? follow(made.expression)
    : follow(made) || isOwn(edits, made, modules, seen);
}

function hasMethod(
  node: ts.ObjectLiteralExpression | ts.ClassDeclaration | ts.InterfaceDeclaration,
): boolean {
  const members: readonly (ts.ClassElement | ts.TypeElement | ts.ObjectLiteralElementLike)[] =
    ts.isObjectLiteralExpression(node) ? node.properties : node.members;
  return members.some(
    ({ name }) => name !== undefined && !ts.isPrivateIdentifier(name) && nameOf(name) === "query",
  );
}

/** Follows an import of the project's to what it is there. */
function isOwnElsewhere(
  edits: SourceEdits,
  node: ts.ImportSpecifier | ts.ImportClause,
  modules: Modules,
  seen: Set<ts.Node>,
): boolean {
  const declaration = ts.isImportClause(node) ? node.parent : node.parent.parent.parent;
  const from = declaration.moduleSpecifier;
  const path = ts.isStringLiteral(from) ? moduleOf(edits.path, from.text) : null;
  const other = path === null ? undefined : (modules.get(path) ?? modules.get(`${path}/index`));
  if (other === undefined) return false;
  const wanted = ts.isImportClause(node) ? "default" : (node.propertyName ?? node.name).text;
  return other.source.statements.some((one) => {
    if (wanted === "default" && ts.isExportAssignment(one)) {
      const { expression } = one;
      const target = ts.isIdentifier(expression) ? other.declarationOf(expression) : expression;
      return isOwn(other, target, modules, seen);
    }
    if (ts.isVariableStatement(one))
      return one.declarationList.declarations.some(
        (made) => made.name.getText() === wanted && isOwn(other, made, modules, seen),
      );
    if (!ts.isClassDeclaration(one) && !ts.isInterfaceDeclaration(one)) return false;
    const isDefault = one.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) === true;
    return (isDefault ? "default" : one.name?.text) === wanted && isOwn(other, one, modules, seen);
  });
}
