import {
  type ClassDeclaration,
  type FunctionDeclaration,
  type Identifier,
  type InterfaceDeclaration,
  Node,
  SyntaxKind,
  type Symbol as TsSymbol,
  type TypeAliasDeclaration,
  type VariableDeclaration,
} from "ts-morph";

/** Gives what an identifier stands for; of one that is taken out of an object, the object's property. */
export function meaningOf(node: Identifier): TsSymbol | undefined {
  const parent = node.getParent();
  const isTaken =
    Node.isBindingElement(parent) && (parent.getPropertyNameNode() ?? parent.getNameNode()) === node;
  return isTaken ? parent.getParent().getType().getProperty(node.getText()) : node.getSymbol();
}

/** Tells whether it declares what a module has: a function, a type or a variable of its own, and no member of one. */
export function isOfModule(
  declaration: Node | undefined,
): declaration is
  | ClassDeclaration
  | FunctionDeclaration
  | InterfaceDeclaration
  | TypeAliasDeclaration
  | VariableDeclaration {
  if (Node.isVariableDeclaration(declaration))
    return Node.isSourceFile(declaration.getVariableStatement()?.getParent());
  return (
    (Node.isFunctionDeclaration(declaration) ||
      Node.isInterfaceDeclaration(declaration) ||
      Node.isTypeAliasDeclaration(declaration) ||
      Node.isClassDeclaration(declaration)) &&
    Node.isSourceFile(declaration.getParent())
  );
}

/** Tells whether the node stands in an import, which a JSDoc comment may have too. */
export const isImported = (node: Node): boolean =>
  node.getFirstAncestor(
    (above) => Node.isImportDeclaration(above) || above.getKind() === SyntaxKind.JSDocImportTag,
  ) !== undefined;

/** Finds the name that a use is known by from there on: a variable's, a property's, a type's, a parameter's, an import's or an export's; null where it gets none. */
export function nameGivenTo(node: Node): Node | null {
  const parent = node.getParent();
  // `{ f }` names a property too.
  if (Node.isShorthandPropertyAssignment(parent)) return parent.getNameNode();
  // `({ f: own } = all)`
  if (Node.isPropertyAssignment(parent) && parent.getNameNode() === node && isTarget(parent.getParent()))
    return nameIn(parent.getInitializerOrThrow());
  // `{ ["f"]: own }`
  const binding = Node.isComputedPropertyName(parent) ? parent.getParent() : parent;
  if (Node.isBindingElement(binding) && binding.getInitializer() !== node)
    return nameIn(binding.getNameNode());
  if (Node.isImportSpecifier(parent) || Node.isExportSpecifier(parent)) {
    const alias = parent.getAliasNode();
    return alias !== undefined && Node.isIdentifier(alias) ? alias : null;
  }
  // `export default f`
  if (Node.isExportAssignment(parent)) return node;
  // `import own = all.f`
  if (Node.isQualifiedName(parent) && parent.getRight() === node) {
    const made = parent.getParent();
    return Node.isImportEqualsDeclaration(made) ? made.getNameNode() : null;
  }
  return nameOfValue(wholeValue(node)) ?? nameOfType(node);
}

/** Finds the name of what a type is made for, of which this is a part: an alias, an interface that extends it, a property. */
function nameOfType(node: Node): Node | null {
  for (
    let part: Node = node, above = node.getParent();
    above !== undefined;
    part = above, above = part.getParent()
  ) {
    if (Node.isTypeAliasDeclaration(above)) return above.getTypeNode() === part ? above.getNameNode() : null;
    if (Node.isPropertySignature(above))
      return above.getTypeNode() === part ? nameIn(above.getNameNode()) : null;
    if (Node.isInterfaceDeclaration(above)) return above.getNameNode();
    if (Node.isJSDocTypedefTag(above))
      return (
        above
          .getChildren()
          .findLast((child) => Node.isIdentifier(child) && child !== above.getTagNameNode()) ?? null
      );
    const isWithin =
      Node.isTypeNode(above) ||
      Node.isQualifiedName(above) ||
      (Node.isPropertyAccessExpression(above) && Node.isExpressionWithTypeArguments(above.getParent())) ||
      Node.isHeritageClause(above) ||
      Node.isJSDocTypeExpression(above) ||
      // `type F = (row: Row) => void`
      (Node.isParameterDeclaration(above) && Node.isTypeNode(above.getParent()));
    if (!isWithin) return null;
  }
  return null;
}

