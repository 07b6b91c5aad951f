import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { linkOnSite, listPages, pathOnSite, ROOT, sidebar } from "../site/navigation.mjs";

// The site is built by `npm run site`, which fails where a link is dead; here is what leads to its pages.

interface Item {
  readonly text: string;
  readonly link?: string;
  readonly items?: readonly Item[];
}
const linksOf = (items: readonly Item[]): string[] =>
  items.flatMap(({ link, items: below }) => [...(link === undefined ? [] : [link]), ...linksOf(below ?? [])]);

const PAGES = listPages();
const LINKS = new Set(linksOf(sidebar()));

test("every page has a place of its own on the site", () => {
  const places = PAGES.map(pathOnSite);
  expect(new Set(places).size).toBe(places.length);
  expect(pathOnSite("docs/how-to/copy.md")).toBe("how-to/copy.md");
  expect(pathOnSite("runtime/README.md")).toBe("runtime/index.md");
});

test("what the bar beside the pages leads to is there, and it leads to every page but those of lists", () => {
  const links = new Set(PAGES.map((page) => `/${pathOnSite(page).replace(/(?<![^/])index\.md$|\.md$/, "")}`));
  expect([...LINKS].filter((link) => !links.has(link.replace(/#.*/, "")))).toEqual([]);
  const ofLists = /^\/(?:rules|decisions|examples)\/.|^\/(?:|overview|how-to\/|CONTRIBUTING|SECURITY)$/;
  expect([...links].filter((link) => !LINKS.has(link) && !ofLists.test(link))).toEqual([]);
});

test("links between pages lead to pages of the site, and others to the repository", () => {
  expect(linkOnSite("docs/how-to/copy.md", "tenants.md#a")).toBe("/how-to/tenants#a");
  expect(linkOnSite("docs/README.md", "../runtime/README.md#locks")).toBe("/runtime/#locks");
  expect(linkOnSite("examples/README.md", "three-files")).toBe("/examples/three-files/");
  expect(linkOnSite("docs/rules/README.md", "wide-index.md")).toBe("/rules/wide-index");
  expect(linkOnSite("docs/README.md", "../action.yml")).toMatch(/^https:\/\/.*\/action\.yml$/);
  expect(() => linkOnSite("docs/README.md", "nothing.md")).toThrow("there is no nothing.md");
});

test("the first page begins with what VitePress reads", () => {
  const [, head = ""] = /^---\n([\s\S]*?)^---$/m.exec(readFileSync(join(ROOT, "site/home.md"), "utf8")) ?? [];
  const { layout, hero } = parse(head);
  expect([layout, hero.name, hero.actions.length]).toEqual(["home", "solitude-gen", 3]);
});

test("it is a package of its own, which the root's installation leaves alone", () => {
  expect(existsSync(join(ROOT, "site/package-lock.json"))).toBe(true);
  const { workspaces, devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(workspaces).not.toContain("site");
  expect(devDependencies).not.toHaveProperty(["vitepress"]);
});
