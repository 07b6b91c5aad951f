import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { CLI, makeRepository, type Repository, ROOT, SAFE, UNSAFE } from "./pull-request.ts";

// All checks of a pull request in one run, and what runs them on GitHub and GitLab: their steps, run as the scripts that they are.

let safe: Repository;
let unsafe: Repository;
beforeAll(() => {
  safe = makeRepository(SAFE);
  unsafe = makeRepository(UNSAFE);
});
afterAll(() => {
  safe?.remove();
  unsafe?.remove();
});

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
const shell = (script: string, { folder }: Repository, env: Record<string, string> = {}): Ran =>
  spawnSync("bash", ["-euo", "pipefail", "-c", script], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, GITHUB_ACTIONS: "", ...env },
  });

test("a change that can be rolled out passes, and says how", () => {
  const { status, stdout, stderr } = shell(`${CLI} ci --against main`, safe);
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  expect(stdout).toMatch(/^against main \([0-9a-f]{8}\)$/m);
  expect(stdout).toMatch(/✔ generated code +current/);
  expect(stdout).toMatch(/✔ schema +1 added/);
  expect(stdout).toMatch(/✔ roll-out +safe to migrate first: migrate, then deploy/);
});

test("a change that breaks what is deployed fails; the order that is asked for decides", () => {
  expect(shell(`${CLI} ci --against main`, unsafe)).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/✘ roll-out +needs two steps/),
    stderr: expect.stringContaining('column "name" does not exist'),
  });
  expect(shell(`${CLI} ci --against main --order deploy-first`, safe).status).toBe(1);
  expect(shell(`${CLI} ci --against main --order migrate-first`, safe).status).toBe(0);
  expect(shell(`${CLI} ci --against nowhere`, safe)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("error[base-not-found]"),
  });
});

test("the configuration says which checks run, against what and how; the command line overrules it", () => {
  const path = join(unsafe.folder, "sqlc.yaml");
  const plain = readFileSync(path, "utf8");
  const configure = (ci: string): void => writeFileSync(path, `${plain}ci:\n${ci.replace(/^/gm, "  ")}\n`);
  try {
    configure(
      "checks: [diff, verify]\nagainst: main\nreports: { json: out/report.json, markdown: out/all.md }\nbaseline: known.json",
    );
    writeFileSync(join(unsafe.folder, "known.json"), '{ "version": 1, "findings": {} }');
    const ran = shell(`${CLI} ci`, unsafe);
    expect([ran.status, ran.stdout]).toEqual([
      1,
      expect.stringMatching(/^against main \([0-9a-f]{8}\)\n {2}✔ schema .*\n {2}✘ roll-out .*\n$/),
    ]);
    const report = JSON.parse(readFileSync(join(unsafe.folder, "out/report.json"), "utf8"));
    expect(report.findings[0]).toMatchObject({ code: "verify-broken" });
    expect(readFileSync(join(unsafe.folder, "out/all.md"), "utf8")).toContain("needs two steps");

    expect(shell(`${CLI} ci --only generate`, unsafe)).toMatchObject({
      status: 0,
      stdout: "  ✔ generated code  current\n",
    });
    expect(shell(`${CLI} ci --against HEAD`, unsafe).stdout).toMatch(/✔ schema +unchanged/);
    expect(shell(`${CLI} ci --write-baseline`, unsafe)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^[1-9]\d* findings? (?:is|are) in the baseline/m),
    });
    expect(shell(`${CLI} ci`, unsafe)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/✔ roll-out/),
    });

    configure("projects: app/tsconfig.json\nagainst: main\nfail_on: warning");
    expect(shell(`${CLI} ci`, unsafe)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/error\[impact-project-missing\]: .*app\/tsconfig\.json/),
    });
  } finally {
    writeFileSync(path, plain);
  }
});

