import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

// Where pages of the repository are on the site, and what leads to them. Both follow from docs/README.md and the lists of docs/how-to and
// docs/rules, which people read on GitHub: there is no second list to keep.

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const SOURCES = "https://github.com/solitude/solitude/blob/main/";

/** Folders whose pages are on the site, and pages beside them. */
const FOLDERS = ["docs", "runtime/docs", "examples"];
const SINGLE = ["site/home.md", "runtime/README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];

/** Gives the pages of the site, as paths in the repository. */
export function listPages() {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
      .filter((file) => file.endsWith(".md") && !file.includes("node_modules/")),
  );
  return [...SINGLE, ...inFolders];
}
const PAGES = new Set(listPages());

/** Gives the path of a page on the site by its path in the repository, as VitePress has it (`how-to/copy.md`). */
export function pathOnSite(page) {
  if (page === "site/home.md") return "index.md";
  const path = page === "docs/README.md" ? "overview.md" : page.replace(/^docs\//, "");
  return path.replace(/(^|\/)README\.md$/, "$1index.md");
}

/** Gives what a link of a page is on the site: a page of it, or the file in the repository. */
export function linkOnSite(page, target) {
  if (/^[a-z]+:|^#|^\//.test(target)) return target;
  const [path, anchor] = target.split("#");
  const file = posix.normalize(posix.join(posix.dirname(page), path)).replace(/\/$/, "");
  const there = join(ROOT, file);
  if (!existsSync(there)) throw new Error(`${page}: there is no ${target}`);
  // A folder stands for its list, as on GitHub.
  const readme = statSync(there).isDirectory() ? posix.join(file, "README.md") : file;
  const behind = anchor === undefined ? "" : `#${anchor}`;
  if (!PAGES.has(readme)) return `${SOURCES}${file}${behind}`;
  return `/${pathOnSite(readme).replace(/(?<![^/])index\.md$|\.md$/, "")}${behind}`;
}

/** Reads the sections of a page that is a list: each heading with the links below it. */
export function sectionsOf(page) {
  const sections = [];
  for (const line of readFileSync(join(ROOT, page), "utf8").split("\n")) {
    const heading = /^## (.+)$/.exec(line)?.[1];
    if (heading !== undefined) sections.push({ text: heading, items: [] });
    if (!line.startsWith("- ")) continue;
    for (const [, text, target] of line.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)) {
      const link = linkOnSite(page, target);
      if (link.startsWith("/")) sections.at(-1)?.items.push({ text: capitalized(text), link });
    }
  }
  return sections;
}

const capitalized = (text) => text.replace(/`/g, "").replace(/^[a-z]/, (letter) => letter.toUpperCase());

/** Gives what stands in the bar beside the pages. */
export function sidebar() {
  const known = new Set();
  const fresh = ({ link }) => !known.has(link) && known.add(link);
  const sections = sectionsOf("docs/README.md").map(({ text, items }) => ({
    text,
    collapsed: false,
    items: items.filter(fresh),
  }));
  const howTos = sectionsOf("docs/how-to/README.md").map(({ text, items }) => ({
    text,
    collapsed: true,
    items,
  }));
  const begin = {
    text: "Begin",
    items: [
      { text: "In five minutes", link: "/start" },
      { text: "Examples", link: "/examples/" },
    ],
  };
  return [begin, { text: "How-tos", collapsed: false, items: howTos }, ...sections];
}

/** Gives a page's path in the repository by its path in the file system. */
export const pageOf = (path) => relative(ROOT, path).replaceAll("\\", "/");
