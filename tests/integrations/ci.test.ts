import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { runCommand } from "../command.ts";
import { CommandShell, type Said } from "../command-shell.ts";
import { CLI, makeRepository, type Repository, ROOT, SAFE, UNSAFE } from "./pull-request.ts";

// All checks of a pull request in one run, and what runs them on GitHub and GitLab: their steps, run as the scripts that they are.

let safe: Repository;
let unsafe: Repository;
let commands: CommandShell;
beforeAll(async () => {
  commands = await CommandShell.open();
  safe = await makeRepository(SAFE);
  unsafe = await makeRepository(UNSAFE);
});
afterAll(async () => {
  await commands?.close();
  safe?.remove();
  unsafe?.remove();
});

const shell = (script: string, { folder }: Repository, env: Record<string, string> = {}): Promise<Said> =>
  commands.run(script, { cwd: folder, env: { ...process.env, GITHUB_ACTIONS: "", ...env } });

/** What needs no shell and no environment of its own. */
async function command(line: string, { folder }: Repository): Promise<Said> {
  const { code, out, err } = await runCommand(folder, ...line.split(" "));
  return { status: code, stdout: out, stderr: err };
}

test("a change that can be rolled out passes, and says how", async () => {
  const { status, stdout, stderr } = await command("ci --against main", safe);
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  expect(stdout).toMatch(/^against main \([0-9a-f]{8}\)$/m);
  expect(stdout).toMatch(/✔ generated code +current/);
  expect(stdout).toMatch(/✔ schema +1 added/);
  expect(stdout).toMatch(/✔ roll-out +safe to migrate first: migrate, then deploy/);
});

