import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execute, MAIN, urlOf } from "./servers.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Applies what is new in schema/ with dbmate, as a role that the application does not have; gives the files applied. */
export async function migrate(stack) {
  const url = urlOf(stack, MAIN, "solitude_admin", "solitude");
  const run = spawnSync(
    join(ROOT, "node_modules/.bin/dbmate"),
    ["--migrations-dir", join(ROOT, "schema"), "--no-dump-schema", "up"],
    { encoding: "utf8", env: { ...process.env, DATABASE_URL: url } },
  );
  if (run.status !== 0) throw new Error(`dbmate: ${run.error?.message ?? `${run.stdout}${run.stderr}`}`);
  await execute(url, readFileSync(join(ROOT, "stack/postgres/service.sql"), "utf8"));
  return Array.from(run.stdout.matchAll(/^Applied: (\S+)/gm), ([, file]) => file);
}
