import { Node, type Project, type SourceFile } from "ts-morph";

/** What the generated code of one version exports: each name with its declaration as text, bodies left out. */
export type Surface = ReadonlyMap<string, Declaration>;

interface Declaration {
  readonly text: string;
  /** An interface's members, or null for what has none. */
  readonly members: ReadonlyMap<string, string> | null;
  /** Identifiers that it mentions. */
  readonly mentions: ReadonlySet<string>;
}

export function surfaceOf(files: readonly SourceFile[]): Surface {
  const surface = new Map<string, Declaration>();
  for (const file of files) {
    for (const [name, declarations] of file.getExportedDeclarations()) {
      const own = declarations.filter((declaration) => declaration.getSourceFile() === file);
      if (own.length === 0) continue;
      const texts = own.map(signature);
      const text = texts.join("\n");
      const mentions = new Set(text.match(/[A-Za-z_$][\w$]*/g) ?? []);
      surface.set(name, { text, members: membersOf(own[0]!), mentions });
    }
  }
  return surface;
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
  if (!Node.isInterfaceDeclaration(node)) return null;
  return new Map(
    node
      .getProperties()
      .map((property) => [
        property.getName(),
        `${property.hasQuestionToken() ? "?" : ""}${property.getTypeNode()?.getText() ?? "unknown"}`,
      ]),
  );
}

/** What changed for those who use a name: sentences. Names whose declarations mention changed ones are changed too. */
export function changedNames(before: Surface, after: Surface): ReadonlyMap<string, readonly string[]> {
  const changed = new Map<string, string[]>();
  for (const [name, was] of before) {
    const is = after.get(name);
    if (is === undefined) changed.set(name, [`${name} is gone`]);
    else if (is.text !== was.text) changed.set(name, describe(name, was, is));
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

function describe(name: string, was: Declaration, is: Declaration): string[] {
  if (was.members === null || is.members === null)
    return [`${name} was \`${was.text}\` and is now \`${is.text}\``];
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