/** Tells whether an object literal is what is assigned to, part by part. */
function isTarget(literal: Node): boolean {
  const above = literal.getParent();
  return (
    Node.isBinaryExpression(above) &&
    above.getOperatorToken().getKind() === SyntaxKind.EqualsToken &&
    above.getLeft() === literal
  );
}

/** Finds the name of what holds a value, or gives it back. */
function nameOfValue(value: Node): Node | null {
  const holder = value.getParent();
  // `const [own] = [f]`
  if (Node.isArrayLiteralExpression(holder)) {
    const above = holder.getParent();
    const pattern = Node.isVariableDeclaration(above) ? above.getNameNode() : undefined;
    if (!Node.isArrayBindingPattern(pattern)) return null;
    const values: readonly Node[] = holder.getElements();
    const element = pattern.getElements()[values.indexOf(value)];
    return Node.isBindingElement(element) ? nameIn(element.getNameNode()) : null;
  }
  if (Node.isReturnStatement(holder) || (Node.isArrowFunction(holder) && holder.getBody() === value)) {
    const giver = Node.isArrowFunction(holder)
      ? holder
      : holder.getFirstAncestor(Node.isFunctionLikeDeclaration);
    if (Node.isArrowFunction(giver)) return nameOfValue(giver);
    return Node.isFunctionDeclaration(giver) ||
      Node.isMethodDeclaration(giver) ||
      Node.isGetAccessorDeclaration(giver)
      ? (giver.getNameNode() ?? null)
      : null;
  }
  if (
    (Node.isVariableDeclaration(holder) ||
      Node.isPropertyAssignment(holder) ||
      Node.isPropertyDeclaration(holder) ||
      Node.isParameterDeclaration(holder) ||
      Node.isBindingElement(holder)) &&
    holder.getInitializer() === value
  )
    return nameIn(holder.getNameNode());
  const isAssigned =
    Node.isBinaryExpression(holder) && holder.getOperatorToken().getKind() === SyntaxKind.EqualsToken;
  if (isAssigned && holder.getRight() === value) {
    const to = holder.getLeft();
    return nameIn(Node.isPropertyAccessExpression(to) ? to.getNameNode() : to);
  }
  return null;
}

const nameIn = (node: Node): Node | null =>
  Node.isIdentifier(node) || Node.isPrivateIdentifier(node) || Node.isStringLiteral(node) ? node : null;

/** Finds the outermost expression that stands for what the node names: assertions, alternatives and functions made of it included. */
function wholeValue(node: Node): Node {
  const parent = node.getParent();
  const isMember =
    (Node.isPropertyAccessExpression(parent) && parent.getNameNode() === node) ||
    (Node.isElementAccessExpression(parent) && parent.getArgumentExpression() === node);
  let value: Node = isMember ? parent : node;
  for (let next: Node | undefined = value; next !== undefined; next = around(value)) value = next;
  return value;
}

const ALTERNATIVES: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.QuestionQuestionToken,
  SyntaxKind.BarBarToken,
  SyntaxKind.AmpersandAmpersandToken,
]);

/** The expression around this one that has the same value, or may have it. */
function around(value: Node): Node | undefined {
  const parent = value.getParent();
  if (
    Node.isParenthesizedExpression(parent) ||
    Node.isAsExpression(parent) ||
    Node.isSatisfiesExpression(parent) ||
    Node.isTypeAssertion(parent) ||
    Node.isNonNullExpression(parent)
  )
    return parent;
  if (Node.isConditionalExpression(parent) && parent.getCondition() !== value) return parent;
  if (Node.isBinaryExpression(parent) && ALTERNATIVES.has(parent.getOperatorToken().getKind())) return parent;
  const call = callWith(value, parent);
  return call !== undefined && call.getType().getCallSignatures().length > 0 ? call : undefined;
}

/** The call that may give a function made of this one: `wrap(f)`, `f.bind(…)`. */
function callWith(value: Node, parent: Node | undefined): Node | undefined {
  if (Node.isCallExpression(parent)) return parent.getExpression() === value ? undefined : parent;
  const isBound = Node.isPropertyAccessExpression(parent) && parent.getName() === "bind";
  const call = isBound ? parent.getParent() : undefined;
  return Node.isCallExpression(call) && call.getExpression() === parent ? call : undefined;
}
