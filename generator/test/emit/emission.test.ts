import { typescriptOptions } from "../../src/config/options/typescript.ts";
import { type EmitResult, emitTypeScript } from "../../src/emit/emit.ts";
import { EditedFiles } from "../../src/files/edited-files.ts";
import { MemoryFiles } from "../../src/files/memory-files.ts";
import type { QuerySet } from "../../src/model/analysis.ts";
import type { Before } from "../../src/model/emission.ts";
import { analyze } from "../../src/project/analyze.ts";
import { openInMemory } from "../../src/project/browser.ts";
import { NO_STORE } from "../../src/project/host.ts";
import { nodeHost } from "../../src/project/node-host.ts";
import { Project } from "../../src/project/project.ts";
import { Workspace } from "../../src/project/workspace.ts";

// A file that is taken from the emission before is the one that would have been written.

const SCHEMA = `create type mood as enum ('sad', 'ok');
create table people (id bigint primary key, name text not null, mood mood);
create view moody as select id, mood from people where mood is not null;`;
const PEOPLE =
  "-- name: People :many\nselect * from people;\n-- name: Person :one\nselect * from people where id = @id;\n";
const MOODS = "-- name: Moods :many\nselect mood, count(*) as n from moody group by mood;\n";

const host = { ...nodeHost, store: () => NO_STORE, warmUp: () => {} };
const options = typescriptOptions.parse({
  emit_tables: true,
  emit_facade: "Api",
  driver: "@solitude/runtime",
});

let files: EditedFiles;
let workspace: Workspace;
let project: Project;
beforeEach(() => {
  const texts = { "schema.sql": SCHEMA, "queries/people.sql": PEOPLE, "queries/moods.sql": MOODS };
  files = new EditedFiles(new MemoryFiles(new Map(Object.entries(texts))));
  workspace = new Workspace(host, { usesStore: false });
  const loaded = openInMemory(host, new Map(), { schema: ["schema.sql"], queries: ["queries"] });
  project = Project.open(workspace, { ...pick(loaded) }, () => files);
});
afterEach(() => workspace.close());

const pick = ({ config, file, root, diagnostics }: Project) => ({ config, file, root, diagnostics });
async function analysed(): Promise<QuerySet> {
  const { querySets, diagnostics } = await analyze(project);
  expect(diagnostics).toEqual([]);
  return querySets[0]!;
}
const asBefore = ({ emission, files: written }: EmitResult): Before => ({
  emission: emission!,
  files: written,
});

/** What marks each file of an emission, so that one that is taken from it can be told. */
const marked = (result: EmitResult): Before => ({
  ...asBefore(result),
  files: result.files.map(({ path, contents }) => ({ path, contents: `marked\n${contents}` })),
});
const taken = ({ files: written }: EmitResult): string[] =>
  written.flatMap(({ path, contents }) => (contents.startsWith("marked\n") ? [path] : []));

test.each<[edit: string, path: string, text: string, kept: string[]]>([
  ["a query", "queries/people.sql", PEOPLE.replace("*", "id"), ["models.ts", "moods_sql.ts", "tables.ts"]],
  ["a comment", "queries/people.sql", `-- Everybody.\n${PEOPLE}`, ["models.ts", "moods_sql.ts", "tables.ts"]],
  [
    "a name that another file's code had",
    "queries/moods.sql",
    MOODS.replace("Moods", "PersonOrThrow"),
    ["models.ts", "tables.ts"],
  ],
  ["a column", "schema.sql", SCHEMA.replace("name text not null", "name text"), []],
  ["a comment of a column", "schema.sql", `${SCHEMA}\ncomment on column people.id is 'theirs';`, []],
])("after an edit of %s", async (_, path, text, kept) => {
  const first = emitTypeScript(await analysed(), options);
  files.edit(path, text);
  workspace.forgetFiles();
  const set = await analysed();
  const anew = emitTypeScript(set, options);
  expect(emitTypeScript(set, options, asBefore(first))).toEqual(anew);
  expect(taken(emitTypeScript(set, options, marked(first))).sort()).toEqual(kept);
});

test("under other options", async () => {
  const set = await analysed();
  const first = emitTypeScript(set, options);
  const others = { ...options, optional_params: !options.optional_params, emit_facade: undefined };
  expect(emitTypeScript(set, others, asBefore(first))).toEqual(emitTypeScript(set, others));
});
