import { Node, type Project, type SourceFile, type TypeLiteralNode } from "ts-morph";

/** What the generated code of one version exports: each name with its declaration as text, bodies left out. */
export type Surface = ReadonlyMap<string, Declaration>;

interface Declaration {
  readonly text: string;
  /** The members of an interface, also by way of a type that is another name for it; null for what has none. */
  readonly members: ReadonlyMap<string, string> | null;
  /** Names of types, and of what has one, that it is made of. */
  readonly mentions: ReadonlySet<string>;
}

export function surfaceOf(files: readonly SourceFile[]): Surface {
  const surface = new Map<string, Declaration>();
  for (const file of files) {
    for (const [name, declarations] of file.getExportedDeclarations()) {
      const own = declarations.filter((declaration) => declaration.getSourceFile() === file);
      if (own.length === 0) continue;
      const texts = own.map(signature);
      const mentions = new Set(own.flatMap(typesIn));
      surface.set(name, { text: texts.join("\n"), members: membersOf(own[0]!), mentions });
    }
  }
  for (const [name, declaration] of surface) surface.set(name, throughAliases(declaration, surface));
  return surface;
}

/** Gives what a name for an interface is to those who use it: its members. */
function throughAliases(declaration: Declaration, surface: Surface): Declaration {
  let at: Declaration | undefined = declaration;
  for (let depth = 0; at !== undefined && at.members === null && depth < 20; depth++) {
    const target: string | undefined = /^export type [\w$]+ = ([\w$]+);?$/.exec(at.text)?.[1];
    at = target === undefined ? undefined : surface.get(target);
  }
  if (at === undefined || at === declaration || at.members === null) return declaration;
  return { ...declaration, members: at.members, mentions: at.mentions };
}

/** The names in a declaration that stand for types: no property's, parameter's or string's, and no word of a comment. */
function typesIn(node: Node): string[] {
  const parts = Node.isFunctionDeclaration(node)
    ? [...node.getTypeParameters(), ...node.getParameters(), node.getReturnTypeNode()]
    : [Node.isVariableDeclaration(node) ? node.getTypeNode() : node];
  return parts.flatMap((part) =>
    part === undefined ? [] : [part, ...part.getDescendants()].flatMap((inner) => namesOf(inner)),
  );
}

/** The names by which a node refers to a type. */
function namesOf(node: Node): string[] {
  const name = Node.isTypeReference(node)
    ? node.getTypeName()
    : Node.isTypeQuery(node)
      ? node.getExprName()
      : Node.isExpressionWithTypeArguments(node)
        ? node.getExpression()
        : undefined;
  return name?.getText().split(".") ?? [];
}

function signature(node: Node): string {
  if (Node.isFunctionDeclaration(node)) {
    const parameters = node.getParameters().map((parameter) => parameter.getText());
    return `${node.getName()}(${parameters.join(", ")}): ${node.getReturnTypeNode()?.getText() ?? ""}`;
  }
  // A constant's value is nobody's business but its own: SQL may change and the types stay.
  if (Node.isVariableDeclaration(node))
    return `${node.getName()}: ${node.getTypeNode()?.getText() ?? "const"}`;
  return Node.isJSDocable(node) ? node.getText(false) : node.getText();
}

function membersOf(node: Node): ReadonlyMap<string, string> | null {
  const owner = Node.isInterfaceDeclaration(node) ? node : literalOf(node);
  if (owner === null) return null;
  return new Map(
    owner
      .getProperties()
      .map((property) => [
        property.getName(),
        `${property.hasQuestionToken() ? "optional " : ""}${property.getTypeNode()?.getText() ?? "unknown"}`,
      ]),
  );
}

/** The object that `codec.AtLeastOne<{ … }, …>` is made of; null of anything else. */
function literalOf(node: Node): TypeLiteralNode | null {
  const type = Node.isTypeAliasDeclaration(node) ? node.getTypeNode() : undefined;
  const [first] = Node.isTypeReference(type) ? type.getTypeArguments() : [];
  return Node.isTypeLiteral(first) ? first : null;
}

/** Gives what changed for those who use a name: sentences. Names whose declarations mention changed ones are changed too. */
export function changedNames(before: Surface, after: Surface): ReadonlyMap<string, readonly string[]> {
  const changed = new Map<string, string[]>();
  for (const [name, was] of before) {
    const is = after.get(name);
    if (is === undefined) changed.set(name, [`${name} is gone`]);
    else if (isOther(was, is)) changed.set(name, describe(name, was, is));
  }
  // What a function takes and gives is what its users see of the types.
  for (let grows = true; grows; ) {
    grows = false;
    for (const [name, { mentions }] of before) {
      if (changed.has(name) || !after.has(name)) continue;
      const reasons = [...mentions].flatMap((mention) =>
        mention === name ? [] : (changed.get(mention) ?? []),
      );
      if (reasons.length === 0) continue;
      changed.set(name, [...new Set(reasons)]);
      grows = true;
    }
  }
  return changed;
}

/** Types are what their members are, be they written out or another type's name. */
function isOther(was: Declaration, is: Declaration): boolean {
  if (was.members === null || is.members === null) return was.text !== is.text;
  const text = ({ members }: Declaration): string =>
    JSON.stringify([...members!].sort(([a], [b]) => (a < b ? -1 : 1)));
  return text(was) !== text(is);
}

function describe(name: string, was: Declaration, is: Declaration): string[] {
  if (was.members === null || is.members === null)
    return [`${name} was \`${oneLine(was.text)}\` and is now \`${oneLine(is.text)}\``];
  const sentences: string[] = [];
  for (const [member, type] of was.members) {
    const now = is.members.get(member);
    if (now === undefined) sentences.push(`${name}.${member} is gone`);
    else if (now !== type) sentences.push(`${name}.${member} was ${type} and is now ${now}`);
  }
  for (const [member, type] of is.members) {
    if (!was.members.has(member)) sentences.push(`${name}.${member}: ${type} is new`);
  }
  // Only comments or the order of members are different.
  return sentences;
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ");

/** Puts generated files into a project, as if they stood in `folder`. */
export function addGenerated(
  project: Project,
  folder: string,
  files: readonly { readonly path: string; readonly contents: string }[],
): SourceFile[] {
  return files.map((file) =>
    project.createSourceFile(`${folder}/${file.path}`, file.contents, { overwrite: true }),
  );
}
