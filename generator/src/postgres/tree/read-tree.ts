import { Layouts } from "./layouts.ts";
import type { AnyNode, Expression, Query } from "./node-types.ts";
import { type Tree, TreeReader } from "./tree-reader.ts";
import { UnreadableTreeError } from "./unreadable-tree-error.ts";

export { type Tree, UnreadableTreeError };

/**
 * Reads what PostgreSQL's `nodeToString` prints, each node held against what its version has: kinds, fields and their
 * order, constants of enums, and what may stand where.
 * @param version as `Engine.version`, e.g. 180006
 * @throws UnreadableTreeError which names node, field and version
 */
export function readTree(text: string, version: number): Tree {
  const reader = new TreeReader(text, layoutsOf(version));
  return reader.whole(() => reader.tree());
}

/** Reads the queries of `prosqlbody`, `ev_action` or `debug_print_parse`, however deep they are in lists. */
export function readQueries(text: string, version: number): readonly Query[] {
  const flat = (tree: Tree): AnyNode[] =>
    tree === null ? [] : "kind" in tree ? [tree] : tree.flatMap((element) => flat(element));
  return flat(readTree(text, version)).map((node) => {
    if (node.kind === "Query") return node;
    throw new UnreadableTreeError(majorOf(version), node.kind, null, "is not a Query");
  });
}

/** Reads an expression: `conbin`, `adbin`, `polqual`. */
export function readExpression(text: string, version: number): Expression {
  return read(text, version, "Expression") as Expression;
}

/** Reads a list of expressions: `indexprs`, `proargdefaults`. */
export function readExpressions(text: string, version: number): readonly Expression[] {
  return read(text, version, "Expression[]") as readonly Expression[];
}

function read(text: string, version: number, type: string): unknown {
  const layouts = layoutsOf(version);
  const reader = new TreeReader(text, layouts);
  return reader.whole(() => reader.value(layouts.decoder(type)));
}

function layoutsOf(version: number): Layouts {
  const major = majorOf(version);
  const layouts = Layouts.of(major);
  if (layouts) return layouts;
  throw new UnreadableTreeError(major, null, null, `those of ${Layouts.shown()} are known, not of ${major}`);
}

function majorOf(version: number): number {
  return Math.floor(version / 10000);
}