test("nothing is done twice: files are read once, one git process reads the base, two engines serve all checks", async () => {
  const log = join(safe.folder, ".git/counted");
  const hook = join(safe.folder, ".git/count.mjs");
  writeFileSync(
    hook,
    `import fs from "node:fs"; import child from "node:child_process"; import threads from "node:worker_threads";
import { syncBuiltinESMExports } from "node:module";
const count = (what) => fs.appendFileSync(${JSON.stringify(log)}, what + "\\n");
const { open } = fs.promises; const { spawn } = child; const { Worker } = threads;
fs.promises.open = (path, ...rest) => { if (String(path).endsWith(".sql")) count("read " + path); return open(path, ...rest); };
child.spawn = (file, ...rest) => { if (file === "git") count("git"); return spawn(file, ...rest); };
threads.Worker = class extends Worker { constructor(...given) { super(...given); count("engine"); } };
syncBuiltinESMExports();`,
  );
  const env = { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}` };
  expect((await shell(`${CLI} ci --against main --no-cache`, safe, env)).status).toBe(0);
  const counted = readFileSync(log, "utf8").trim().split("\n");
  const of = (what: string): string[] => counted.filter((line) => line.startsWith(what));
  expect(new Set(of("read")).size).toBe(of("read").length);
  expect(of("read").length).toBeGreaterThan(0);
  // One of them asks which filters there are, through which the base's files would go.
  expect(of("git").length).toBeLessThanOrEqual(7);
  expect(of("engine").length).toBeLessThanOrEqual(2);
});

test("a change that breaks what is deployed fails; the order that is asked for decides", async () => {
  expect(await command("ci --against main", unsafe)).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/✘ roll-out +needs \d steps/),
    stderr: expect.stringContaining('column "name" does not exist'),
  });
  expect((await command("ci --against main --order deploy-first", safe)).status).toBe(1);
  expect((await command("ci --against main --order migrate-first", safe)).status).toBe(0);
  expect(await command("ci --against nowhere", safe)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("error[base-not-found]"),
  });
});

test("the configuration says which checks run, against what and how; the command line overrules it", async () => {
  const path = join(unsafe.folder, "sqlc.yaml");
  const plain = readFileSync(path, "utf8");
  const configure = (ci: string): void => writeFileSync(path, `${plain}ci:\n${ci.replace(/^/gm, "  ")}\n`);
  try {
    configure(
      "checks: [diff, verify]\nagainst: main\nreports: { json: out/report.json, markdown: out/all.md }\nbaseline: known.json",
    );
    writeFileSync(join(unsafe.folder, "known.json"), '{ "version": 1, "findings": {} }');
    const ran = await command("ci", unsafe);
    expect([ran.status, ran.stdout]).toEqual([
      1,
      expect.stringMatching(
        /^against main \([0-9a-f]{8}\)\n {2}✔ schema .*\n {2}✘ roll-out .*\n(?:the roll-out, each step|no roll-out was found)/,
      ),
    ]);
    const report = JSON.parse(readFileSync(join(unsafe.folder, "out/report.json"), "utf8"));
    expect(report.findings[0]).toMatchObject({ code: "verify-broken" });
    expect(readFileSync(join(unsafe.folder, "out/all.md"), "utf8")).toMatch(/needs \d steps/);

    expect(await command("ci --only generate", unsafe)).toMatchObject({
      status: 0,
      stdout: "  ✔ generated code  current\n",
    });
    expect((await command("ci --against HEAD", unsafe)).stdout).toMatch(/✔ schema +unchanged/);
    expect(await command("ci --write-baseline", unsafe)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^[1-9]\d* findings? (?:is|are) in the baseline/m),
    });
    expect(await command("ci", unsafe)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/✔ roll-out/),
    });

    configure("projects: app/tsconfig.json\nagainst: main\nfail_on: warning");
    expect(await command("ci", unsafe)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/error\[impact-project-missing\]: .*app\/tsconfig\.json/),
    });
  } finally {
    writeFileSync(path, plain);
  }
});

test("a live server that is configured is checked where its address is set; the others' findings outlive its failure", async () => {
  const path = join(unsafe.folder, "sqlc.yaml");
  const plain = readFileSync(path, "utf8");
  writeFileSync(path, `${plain}ci: { against: main, database_url: "\${CI_TEST_URL}" }\n`);
  try {
    const without = await command("ci --against HEAD", unsafe);
    expect([without.status, without.stdout]).toEqual([
      0,
      expect.stringMatching(/– live server +its address is not set/),
    ]);
    expect(without.stderr).toContain("info[config-environment]: CI_TEST_URL is not set");
    expect((await command("ci --only database", unsafe)).status).toBe(2);
    const down = await shell("solitude_gen ci", unsafe, {
      CI_TEST_URL: "postgres://u:hunter2@127.0.0.1:1/x",
    });
    expect([down.status, down.stdout]).toEqual([
      3,
      expect.stringMatching(/✘ live server +could not be checked/),
    ]);
    expect(down.stderr).toContain("error[verify-broken]");
    expect(down.stderr).toContain("error[database-unreachable]");
    expect(down.stderr).not.toContain("hunter2");
  } finally {
    writeFileSync(path, plain);
  }
});

test("what is stale is found with all the rest", async () => {
  const path = join(safe.folder, "src/db/models.ts");
  const text = readFileSync(path, "utf8");
  appendFileSync(path, "// by hand\n");
  const { status, stdout, stderr } = await command("ci --against main", safe);
  writeFileSync(path, text);
  expect([status, stdout]).toEqual([
    1,
    expect.stringMatching(/✘ generated code +1 file is stale[\s\S]*✔ roll-out/),
  ]);
  expect(stderr).toContain(
    "error[output-stale]: src/db/models.ts is not what the schema and queries ask for",
  );
});

test("what is stale in several files is told once", async () => {
  const folder = join(safe.folder, "src/db");
  const paths = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name));
  const texts = paths.map((path) => readFileSync(path, "utf8"));
  for (const path of paths) appendFileSync(path, "// by hand\n");
  const { stdout } = await command("-q --report json ci --against main", safe);
  for (const [i, path] of paths.entries()) writeFileSync(path, texts[i]!);
  const { findings } = JSON.parse(stdout) as {
    readonly findings: readonly { readonly code: string; readonly related: readonly unknown[] }[];
  };
  const stale = findings.filter(({ code }) => code === "output-stale");
  expect(paths.length).toBeGreaterThan(1);
  expect(stale.map(({ related }) => related.length)).toEqual([paths.length - 1]);
});

test("the Markdown is a reviewer's summary, with the tables that are touched", async () => {
  const { stdout } = await command("--report markdown ci --against main", unsafe);
  expect(stdout.split("\n")[0]).toMatch(/^### ❌ Database check: needs \d steps/);
  expect(stdout).toContain("| ✅ | generated code | current |");
  expect(stdout).toMatch(
    /- renamed column <code>public\.people\.(name → .*)?full_name<\/code>|people\.full_name/,
  );
  const diagram = /```mermaid\n([\s\S]*?)```/.exec(stdout)?.[1] ?? "";
  expect(diagram).toMatch(/^erDiagram\n {2}"public.people" \{\n {4}text full_name "renamed"\n {2}\}\n/);
  expect(stdout).toContain("<b>verify-broken</b>");
});

describe("the GitHub Action", () => {
  const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8")) as {
    inputs: Record<string, { default: string }>;
    outputs: Record<string, { value: string }>;
    runs: {
      steps: {
        id?: string;
        uses?: string;
        run: string;
        shell: string;
        if?: string;
        env: Record<string, string>;
      }[];
    };
  };

  interface Checked {
    readonly status: number | null;
    readonly outputs: string;
    readonly summary: string;
  }
  /** What the step that checks has said of a repository. It is run once: it knows nothing of `gh`, and of what that will answer. */
  const checked = new Map<Repository, Checked>();

  /** Runs the steps with the inputs' defaults, as a runner does; `gh` is one of ours that writes down what it is asked. */
  async function runAction(
    repository: Repository,
    existing: string,
    answer?: string,
  ): Promise<{ statuses: (number | null)[]; asked: string; outputs: string; summary: string }> {
    const { temporary } = repository;
    const bin = join(temporary, "bin");
    mkdirSync(bin, { recursive: true });
    const [asked, outputs, summary] = ["asked", "outputs", "summary"].map((name) =>
      join(temporary, name),
    ) as [string, string, string];
    const known = checked.get(repository);
    writeFileSync(asked, "");
    writeFileSync(outputs, known?.outputs ?? "");
    writeFileSync(summary, known?.summary ?? "");
    const gh =
      answer ??
      `#!/bin/sh\necho "$*" >> ${asked}\ncase "$*" in *--paginate*) echo "${existing}";; *body=@*) cat "\${*##*body=@}" >> ${asked};; esac\n`;
    writeFileSync(join(bin, "gh"), gh, { mode: 0o755 });
    const values: Record<string, string> = {
      ...Object.fromEntries(
        Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, input.default]),
      ),
      "github.event.pull_request.number": "7",
      "github.token": "token",
      "runner.temp": temporary,
    };
    // What others have written (a cache) is theirs to test.
    const ours = action.runs.steps.filter(({ uses }) => uses === undefined);
    const statuses: (number | null)[] = [];
    for (const step of ours) {
      if (step.id === "check" && known !== undefined) {
        statuses.push(known.status);
        continue;
      }
      for (const [, name, value] of readFileSync(outputs, "utf8").matchAll(/^(.*?)=(.*)$/gm))
        values[`steps.check.outputs.${name}`] = value ?? "";
      const env = Object.fromEntries(
        Object.entries(step.env).map(([name, text]) => [
          name,
          text.replace(/\$\{\{ (.*?) \}\}/g, (_, path: string) => values[path] ?? ""),
        ]),
      );
      const ran = await shell(step.run, repository, {
        ...env,
        PATH: `${bin}:${process.env.PATH}`,
        GITHUB_ACTIONS: "true",
        GITHUB_ACTION_PATH: ROOT,
        GITHUB_BASE_REF: "main",
        GITHUB_OUTPUT: outputs,
        GITHUB_STEP_SUMMARY: summary,
        GITHUB_REPOSITORY: "acme/shop",
        RUNNER_TEMP: temporary,
        SOLITUDE_GEN: "solitude_gen",
      });
      const { status } = ran;
      if (step.id === "check" && status === 0 && repository === unsafe)
        expect(ran.stderr).toMatch(
          /^::error file=schema\/2_rename\.sql,line=1,.*queries\/people\.sql:1: the query GetPerson/m,
        );
      if (step.id === "check")
        checked.set(repository, {
          status,
          outputs: readFileSync(outputs, "utf8"),
          summary: readFileSync(summary, "utf8"),
        });
      statuses.push(status);
    }
    return {
      statuses,
      asked: readFileSync(asked, "utf8"),
      outputs: readFileSync(outputs, "utf8"),
      summary: readFileSync(summary, "utf8"),
    };
  }

  test("fetches the base, writes the reports and a new comment, and fails last", async () => {
    const { statuses, asked, outputs, summary } = await runAction(unsafe, "");
    expect(statuses).toEqual([0, 0, 1]);
    expect(outputs).toMatch(/^exit-code=1$/m);
    expect(summary).toMatch(/^### ❌ Database check: needs \d steps/);
    expect(asked).toMatch(/--method POST repos\/acme\/shop\/issues\/7\/comments/);
    expect(asked).toContain("<!-- solitude-gen -->\n### ❌ Database check");
    const sarif = /^sarif=(.*)$/m.exec(outputs)?.[1] ?? "";
    expect(JSON.parse(readFileSync(sarif, "utf8")).runs[0].results.length).toBeGreaterThan(0);
  });

  test("a fork's token may only read: the job says so, and goes by what was found", async () => {
    const forbidden = "#!/bin/sh\necho 'gh: Resource not accessible by integration (HTTP 403)' >&2\nexit 1\n";
    expect(await runAction(safe, "", forbidden)).toMatchObject({
      statuses: [0, 0, 0],
      summary: expect.stringContaining("Database check"),
    });
    expect((await runAction(unsafe, "", forbidden)).statuses).toEqual([0, 0, 1]);
    const said = await shell(`bash ${join(ROOT, "integrations/github/comment.sh")}`, safe, {
      PATH: `${join(safe.temporary, "bin")}:${process.env.PATH}`,
      GITHUB_REPOSITORY: "acme/shop",
      SOLITUDE_MARKDOWN: join(safe.temporary, "solitude-gen.md"),
      SOLITUDE_PULL_REQUEST: "7",
    });
    expect(said).toMatchObject({ status: 0, stdout: expect.stringMatching(/^::warning.*fork.*HTTP 403/m) });
  });

  test("keeps its one comment up to date, and passes where all is well", async () => {
    const { statuses, asked, outputs } = await runAction(safe, "123");
    expect(statuses).toEqual([0, 0, 0]);
    expect(outputs).toMatch(/^exit-code=0$/m);
    expect(asked).toMatch(/--method PATCH repos\/acme\/shop\/issues\/comments\/123/);
    expect(asked).not.toContain("POST");
  });
});

