import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type VetRun, vet } from "../../../src/check/vet.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { analyze } from "../../../src/project/analyze.ts";
import { withProject } from "../../../src/project/node-host.ts";

const QUERIES = `-- name: RunVetAll :exec
select true from users where id = $1;

-- name: SkipOne :exec
-- @sqlc-vet-disable rule
select true from users where id = $1;

-- name: SkipAll :exec
-- @sqlc-vet-disable
select true from users where id = $1;

-- name: Many :many
SELECT id FROM users WHERE name = $1 AND id > $2;
`;

// Rules as sqlc's manual and its users write them, and the queries that they find.
const RULES: readonly (readonly [rule: string, queries: readonly string[]])[] = [
  ['query.cmd == "exec"', ["RunVetAll"]],
  ['query.cmd in ["one", "many"]', ["Many"]],
  ["query.params.size() > 1", ["Many"]],
  ["query.params.exists(p, p.number == 2)", ["Many"]],
  ['query.sql.contains("SELECT")', ["Many"]],
  ['query.sql.matches("(?i)select\\\\s+id")', ["Many"]],
  [
    'query.name.startsWith("Run") && query.sql.lowerAscii().replace("true", "false").contains("false")',
    ["RunVetAll"],
  ],
  ['config.engine == "postgresql" && config.version == "2" && query.cmd == "many"', ["Many"]],
  ['postgresql.explain.plan.node_type == "Bitmap Heap Scan"', ["Many"]],
  ["postgresql.explain.plan.total_cost > 100000.0", []],
  [
    'postgresql.explain.plan.total_cost > 1.0 && postgresql.explain.plan.plan_rows < 1000u && query.cmd == "many"',
    ["Many"],
  ],
  [
    'postgresql.explain.plan.relation_name == "users" && postgresql.explain.plan.index_name == "" && query.cmd == "many"',
    ["Many"],
  ],
  ["!has(postgresql.explain)", []],
  ['postgresql.explain.plan.plans.exists(p, p.node_type == "Bitmap Index Scan")', ["Many"]],
];

const WRONG: readonly (readonly [rule: string, message: RegExp])[] = [
  ["query.command == 'exec'", /^the rule cannot be evaluated: .*command/],
  ["1 + 1", /neither true nor false/],
];

let root: string;
let found: readonly { readonly code: string; readonly query: string; readonly message: string }[];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "solitude-gen-cel-"));
  const rules = [...RULES, ...WRONG].map(([rule]) => rule);
  const { diagnostics } = await run(
    rules,
    QUERIES.replace("disable rule", `disable ${rules.map((_, i) => `rule${i}`).join(" ")}`),
  );
  found = diagnostics.map(({ code, message, span }) => ({
    code,
    message,
    query: /name: (\w+)/.exec(written.slice(span!.start))?.[1] ?? "",
  }));
});
afterAll(() => rmSync(root, { recursive: true }));

let written = "";

async function run(rules: readonly string[], queries: string) {
  written = queries;
  writeFileSync(
    join(root, "schema.sql"),
    "create table users (id bigint primary key, name text, flag boolean);",
  );
  writeFileSync(join(root, "queries.sql"), queries);
  const config = {
    version: "2",
    sql: [
      {
        engine: "postgresql",
        schema: "schema.sql",
        queries: "queries.sql",
        rules: ["sqlc/db-prepare", ...rules.map((_, i) => `rule${i}`)],
      },
    ],
    rules: rules.map((rule, i) => ({ name: `rule${i}`, message: "found", rule })),
  };
  // JSON is YAML too.
  writeFileSync(join(root, "sqlc.yaml"), JSON.stringify(config));
  return vetOnce({ against: null, cwd: root, baseline: null, writeBaseline: false });
}

test.each(RULES.map(([rule, queries], i) => [rule, i, queries] as const))("%s", (_, i, queries) => {
  const own = found.filter(({ code }) => code === `rule${i}`);
  expect(own.map(({ message }) => message)).toEqual(queries.map(() => "found"));
  expect(own.map(({ query }) => query)).toEqual(queries);
});

test.each(WRONG.map(([rule, message], i) => [rule, RULES.length + i, message] as const))(
  "%s",
  (_, i, message) => {
    expect(found.find(({ code }) => code === `rule${i}`)?.message).toMatch(message);
  },
);

test("a rule that is no expression is refused, and names that no rule has", async () => {
  await expect(run(["query.cmd =="], QUERIES)).rejects.toMatchObject({
    diagnostics: [{ code: "config-rule", message: expect.stringMatching(/^rule 'rule0': /) }],
  });
  const { diagnostics } = await run(["false"], QUERIES.replace("disable rule", "disable no-such"));
  expect(diagnostics.map(({ message }) => message)).toContain(
    'rule-check error: rule "no-such" does not exist in the config file',
  );
  writeFileSync(
    join(root, "sqlc.yaml"),
    'version: "2"\nsql: [{ engine: postgresql, schema: schema.sql, queries: queries.sql, rules: [sqlc/db-prepar] }]\n',
  );
  const options = { against: null, cwd: root, baseline: null, writeBaseline: false };
  await expect(vetOnce(options)).rejects.toMatchObject({
    diagnostics: [{ code: "config-rule", hint: 'Did you mean "sqlc/db-prepare"?' }],
  });
});

async function vetOnce(run: VetRun) {
  return withProject(await loadConfig(undefined, root), { cache: false }, (project) =>
    vet(project, run, analyze),
  );
}
