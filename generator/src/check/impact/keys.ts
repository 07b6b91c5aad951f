import {
  type ElementAccessExpression,
  Node,
  type NoSubstitutionTemplateLiteral,
  type SourceFile,
  type StringLiteral,
  SyntaxKind,
  type Symbol as TsSymbol,
  type Type,
} from "ts-morph";

type Literal = StringLiteral | NoSubstitutionTemplateLiteral;

/** A place where a name is written, or computed, as a key. */
interface Key {
  readonly node: Node;
  readonly name: string;
}

/** Finds where members of the generated code are taken by a key: no symbol stands there that could be followed. */
export class Keys {
  readonly #names: ReadonlySet<string>;
  readonly #isGenerated: (symbol: TsSymbol | undefined) => boolean;
  readonly #readExports: () => ReadonlySet<string>;
  #exports: ReadonlySet<string> | undefined;

  /**
   * @param names the names that are looked for
   * @param isGenerated tells whether a symbol is declared by the generated code
   * @param readExports gives all names that the generated code exports
   */
  constructor(
    names: ReadonlySet<string>,
    isGenerated: (symbol: TsSymbol | undefined) => boolean,
    readExports: () => ReadonlySet<string>,
  ) {
    this.#names = names;
    this.#isGenerated = isGenerated;
    this.#readExports = readExports;
  }

  usedIn(file: SourceFile): Key[] {
    const literals: Literal[] = [
      ...file.getDescendantsOfKind(SyntaxKind.StringLiteral),
      ...file.getDescendantsOfKind(SyntaxKind.NoSubstitutionTemplateLiteral),
    ];
    return [
      ...file.getDescendantsOfKind(SyntaxKind.ElementAccessExpression).flatMap((one) => this.#accessed(one)),
      ...literals
        .filter((one) => this.#names.has(one.getLiteralText()) && this.#isKey(one))
        .map((node) => ({ node, name: node.getLiteralText() })),
    ];
  }

  /** `queries[key]`, where the key's type says which it may be. */
  #accessed(access: ElementAccessExpression): Key[] {
    const node = access.getArgumentExpression();
    if (node === undefined) return [];
    const names = literalsOf(node.getType()).filter((name) => this.#names.has(name));
    const of = names.length === 0 ? undefined : access.getExpression().getType();
    return names.filter((name) => of !== undefined && this.#has(of, name)).map((name) => ({ node, name }));
  }

  #isKey(literal: Literal): boolean {
    const name = literal.getLiteralText();
    const parent = literal.getParent();
    if (Node.isComputedPropertyName(parent)) {
      const binding = parent.getParent();
      return Node.isBindingElement(binding) && this.#has(binding.getParent().getType(), name);
    }
    if (Node.isLiteralTypeNode(parent)) return this.#isKeyOfType(parent, name);
    // `spyOn(queries, "f")`
    if (Node.isCallExpression(parent) && parent.getArguments().some((one) => this.#has(one.getType(), name)))
      return true;
    return this.#isOneOfExports(literal, name);
  }

  /** `(typeof queries)["f"]`, `Pick<typeof queries, "f" | "g">`. */
  #isKeyOfType(literal: Node, name: string): boolean {
    const whole = Node.isUnionTypeNode(literal.getParent()) ? literal.getParent()! : literal;
    const user = whole.getParent();
    if (Node.isIndexedAccessTypeNode(user)) return this.#has(user.getObjectTypeNode().getType(), name);
    return (
      Node.isTypeReference(user) && user.getTypeArguments().some((one) => this.#has(one.getType(), name))
    );
  }

  /** `call("f")` of a function that takes `keyof typeof queries`: what may stand there is exported by the generated code, all of it. */
  #isOneOfExports(literal: Literal, name: string): boolean {
    return typesAround(literal).some((type) => {
      const choices = literalsOf(type.getConstraint() ?? type);
      if (choices.length < 2 || !choices.includes(name)) return false;
      this.#exports ??= this.#readExports();
      return choices.every((choice) => this.#exports!.has(choice));
    });
  }

  #has(type: Type, name: string): boolean {
    return this.#isGenerated(type.getProperty(name));
  }
}

/** The strings that a type consists of. */
const literalsOf = (type: Type): string[] =>
  (type.isUnion() ? type.getUnionTypes() : [type]).flatMap((one) =>
    one.isStringLiteral() ? [String(one.getLiteralValue())] : [],
  );

/** The types that the place of a literal may have: of an argument, its parameter as it is declared, and not as it is inferred from the literal. */
function typesAround(literal: Literal): Type[] {
  const call = literal.getParent();
  const at = Node.isCallExpression(call) ? call.getArguments().indexOf(literal) : -1;
  if (Node.isCallExpression(call) && at >= 0)
    return call
      .getExpression()
      .getType()
      .getCallSignatures()
      .flatMap((signature) => signature.getParameters()[at]?.getTypeAtLocation(call) ?? []);
  const type = literal.getContextualType();
  return type === undefined ? [] : [type];
}
