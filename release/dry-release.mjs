// A release from its first to its last step, in a copy and to a registry of its own on this machine: versions and changelog by what waits
// in .changeset, the build, the publishing, and then docs/start.md followed to the letter with what was published.
// Run: npm run release:dry, after npm ci --prefix release.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = {
  "solitude-gen": "generator",
  "@solitude/runtime": "runtime",
  "@solitude/client": "generated",
};
const home = mkdtempSync(join(tmpdir(), "dry-release-"));

function run(command, cwd, env = {}) {
  console.log(`$ ${command}`);
  const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", command], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${command}: exit code ${status}\n${stdout}${stderr}`);
  return stdout;
}

function expect(truth, what) {
  if (!truth) throw new Error(`not so: ${what}`);
  console.log(`✓ ${what}`);
}

const json = (...path) => JSON.parse(readFileSync(join(...path), "utf8"));

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

/** Starts a registry that has our packages itself, and all others from where npm gets them here. */
async function startRegistry() {
  const port = await freePort();
  const upstream = spawnSync("npm", ["config", "get", "registry"], {
    cwd: ROOT,
    encoding: "utf8",
  }).stdout.trim();
  const own = { access: "$all", publish: "$all" };
  writeFileSync(
    join(home, "registry.yaml"),
    JSON.stringify({
      storage: join(home, "registry"),
      auth: { htpasswd: { file: join(home, "htpasswd") } },
      uplinks: { upstream: { url: upstream, timeout: "60s", cache: false } },
      packages: { "solitude-gen": own, "@solitude/*": own, "**": { access: "$all", proxy: "upstream" } },
      log: { type: "stdout", level: "error" },
      max_body_size: "100mb",
    }),
  );
  const require = createRequire(import.meta.url);
  const bin = join(dirname(require.resolve("verdaccio/package.json")), "bin/verdaccio");
  const registry = spawn(
    process.execPath,
    [bin, "--config", join(home, "registry.yaml"), "--listen", `127.0.0.1:${port}`],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  const url = `http://127.0.0.1:${port}/`;
  for (let waited = 0; ; waited += 250) {
    if (
      await fetch(`${url}-/ping`).then(
        (response) => response.ok,
        () => false,
      )
    )
      break;
    if (waited > 60_000 || registry.exitCode !== null) throw new Error("the registry does not start");
    await new Promise((done) => setTimeout(done, 250));
  }
  return { url, port, end: () => registry.kill() };
}

/** The repository as a checkout has it, with its packages installed. */
function checkOut() {
  const copy = join(home, "checkout");
  const files = run("git ls-files -z --cached --others --exclude-standard", ROOT).split("\0").filter(Boolean);
  for (const file of files) {
    if (existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(copy, file), { verbatimSymlinks: true });
  }
  // Provenance is what GitHub signs, and nobody else can.
  for (const folder of Object.values(PACKAGES))
    run("npm pkg delete publishConfig.provenance", join(copy, folder));
  run("git init --quiet --initial-branch=main && git add --all", copy);
  run("git -c user.name=t -c user.email=t@localhost commit --quiet --message start", copy);
  run("npm ci --prefer-offline --ignore-scripts --no-audit --no-fund", copy);
  cpSync(join(ROOT, "release/node_modules"), join(copy, "release/node_modules"), {
    recursive: true,
    verbatimSymlinks: true,
  });
  return copy;
}

/** What the workflow gives the action that opens the pull request of the next versions and publishes them. */
function commandsOf(workflow) {
  const command = (name) => new RegExp(`^ +${name}: (npm run .*)$`, "m").exec(workflow)?.[1];
  return { version: command("version"), publish: command("publish") };
}

/** Follows the numbered sections of a page: its commands are run, and its files written, as they stand. */
function follow(page, folder, env) {
  mkdirSync(folder, { recursive: true });
  let said = "";
  const sections = page.split(/^## /m).filter((section) => /^\d/.test(section));
  for (const [, path, language, text] of sections
    .join("")
    .matchAll(/(?:^`([\w./-]+)`:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (language === "sh") said += run(text.trim(), folder, env);
    else {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }
  return said;
}

let registry;
try {
  registry = await startRegistry();
  const { version, publish } = commandsOf(readFileSync(join(ROOT, ".github/workflows/release.yml"), "utf8"));
  const copy = checkOut();
  const before = json(ROOT, "generator/package.json").version;
  run(version, copy);
  const next = json(copy, "generator/package.json").version;
  expect(next !== before, `changesets made version ${next} of ${before}`);
  for (const [name, folder] of Object.entries(PACKAGES)) {
    expect(json(copy, folder, "package.json").version === next, `${name} is ${next}`);
    const log = readFileSync(join(copy, folder, "CHANGELOG.md"), "utf8");
    expect(log.includes(`## ${next}\n`), `its changelog has ${next}`);
  }
  expect(
    json(copy, "generated/package.json").dependencies["@solitude/runtime"] === next,
    "the client needs this runtime",
  );
  run(
    "git add --all && git -c user.name=t -c user.email=t@localhost -c core.hooksPath=/dev/null commit --quiet --message next",
    copy,
  );
  const settings = {
    npm_config_registry: registry.url,
    npm_config_userconfig: join(home, "npmrc"),
    npm_config_cache: join(home, "cache"),
  };
  writeFileSync(join(home, "npmrc"), `//127.0.0.1:${registry.port}/:_authToken=nobody\n`);
  run(publish, copy, { ...settings, CI: "1", GIT_AUTHOR_NAME: "t", GIT_AUTHOR_EMAIL: "t@localhost" });
  for (const name of Object.keys(PACKAGES)) {
    const {
      "dist-tags": tags,
      license,
      repository,
    } = JSON.parse(run(`npm view ${name} --json`, home, settings));
    expect(tags.latest === next, `the registry's latest ${name} is ${next}`);
    expect(
      license === "MIT" && repository.url.includes("github.com"),
      "it says its licence and where it is from",
    );
  }
  const app = join(home, "app");
  const said = follow(readFileSync(join(ROOT, "docs/start.md"), "utf8"), app, settings);
  expect(/^# pass 1$|ℹ pass 1/m.test(said), "docs/start.md ends with an endpoint that was tested");
  // PGlite's declarations ask for Emscripten's, as docs/consumers.md says.
  run(
    "npm install --no-audit --no-fund --save-dev typescript @types/node @types/emscripten @solitude/client",
    app,
    settings,
  );
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    noEmit: true,
    types: ["node", "emscripten"],
  };
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  writeFileSync(
    join(app, "src/client.ts"),
    `import { createSolitude, type GetUserRow } from "@solitude/client";
export const id: GetUserRow["id"] | null = null;
export { createSolitude };
`,
  );
  run("npx tsc", app, settings);
  expect(true, "it compiles under strict, with the client's declarations too");
} finally {
  registry?.end();
  rmSync(home, { recursive: true, force: true });
}
