import { SaxesParser } from "saxes";
import { isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";

/** What stands in a changelog of Liquibase's, in XML as in YAML and JSON: `createTable` with its `column`s. */
export interface ChangelogNode {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly ChangelogNode[];
  /** The text within, or the value, where that is all there is. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Where `text` stands as it is, if it does. */
  readonly textStart: number | null;
}

/** Tells whether a file is a changelog in one of those forms; its formatted SQL is SQL. */
export function isChangelog(path: string, text: string): boolean {
  return /\.(?:xml|ya?ml|json)$/i.test(path) && text.includes("databaseChangeLog");
}

/** The nodes of a changelog, in order. @throws Error with the parser's message */
export function readNodes(path: string, text: string): readonly ChangelogNode[] {
  if (/\.xml$/i.test(path)) return ofXml(text);
  const document = parseDocument(text, { prettyErrors: false });
  const [problem] = document.errors;
  if (problem) throw new Error(problem.message);
  const list = isMap(document.contents) ? document.contents.get("databaseChangeLog", true) : null;
  return isSeq(list) ? list.items.flatMap((item) => ofYaml("", item as Node)) : [];
}

interface Open {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: ChangelogNode[];
  text: string;
  readonly start: number;
  textStart: number | null;
}

function ofXml(text: string): readonly ChangelogNode[] {
  const parser = new SaxesParser({ position: true });
  const root: Open = { name: "", attributes: new Map(), children: [], text: "", start: 0, textStart: null };
  const open = [root];
  let begun = 0;
  parser.on("error", (error) => {
    throw error;
  });
  // At the event the parser stands behind the name.
  parser.on("opentagstart", ({ name }) => {
    begun = text.lastIndexOf(`<${name}`, parser.position);
  });
  parser.on("opentag", ({ name, attributes }) => {
    const given = new Map(Object.entries(attributes as Record<string, string>));
    open.push({
      name: name.replace(/^.*:/, ""),
      attributes: given,
      children: [],
      text: "",
      start: begun,
      textStart: parser.position,
    });
  });
  const add = (written: string): void => {
    open.at(-1)!.text += written;
  };
  parser.on("text", add);
  parser.on("cdata", (written) => {
    const own = open.at(-1)!;
    if (own.text.trim() === "") own.textStart = parser.position - written.length - "]]>".length;
    own.text = own.text.trim() === "" ? written : own.text + written;
  });
  parser.on("closetag", () => {
    const { textStart, ...own } = open.pop()!;
    const isVerbatim = textStart !== null && text.startsWith(own.text, textStart);
    open.at(-1)!.children.push({
      ...own,
      end: parser.position,
      textStart: isVerbatim ? textStart : null,
    });
  });
  parser.write(text).close();
  return root.children.find(({ name }) => name === "databaseChangeLog")?.children ?? [];
}

/** A map's scalars are attributes, all else in it children; of a list each item is one, whatever the list is called. */
function ofYaml(name: string, node: Node): ChangelogNode[] {
  const [start = 0, end = 0] = node.range ?? [];
  const place = { start, end, textStart: null };
  if (isScalar(node)) {
    const text = node.value === null ? "" : String(node.value);
    return [{ name, attributes: new Map(), children: [], text, ...place }];
  }
  if (isSeq(node)) return node.items.flatMap((item) => ofYaml(name, item as Node));
  if (!isMap(node)) return [];
  const attributes = new Map<string, string>();
  const children: ChangelogNode[] = [];
  for (const { key, value } of node.items) {
    const own = String(isScalar(key) ? key.value : key);
    if (isScalar(value)) attributes.set(own, value.value === null ? "" : String(value.value));
    if (value !== null) children.push(...ofYaml(own, value as Node));
  }
  // An item of a list names what it is: `- createTable: {…}`.
  const isWrapper = attributes.size === 0 && (name === "" || children.length === 1);
  return isWrapper && children.every((child) => child.name !== "") && node.items.length === 1
    ? children
    : [{ name, attributes, children, text: attributes.get("sql") ?? "", ...place }];
}
