import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { closeProjects, runCommand } from "./command.ts";
import { sliceToRun } from "./long-form.ts";

// What one command leaves in the cache, every other one starts from: each says with it what it says without.

const COMMANDS = {
  analyze: ["analyze", "--json"],
  diff: ["diff", "--against", "../base"],
  verify: ["verify", "--against", "../base"],
  ci: ["ci", "--only", "diff", "verify", "vet", "--against", "../base"],
} as const;
type Command = keyof typeof COMMANDS;
const NAMES = Object.keys(COMMANDS) as Command[];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-cache-"));
  const config = 'version: "2"\nsql: [{ engine: postgresql, schema: m, queries: q.sql }]\n';
  const first = "create table box (id int primary key, note text);\n";
  // One leaves files behind that only a server with it starts from, the others have types and functions.
  const second =
    "create extension pg_stat_statements; create extension citext; create extension pgcrypto;\nalter table box add at timestamptz;\n";
  for (const [side, files] of [
    ["base", { "m/1.sql": first }],
    ["head", { "m/1.sql": first, "m/2.sql": second }],
  ] as const)
    for (const [path, text] of Object.entries({
      "sqlc.yaml": config,
      "q.sql": "-- name: All :many\nselect * from box;\n",
      ...files,
    })) {
      mkdirSync(dirname(join(folder, side, path)), { recursive: true });
      writeFileSync(join(folder, side, path), text);
    }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Exit code and all that is printed. Nothing but the cache is left of the command before. */
async function run(command: Command, cache: string | null): Promise<unknown> {
  const before = process.env.SOLITUDE_GEN_CACHE;
  process.env.SOLITUDE_GEN_CACHE = cache ?? join(folder, "none");
  try {
    const ran = await runCommand(
      join(folder, "head"),
      ...COMMANDS[command],
      ...(cache === null ? ["--no-cache"] : []),
    );
    await closeProjects();
    return { command, ...ran };
  } finally {
    process.env.SOLITUDE_GEN_CACHE = before;
  }
}

const without = new Map<Command, unknown>();
beforeAll(async () => {
  for (const command of NAMES) without.set(command, await run(command, null));
});

test.each(sliceToRun("commands whose cache others begin with", NAMES, 4))(
  "what %s keeps misleads no other command",
  async (first) => {
    const kept = join(folder, `after-${first}`);
    expect(await run(first, kept)).toEqual(without.get(first));
    for (const second of NAMES) {
      const own = join(folder, `${first}-${second}`);
      cpSync(kept, own, { recursive: true });
      expect(await run(second, own)).toEqual(without.get(second));
    }
  },
);
