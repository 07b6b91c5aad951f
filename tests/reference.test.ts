import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RULES } from "../generator/src/check/rules/registry.ts";
import { readManual } from "../generator/src/diagnostics/manual.ts";
import { COMMANDS } from "../generator/src/model/query.ts";
import { apiReports } from "./reference/api.ts";
import { commandsPage } from "./reference/commands.ts";
import { configurationPage } from "./reference/configuration.ts";
import { typesPage } from "./reference/types.ts";

// References are written from what they describe: a page that says something else, or nothing, fails. UPDATE_EXPECTED=1 writes them.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

function expectPage(path: string, text: string): void {
  if (process.env.UPDATE_EXPECTED === "1") writeFileSync(join(ROOT, path), text);
  expect(existsSync(join(ROOT, path)) ? read(path) : `${path} is not there: npm run docs`).toBe(text);
}

test("every option of the configuration has its line", () => {
  expectPage("docs/reference/configuration.md", configurationPage(JSON.parse(read("generator/schema.json"))));
  // The descriptions are the reference: an option without one is not documented.
  const empty = read("docs/reference/configuration.md").match(/^\| `[^`]*` \| .* \| *\|$/gm) ?? [];
  expect(empty).toEqual([]);
});

test("every command has its help on a page", () => {
  expectPage("docs/reference/commands.md", commandsPage());
});

test("every type is as the tool itself reads it", () => {
  expectPage("docs/reference/types.md", typesPage());
});

test("what the runtime exports is what its report says", () => {
  for (const [name, report] of apiReports()) expectPage(`docs/api/${name}.md`, report);
});

test("every annotation and macro is explained", () => {
  const page = read("docs/reference/annotations.md");
  for (const command of COMMANDS)
    if (command !== ":execlastid") expect(page).toMatch(new RegExp(`^\\| \`${command}\` `, "m"));
  for (const macro of [
    "sqlc.arg(",
    "sqlc.narg(",
    "sqlc.slice(",
    "sqlc.embed(",
    "@name",
    '"name!"',
    '"name?"',
    "@optional",
  ])
    expect(page).toContain(macro);
});

test("every rule has a page, and every code that the sources give is in the manual", async () => {
  for (const code of RULES.keys()) expect(existsSync(join(ROOT, `docs/rules/${code}.md`))).toBe(true);
  const known = new Set([...(await readManual()).map(({ code }) => code), ...RULES.keys()]);
  expect(known.size).toBeGreaterThan(100);
});

/** The pages that people read, without what others wrote. */
function pages(): string[] {
  const all = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file));
  return [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "ARCHITECTURE.md",
    "generator/README.md",
    "runtime/README.md",
    ...all,
  ];
}

test("links between pages hold, to their headings too", () => {
  const slug = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-");
  const broken: string[] = [];
  for (const page of pages()) {
    const text = read(page).replace(/^```[\s\S]*?^```/gm, "");
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
      if (!existsSync(file)) broken.push(`${page}: ${target}`);
      else if (anchor !== undefined && file.endsWith(".md")) {
        const headings = [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
          slug(heading!),
        );
        if (!headings.includes(anchor)) broken.push(`${page}: ${target}`);
      }
    }
  }
  expect(broken).toEqual([]);
});

test("every page is reached from docs/README.md, or from the list of its folder", () => {
  const start = read("docs/README.md");
  const linked = new Set(
    [...start.matchAll(/\]\(([^)#\s]+)/g)].map(([, target]) => resolve(ROOT, "docs", target!)),
  );
  const unreachable = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter(
      (file) =>
        file.endsWith(".md") && !/^(?:how-to|rules|decisions)\/(?!README)/.test(file.replaceAll("\\", "/")),
    )
    .map((file) => resolve(ROOT, "docs", file))
    .filter((file) => file !== resolve(ROOT, "docs/README.md") && !linked.has(file));
  expect(unreachable.map((file) => relative(ROOT, file))).toEqual([]);
  const howTos = readdirSync(join(ROOT, "docs/how-to")).filter((file) => file !== "README.md");
  const listed = [...read("docs/how-to/README.md").matchAll(/\]\((\S+?\.md)\)/g)].map(([, page]) => page);
  expect(howTos.filter((page) => !listed.includes(page))).toEqual([]);
});
