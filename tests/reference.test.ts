import { execFileSync } from "node:child_process";
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
  const there = existsSync(join(ROOT, path)) ? read(path) : "";
  if (there === text) return;
  const [was, is] = [there, text].map((one) => one.split("\n")) as [string[], string[]];
  const gone = was.filter((line) => !is.includes(line)).map((line) => `- ${line}`);
  const come = is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`);
  throw new Error(
    `${path} is not of what there is: if that is meant, \`npm run docs\` writes it\n${[...gone, ...come].slice(0, 20).join("\n")}`,
  );
}

/** @param mend what to do about those that are left */
function expectNone(left: readonly string[], mend: string): void {
  if (left.length > 0) throw new Error(`${mend}:\n${left.join("\n")}`);
}

test("every option of the configuration has its line", () => {
  expectPage("docs/reference/configuration.md", configurationPage(JSON.parse(read("generator/schema.json"))));
  // The descriptions are the reference: an option without one is not documented.
  const empty = read("docs/reference/configuration.md").match(/^\| `[^`]*` \| .* \| *\|$/gm) ?? [];
  expectNone(empty, "describe these options (`.describe(…)`), then `npm run docs`");
});

test("every command has its help on a page", () => {
  expectPage("docs/reference/commands.md", commandsPage());
});

test("every type is as the tool itself reads it", () => {
  expectPage("docs/reference/types.md", typesPage());
});

test("every type that is mapped by its name is on the page", () => {
  const source = read("generator/src/emit/types.ts") + read("generator/src/emit/json-types.ts");
  const base = /^const BASE\b[\s\S]*?^};$/m.exec(source)?.[0] ?? "";
  const named = [
    ...[...base.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name!),
    ...[...source.matchAll(/\btype\.name === "(\w+)"/g)].map(([, name]) => name!),
  ];
  // What functions return, and no column has.
  const rows = new Set(["record", "_record", "void"]);
  expect(named.length).toBeGreaterThan(15);
  const page = read("docs/reference/types.md");
  const absent = named.filter((name) => !rows.has(name) && !page.includes(`\`${name}\``));
  expectNone(absent, "list these types in tests/reference/types.ts, then `npm run docs`");
});

test("what the runtime exports is what its report says", () => {
  for (const [name, report] of apiReports()) expectPage(`docs/api/${name}.md`, report);
});

test("every annotation, macro and flag has its line", () => {
  const page = read("docs/reference/annotations.md");
  const lineOf = (start: string) => new RegExp(`^\\| [^|\n]*\`${start.replaceAll(/[.(]/g, "\\$&")}`, "m");
  const all = [
    ...COMMANDS.filter((command) => command !== ":execlastid"),
    ...[...MACROS].map((macro) => `sqlc.${macro}(`),
    ...[...FLAGS].map((flag) => `-- @${flag}`),
    ...["@name", 'total as "name!"', 'total as "name?"'],
  ];
  const absent = all.filter((one) => !lineOf(one.replace("?", "\\?")).test(page));
  expectNone(absent, "give each of these its line in docs/reference/annotations.md");
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
  const absent = [...RULES.keys()].filter(
    (code) => !existsSync(join(ROOT, `docs/rules/${code}.md`)) || !list.includes(`(${code}.md)`),
  );
  expectNone(
    absent,
    "write these rules' pages: UPDATE_PAGES=1 npm run test:only -- generator/test/check/rules",
  );
});

/** The pages that people read: all that are kept here, but for what waits for the changelog and what tests read. */
function pages(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const all = listed.trim().split("\n");
  expect(all.length).toBeGreaterThan(200);
  return all.filter(
    (file) => !/^(?:\.changeset|tests|generator\/test)\//.test(file) && existsSync(join(ROOT, file)),
  );
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
      // The site's build looks at what is of the site.
      if (/^(?:[a-z]+:|\/)/.test(target)) continue;
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
  expectNone(broken, "these links lead nowhere");
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
  expectNone(
    unreachable.map((file) => relative(ROOT, file)),
    "link these pages from docs/README.md",
  );
  const howTos = readdirSync(join(ROOT, "docs/how-to")).filter((file) => file !== "README.md");
  const listed = [...read("docs/how-to/README.md").matchAll(/\]\((\S+?\.md)\)/g)].map(([, page]) => page);
  expectNone(
    howTos.filter((page) => !listed.includes(page)),
    "list these how-tos in docs/how-to/README.md",
  );
});
