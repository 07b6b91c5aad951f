import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execute, MAIN, urlOf } from "./servers.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Applies what is new in schema/ with dbmate, as a role that the application does not have; gives the files applied. */
export async function migrate(stack, server = MAIN) {
  const url = urlOf(stack, server, "solitude_admin", "solitude");
  const run = spawnSync(
    join(ROOT, "node_modules/.bin/dbmate"),
    ["--migrations-dir", join(ROOT, "schema"), "--no-dump-schema", "up"],
    { encoding: "utf8", env: { ...process.env, DATABASE_URL: url } },
  );
  if (run.status !== 0) throw new Error(`dbmate: ${run.error?.message ?? `${run.stdout}${run.stderr}`}`);
  for (const file of ["roles/solitude_app.sql", "roles/solitude_worker.sql", "stack/postgres/service.sql"]) {
    await execute(url, readFileSync(join(ROOT, file), "utf8"));
  }
  return Array.from(run.stdout.matchAll(/^Applied: (\S+)/gm), ([, file]) => file);
}