test("a live server that is configured is checked where its address is set; the others' findings outlive its failure", () => {
  const path = join(unsafe.folder, "sqlc.yaml");
  const plain = readFileSync(path, "utf8");
  writeFileSync(path, `${plain}ci: { against: main, database_url: "\${CI_TEST_URL}" }\n`);
  try {
    const without = shell(`${CLI} ci --against HEAD`, unsafe);
    expect([without.status, without.stdout]).toEqual([
      0,
      expect.stringMatching(/– live server +its address is not set/),
    ]);
    expect(without.stderr).toContain("info[config-environment]: CI_TEST_URL is not set");
    expect(shell(`${CLI} ci --only database`, unsafe).status).toBe(2);
    const down = shell(`${CLI} ci`, unsafe, { CI_TEST_URL: "postgres://u:hunter2@127.0.0.1:1/x" });
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

test("what is stale is found with all the rest", () => {
  const path = join(safe.folder, "src/db/models.ts");
  const text = readFileSync(path, "utf8");
  appendFileSync(path, "// by hand\n");
  const { status, stdout, stderr } = shell(`${CLI} ci --against main`, safe);
  writeFileSync(path, text);
  expect([status, stdout]).toEqual([
    1,
    expect.stringMatching(/✘ generated code +1 file is stale[\s\S]*✔ roll-out/),
  ]);
  expect(stderr).toContain(
    "error[output-stale]: src/db/models.ts is not what the schema and queries ask for",
  );
});

test("the Markdown is a reviewer's summary, with the tables that are touched", () => {
  const { stdout } = shell(`${CLI} --report markdown ci --against main`, unsafe);
  expect(stdout.split("\n")[0]).toMatch(/^### ❌ Database check: needs two steps/);
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
    runs: { steps: { id?: string; run: string; shell: string; if?: string; env: Record<string, string> }[] };
  };

  /** Runs the steps with the inputs' defaults, as a runner does; `gh` is one of ours that writes down what it is asked. */
  function runAction(
    repository: Repository,
    existing: string,
  ): { statuses: (number | null)[]; asked: string; outputs: string; summary: string } {
    const { temporary } = repository;
    const bin = join(temporary, "bin");
    mkdirSync(bin, { recursive: true });
    const [asked, outputs, summary] = ["asked", "outputs", "summary"].map((name) =>
      join(temporary, name),
    ) as [string, string, string];
    for (const file of [asked, outputs, summary]) writeFileSync(file, "");
    const gh = `#!/bin/sh\necho "$*" >> ${asked}\ncase "$*" in *--paginate*) echo "${existing}";; *body=@*) cat "\${*##*body=@}" >> ${asked};; esac\n`;
    writeFileSync(join(bin, "gh"), gh, { mode: 0o755 });
    const values: Record<string, string> = {
      ...Object.fromEntries(
        Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, input.default]),
      ),
      "github.event.pull_request.number": "7",
      "github.token": "token",
    };
    const statuses = action.runs.steps.map((step) => {
      for (const [, name, value] of readFileSync(outputs, "utf8").matchAll(/^(.*?)=(.*)$/gm))
        values[`steps.check.outputs.${name}`] = value ?? "";
      const env = Object.fromEntries(
        Object.entries(step.env).map(([name, text]) => [
          name,
          text.replace(/\$\{\{ (.*?) \}\}/g, (_, path: string) => values[path] ?? ""),
        ]),
      );
      const ran = shell(step.run, repository, {
        ...env,
        PATH: `${bin}:${process.env.PATH}`,
        GITHUB_ACTIONS: "true",
        GITHUB_ACTION_PATH: ROOT,
        GITHUB_BASE_REF: "main",
        GITHUB_OUTPUT: outputs,
        GITHUB_STEP_SUMMARY: summary,
        GITHUB_REPOSITORY: "acme/shop",
        RUNNER_TEMP: temporary,
        SOLITUDE_GEN: CLI,
      });
      if (step.id === "check" && ran.status === 0 && repository === unsafe)
        expect(ran.stderr).toMatch(/^::error file=queries\/people\.sql,line=1,/m);
      return ran.status;
    });
    return {
      statuses,
      asked: readFileSync(asked, "utf8"),
      outputs: readFileSync(outputs, "utf8"),
      summary: readFileSync(summary, "utf8"),
    };
  }

  test("fetches the base, writes the reports and a new comment, and fails last", () => {
    const { statuses, asked, outputs, summary } = runAction(unsafe, "");
    expect(statuses).toEqual([0, 0, 1]);
    expect(outputs).toMatch(/^exit-code=1$/m);
    expect(summary).toMatch(/^### ❌ Database check: needs two steps/);
    expect(asked).toMatch(/--method POST repos\/acme\/shop\/issues\/7\/comments/);
    expect(asked).toContain("<!-- solitude-gen -->\n### ❌ Database check");
    const sarif = /^sarif=(.*)$/m.exec(outputs)?.[1] ?? "";
    expect(JSON.parse(readFileSync(sarif, "utf8")).runs[0].results.length).toBeGreaterThan(0);
  });

  test("keeps its one comment up to date, and passes where all is well", () => {
    const { statuses, asked, outputs } = runAction(safe, "123");
    expect(statuses).toEqual([0, 0, 0]);
    expect(outputs).toMatch(/^exit-code=0$/m);
    expect(asked).toMatch(/--method PATCH repos\/acme\/shop\/issues\/comments\/123/);
    expect(asked).not.toContain("POST");
  });
});

test("the GitLab template writes the reports that it announces", () => {
  const template = parse(readFileSync(join(ROOT, "integrations/gitlab/solitude-gen.yml"), "utf8"))[
    "solitude-gen"
  ] as {
    variables: Record<string, string>;
    script: string[];
    artifacts: { paths: string[]; reports: Record<string, string> };
  };
  const base = shell("git rev-parse main", unsafe).stdout.trim();
  const ran = shell(template.script.join("\n"), unsafe, {
    ...template.variables,
    SOLITUDE_GEN: CLI,
    CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
  });
  expect(ran.status).toBe(1);
  const read = (path: string): string => readFileSync(join(unsafe.folder, path), "utf8");
  const issues = JSON.parse(read(template.artifacts.reports.codequality ?? ""));
  expect(issues).toContainEqual(
    expect.objectContaining({
      check_name: "verify-broken",
      location: expect.objectContaining({ path: "queries/people.sql" }),
    }),
  );
  expect(read(template.artifacts.reports.junit ?? "")).toMatch(
    /<testsuites name="solitude-gen ci" tests="\d+" failures="[1-9]/,
  );
  expect(read(template.artifacts.paths[0] ?? "")).toContain("Database check");
});
