import { parseStatement } from "../../postgres/raw-parse.ts";
import {
  kindAndTree,
  namesOf,
  nodeOf,
  nodesOf,
  type RawNode,
  type RawTree,
} from "../../postgres/raw-tree.ts";
import { partsOf } from "../../sql/quoting.ts";
import { functionsIn, ofScript, readBlock } from "../migrations/within.ts";
import type { Catalog } from "../schema/catalog.ts";

/** What a statement consists of, itself and what it calls. */
export interface Whole {
  /** The statement, those of its block, and those of all functions that are called, also by one another. */
  readonly trees: readonly RawTree[];
  /** Whether a loop in it may go on for as long as it likes. */
  readonly loopsFreely: boolean;
  /** Whether a text is executed that is put together while it runs. */
  readonly isOpen: boolean;
}

/** The functions and procedures that a migration may call: those of either schema, and those that it makes for itself. */
export class Routines {
  /** By name, without its schema. */
  readonly #definitions = new Map<string, Set<string>>();
  /** What was read already: a migration is followed, watched more than once, and asked for sequences. */
  readonly #read = new WeakMap<RawTree, Promise<Whole>>();

  constructor(catalogs: readonly Catalog[]) {
    for (const { objects } of catalogs)
      for (const { kind, identity, properties } of objects.values())
        if (kind === "function" || kind === "procedure")
          this.#add(partsOf(identity).at(-1) ?? "", properties.definition);
  }

  /** Takes note of one that a statement makes. */
  note(statement: RawTree, text: string): void {
    if (statement.kind === "CreateFunctionStmt")
      this.#add(namesOf(statement.tree.funcname).at(-1) ?? "", text);
  }

  #add(name: string, definition: string): void {
    this.#definitions.set(name, (this.#definitions.get(name) ?? new Set()).add(definition));
  }

  /** Reads what a statement consists of, with the routines that are known when it is first asked for. */
  whole(statement: RawTree, text: string): Promise<Whole> {
    const known = this.#read.get(statement) ?? this.#readWhole(statement, text);
    this.#read.set(statement, known);
    return known;
  }

  async #readWhole(statement: RawTree, text: string): Promise<Whole> {
    const trees: RawTree[] = [];
    let [loopsFreely, isOpen] = [false, false];
    const read = new Set<string>();
    const pending: RawTree[] = [statement];
    const take = async (texts: readonly string[]): Promise<void> => {
      for (const one of texts) {
        const parsed = await parseStatement(one).catch(() => null);
        if (parsed !== null) pending.push(parsed);
      }
    };
    const takeBlock = async (definition: string): Promise<void> => {
      const block = await readBlock(definition);
      loopsFreely ||= block.loopsFreely;
      isOpen ||= block.isOpen;
      await take(block.texts);
    };
    if (statement.kind === "DoStmt") await takeBlock(text);
    for (let one = pending.shift(); one !== undefined; one = pending.shift()) {
      trees.push(one);
      // What a function does when it is called is no part of what makes it.
      if (one.kind === "CreateFunctionStmt" || one.kind === "RuleStmt") continue;
      for (const definition of functionsIn(one).flatMap((name) => [...(this.#definitions.get(name) ?? [])])) {
        if (read.has(definition)) continue;
        read.add(definition);
        const body = await sqlBodyOf(definition);
        if (body === null) await takeBlock(definition);
        else if (typeof body === "string") await take(await ofScript(body));
        else pending.push(...body);
      }
    }
    return { trees, loopsFreely, isOpen };
  }
}

/** Gives the body of a function in SQL, as a text or as statements; null for one in another language. */
async function sqlBodyOf(definition: string): Promise<string | readonly RawTree[] | null> {
  const parsed = await parseStatement(definition).catch(() => null);
  if (parsed?.kind !== "CreateFunctionStmt") return null;
  const { options, sql_body: atomic } = parsed.tree;
  const given = new Map(nodesOf(options, "DefElem").map(({ defname, arg }) => [defname, arg]));
  const language = given.get("language");
  if (atomic !== undefined) return listed(atomic).flatMap(listed).map(kindAndTree);
  if (language === undefined || namesOf([language])[0]?.toLowerCase() !== "sql") return null;
  const as = given.get("as");
  return as === undefined ? null : (namesOf(listed(as))[0] ?? null);
}

const listed = (node: RawNode): readonly RawNode[] => nodeOf(node, "List")?.items ?? [node];