test("the GitLab template writes the reports that it announces", async () => {
  const template = parse(readFileSync(join(ROOT, "integrations/gitlab/solitude-gen.yml"), "utf8"))[
    "solitude-gen"
  ] as {
    variables: Record<string, string>;
    script: string[];
    artifacts: { paths: string[]; reports: Record<string, string> };
  };
  const base = (await shell("git rev-parse main", unsafe)).stdout.trim();
  const ran = await shell(template.script.join("\n"), unsafe, {
    ...template.variables,
    SOLITUDE_GEN: "solitude_gen",
    CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
  });
  expect(ran.status).toBe(1);
  const read = (path: string): string => readFileSync(join(unsafe.folder, path), "utf8");
  const issues = JSON.parse(read(template.artifacts.reports.codequality ?? ""));
  expect(issues).toContainEqual(
    expect.objectContaining({
      check_name: "verify-broken",
      location: expect.objectContaining({ path: "schema/2_rename.sql" }),
      // The query that breaks, and the line that a rule finds too: each once.
      other_locations: [
        expect.objectContaining({ path: "queries/people.sql" }),
        expect.objectContaining({ path: "schema/2_rename.sql" }),
      ],
    }),
  );
  expect(read(template.artifacts.reports.junit ?? "")).toMatch(
    /<testsuites name="solitude-gen ci" tests="\d+" failures="[1-9]/,
  );
  expect(read(template.artifacts.paths[0] ?? "")).toContain("Database check");
});

