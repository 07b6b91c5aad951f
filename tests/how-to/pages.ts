import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HOW_TOS = join(ROOT, "docs/how-to");

/**
 * A block of code on a page. `[name]` behind its language makes it a file (blocks of one name are one file); without a name, `ts` goes on
 * with the page's program, `sh` is run, and `text` is what the block before it printed.
 */
export interface Block {
  readonly language: string;
  readonly file: string | undefined;
  /** A command that is shown because it fails. */
  readonly isToFail: boolean;
  readonly text: string;
  /** Where the text begins on the page. */
  readonly offset: number;
}

export interface Page {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Reads the how-tos, and the site's first page, which has samples of the same kind. */
export function readPages(): Page[] {
  const howTos = readdirSync(HOW_TOS)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .toSorted()
    .map((file) => readPage(join(HOW_TOS, file), file.replace(/\.md$/, "")));
  return [...howTos, readPage(join(ROOT, "site/home.md"), "home")];
}

function readPage(path: string, name: string): Page {
  const text = readFileSync(path, "utf8");
  const blocks = [...text.matchAll(/^```(\w+)(?: \[([^\]\n]+)\])?( fails)?\n([\s\S]*?)^```$/gm)].map(
    (found) => {
      const [whole, language = "", file, fails, content = ""] = found;
      const offset = found.index + whole.length - "```".length - content.length;
      return { language, file, isToFail: fails !== undefined, text: content, offset };
    },
  );
  // The site shows the name behind the language; GitHub does not.
  for (const { 1: file, index } of text.matchAll(/^```\w+ \[([^\]\n]+)\]/gm))
    if (name !== "home" && !text.slice(0, index).endsWith(`\n\`${file}\`\n\n`))
      throw new Error(`${path}: no line above the block says that it is \`${file}\``);
  const fences = text.match(/^```/gm)?.length ?? 0;
  if (fences !== 2 * blocks.length) throw new Error(`${path}: a block whose first line is not understood`);
  return { name, path, text, blocks };
}

/** Gives the page with other texts in some of its blocks. */
export function withTexts(page: Page, texts: ReadonlyMap<Block, string>): string {
  let text = page.text;
  for (const block of page.blocks.toReversed()) {
    const other = texts.get(block);
    if (other !== undefined)
      text = text.slice(0, block.offset) + other + text.slice(block.offset + block.text.length);
  }
  return text;
}
