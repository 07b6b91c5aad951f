import { spawn, spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverUser } from "../../../stack/embedded-postgres.mjs";
import { freePort } from "../../../stack/processes/free-port.mjs";

const PATHS = ["pgbouncer", "/usr/sbin/pgbouncer"];

/** Its version, such as [1, 18], and where it is; null where it is not installed. */
export function findPgBouncer(): { readonly binary: string; readonly version: [number, number] } | null {
  for (const binary of PATHS) {
    const { stdout } = spawnSync(binary, ["--version"], { encoding: "utf8" });
    const found = /PgBouncer (\d+)\.(\d+)/.exec(stdout ?? "");
    if (found !== null) return { binary, version: [Number(found[1]), Number(found[2])] };
  }
  return null;
}

/** A PgBouncer before the database of `url`. */
export async function startPgBouncer(
  binary: string,
  url: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const target = new URL(url);
  const home = mkdtempSync(join(tmpdir(), "solitude-pgbouncer-"));
  const port = await freePort();
  const all = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    auth_type: "any",
    unix_socket_dir: "",
    ...settings,
  };
  const file = join(home, "pgbouncer.ini");
  writeFileSync(
    file,
    [
      "[databases]",
      `db = host=${target.hostname} port=${target.port} dbname=${target.pathname.slice(1)} user=${target.username}`,
      "[pgbouncer]",
      ...Object.entries(all).map(([name, value]) => `${name} = ${value}`),
    ].join("\n"),
  );
  const user = serverUser();
  if (user.uid !== undefined && user.gid !== undefined)
    for (const path of [home, file]) chownSync(path, user.uid, user.gid);
  const bouncer = spawn(binary, [file], { ...user, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => bouncer.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    let log = "";
    bouncer.once("error", reject);
    bouncer.once("close", () => reject(new Error(`PgBouncer did not start:\n${log}`)));
    bouncer.stderr.on("data", (text) => {
      log += text;
      if (log.includes("process up")) resolve();
    });
  });
  return {
    url: `postgres://anyone@127.0.0.1:${port}/db`,
    async stop() {
      bouncer.kill("SIGINT");
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