describe("the version that runs is the project's own", () => {
  const lock = {
    npm: { "package-lock.json": '{ "packages": { "node_modules/solitude-gen": { "version": "1.2.3" } } }' },
    pnpm: { "pnpm-lock.yaml": "packages:\n\n  solitude-gen@1.2.3:\n    resolution: {}\n" },
    Yarn: { "yarn.lock": '"solitude-gen@npm:^1.2.0":\n  version: 1.2.3\n  resolution: x\n' },
    "Yarn 1": { "yarn.lock": 'solitude-gen@^1.2.0:\n  version "1.2.3"\n' },
    Bun: { "bun.lock": '{ "packages": { "solitude-gen": ["solitude-gen@1.2.3", "", {}] } }' },
    "no lock file": { "package.json": '{ "devDependencies": { "solitude-gen": "1.2.3" } }' },
  };
  const template = parse(readFileSync(join(ROOT, "integrations/gitlab/solitude-gen.yml"), "utf8"))[
    "solitude-gen"
  ] as {
    variables: Record<string, string>;
    script: string[];
  };

  /** What is asked of `npx` by each, in a project of such files. */
  function asked(files: Readonly<Record<string, string>>, env: Record<string, string> = {}): string[] {
    const home = mkdtempSync(join(tmpdir(), "own-version-"));
    try {
      const folder = join(home, "packages/shop");
      mkdirSync(folder, { recursive: true });
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(home, file)), { recursive: true });
        writeFileSync(join(home, file), text);
      }
      const bin = join(home, "bin");
      mkdirSync(bin);
      writeFileSync(join(bin, "npx"), '#!/bin/sh\necho "asked: $*"\n', { mode: 0o755 });
      const scripts = {
        github: [`bash ${join(ROOT, "integrations/github/check.sh")}`, {}],
        gitlab: [template.script.join("\n"), template.variables],
      } as const;
      return Object.values(scripts).map(([script, variables]) => {
        const ran = spawnSync("bash", ["--norc", "-euo", "pipefail", "-c", script], {
          cwd: folder,
          encoding: "utf8",
          env: {
            ...process.env,
            ...variables,
            PATH: `${bin}:${process.env.PATH}`,
            GITHUB_BASE_REF: "",
            GITHUB_OUTPUT: join(home, "outputs"),
            GITHUB_STEP_SUMMARY: join(home, "summary"),
            RUNNER_TEMP: home,
            SOLITUDE_GEN: "",
            CI_MERGE_REQUEST_DIFF_BASE_SHA: "abc",
            ...env,
          },
        });
        expect(ran.stderr).toBe("");
        return /^asked: (.*?solitude-gen\S*)/m.exec(ran.stdout)?.[1] ?? ran.stdout.trim();
      });
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }

  test.each(Object.entries(lock))("as %s has it", (_, files) => {
    expect(asked(files)).toEqual(Array(2).fill("--yes solitude-gen@1.2.3"));
  });

  test("GitLab's template, a file by itself, has the text of the script that finds it", () => {
    const text = readFileSync(join(ROOT, "integrations/own-version.cjs"), "utf8");
    expect(template.script[0]).toContain(text.slice(text.indexOf("const ")));
  });

  /** The package in a folder, whose command says that it was asked. */
  const installedIn = (folder: string): Record<string, string> => ({
    [`${folder}/node_modules/solitude-gen/package.json`]: '{ "bin": { "solitude-gen": "bin/run.js" } }',
    [`${folder}/node_modules/solitude-gen/bin/run.js`]:
      'console.log("its own", process.argv.find((one) => one === "ci"))',
  });

  test("what a package of the workspace alone has is run from the top, by the place of the configuration", () => {
    const ofPackage = installedIn("packages/shop/my db");
    const [github] = asked({ ...ofPackage, ...lock.npm }, { SOLITUDE_CONFIG: "my db/sqlc.yaml" });
    expect(github).toBe("its own ci");
  });

  test("what is installed needs no version, one that is asked for comes first, and the newest is last", () => {
    expect(asked({ ...lock.npm, ...installedIn(".") })).toEqual(Array(2).fill("its own ci"));
    expect(asked(lock.npm, { SOLITUDE_VERSION: "9.9.9" })).toEqual(Array(2).fill("--yes solitude-gen@9.9.9"));
    expect(asked({})).toEqual(Array(2).fill("--yes solitude-gen@latest"));
  });
});
