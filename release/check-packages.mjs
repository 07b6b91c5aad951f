// What has to be true of the packages before they are released, besides the tests: nothing is unused, and types and entry
// points are as consumers find them. Run: npm run packages, after npm run build.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const tool = (name) => fileURLToPath(new URL(`./node_modules/.bin/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "packages-"));
let failed = false;

function check(what, command, args) {
  console.log(`\n${what}`);
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) failed = true;
}

try {
  const packed = JSON.parse(
    execFileSync("npm", ["pack", "--workspaces", "--pack-destination", folder, "--json"], {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  check("knip: what nobody uses", tool("knip"), ["--no-progress"]);
  for (const { name, filename } of packed) {
    const tarball = join(folder, filename);
    // The generator is a command and has no entry point.
    if (name !== "solitude-gen") check(`attw: ${name}`, tool("attw"), [tarball, "--format", "table-flipped"]);
    check(`publint: ${name}`, tool("publint"), [tarball, "--strict"]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
