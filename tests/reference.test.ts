import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RULES } from "../generator/src/check/rules/registry.ts";
import { COMMANDS } from "../generator/src/model/query.ts";
import { FLAGS } from "../generator/src/model/source.ts";
import { MACROS } from "../generator/src/source/macros.ts";
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

test("every type that is mapped by its name is on the page", () => {
  const source = read("generator/src/emit/types.ts");
  const base = /^const BASE\b[\s\S]*?^};$/m.exec(source)?.[0] ?? "";
  const named = [
    ...[...base.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name!),
    ...[...source.matchAll(/\btype\.name === "(\w+)"/g)].map(([, name]) => name!),
  ];
  // What functions return, and no column has.
  const rows = new Set(["record", "_record", "void"]);
  expect(named.length).toBeGreaterThan(15);
  const page = read("docs/reference/types.md");
  expect(named.filter((name) => !rows.has(name) && !page.includes(`\`${name}\``))).toEqual([]);
});

test("what the runtime exports is what its report says", () => {
  for (const [name, report] of apiReports()) expectPage(`docs/api/${name}.md`, report);
});

test("every annotation, macro and flag has its line", () => {
  const page = read("docs/reference/annotations.md");
  const lineOf = (start: string) => new RegExp(`^\\| [^|\n]*\`${start.replaceAll(/[.(]/g, "\\$&")}`, "m");
  for (const command of COMMANDS) if (command !== ":execlastid") expect(page).toMatch(lineOf(command));
  for (const macro of MACROS) expect(page).toMatch(lineOf(`sqlc.${macro}(`));
  for (const flag of FLAGS) expect(page).toMatch(lineOf(`-- @${flag}`));
  for (const written of ["@name", 'total as "name!"', 'total as "name?"'])
    expect(page).toMatch(lineOf(written.replace("?", "\\?")));
});

test("the comparison is of the queries and migrations that there are", () => {
  const page = read("docs/comparison.md");
  const queries = readdirSync(join(ROOT, "queries")).flatMap(
    (file) => read(`queries/${file}`).match(/^-- name: /gm) ?? [],
  );
  // `node bench/peers/generators.mjs && npm run format` takes the figures anew.
  expect(/of Solitude's (\d+) queries/.exec(page)?.[1]).toBe(`${queries.length}`);
  expect(/of the same (\d+) queries/.exec(page)?.[1]).toBe(`${queries.length}`);
  expect(/migrations that are refused, of (\d+)/.exec(page)?.[1]).toBe(
    `${readdirSync(join(ROOT, "schema")).length}`,
  );
});

test("every rule has a page, and its line in the list of rules", () => {
  const list = read("docs/rules/README.md");
  for (const code of RULES.keys()) {
    expect(existsSync(join(ROOT, `docs/rules/${code}.md`)) ? code : `${code} has no page`).toBe(code);
    expect(list).toContain(`(${code}.md)`);
  }
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
