import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configJsonSchema } from "../../src/config/config-schema.ts";
import { loadConfig } from "../../src/config/load.ts";
import { DiagnosticError } from "../../src/model/diagnostic.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "config-"));
});
afterEach(() => rm(root, { recursive: true }));

async function load(text: string, name = "sqlc.yaml", environment = {}) {
  await writeFile(join(root, name), text);
  return loadConfig(undefined, root, environment);
}

async function problems(text: string): Promise<string[][]> {
  const error = await load(text).then(
    () => null,
    (e: unknown) => e,
  );
  if (!(error instanceof DiagnosticError)) throw error;
  return error.diagnostics.map((d) => [
    d.code,
    d.message,
    d.hint ?? "",
    text.slice(d.span!.start, d.span!.end),
  ]);
}

test("version 2", async () => {
  const { config, diagnostics } = await load(
    'version: "2"\ncloud:\nsql:\n  - engine: postgresql\n    schema: [a.sql, b]\n    queries: q\n    database: {uri: "postgres://$\u007bHOST}/x"}\n' +
      "    gen: {go: {anything: 1}, typescript: {out: src/db, int8: bigint}}\n",
    "sqlc.yaml",
    { HOST: "db" },
  );
  expect(diagnostics).toEqual([]);
  expect(config.querySets[0]).toMatchObject({
    index: 0,
    schema: ["a.sql", "b"],
    queries: ["q"],
    databaseUri: "postgres://db/x",
    typescript: { out: "src/db", options: { driver: "pg", int8: "bigint" } },
    strictOrderBy: true,
  });
  expect(config.querySets[0]!.typescript!.options).not.toHaveProperty("out");
});

test("version 1 as JSON with tabs and a BOM, engine left out", async () => {
  const json =
    '\uFEFF{\n\t"version": "1",\n\t"packages": [\n\t\t{ "path": "go", "schema": "s.sql", "queries": "q.sql", "emit_interface": true }\n\t]\n}\n';
  const { config } = await load(json, "sqlc.json");
  expect(config).toMatchObject({
    version: "1",
    querySets: [{ engine: "postgresql", schema: ["s.sql"], typescript: null }],
  });
});

test("an unset variable falls back to the embedded server, and says so", async () => {
  const { config, diagnostics } = await load(
    'version: 2\nsql:\n- engine: postgresql\n  database: {uri: "$\u007bNOPE}"}\n',
  );
  expect(config.querySets[0]).not.toHaveProperty("databaseUri");
  expect(diagnostics.map((d) => [d.code, d.severity])).toEqual([["config-environment", "info"]]);
});

test("all problems at once, at their places", async () => {
  expect(
    await problems(
      'version: "2"\nsql:\n  - engine: postgresql\n    query: q\n    strict_order_by: 3\n    gen:\n      typescript: {out: x, drivr: pg}\nservrs: []\n',
    ),
  ).toEqual(
    expect.arrayContaining([
      ["config-unknown-key", 'unknown key "query" in sql[0]', 'Did you mean "queries"?', "query"],
      [
        "config-unknown-key",
        'unknown key "drivr" in sql[0].gen.typescript',
        'Did you mean "driver"?',
        "drivr",
      ],
      ["config-unknown-key", 'unknown key "servrs"', 'Did you mean "servers"?', "servrs"],
      ["config-invalid", expect.stringContaining("sql[0].strict_order_by"), "", "3"],
    ]),
  );
});

test("engines", async () => {
  const entry = (engine: string) => `- {engine: ${engine}, queries: q, schema: s}\n`;
  expect(await problems(`version: 2\nsql:\n${entry("oracle")}`)).toEqual([
    ["config-engine", "unknown engine: oracle", "Write `engine: postgresql`.", "oracle"],
  ]);
  expect(await problems(`version: 2\nsql:\n- {queries: q}\n`)).toEqual([
    ["config-invalid", "missing sql[0].engine", "", ""],
  ]);
  const { config, diagnostics } = await load(`version: 2\nsql:\n${entry("mysql")}${entry("postgresql")}`);
  expect(config.querySets.map((set) => set.index)).toEqual([1]);
  expect(diagnostics[0]).toMatchObject({
    severity: "warning",
    message: expect.stringContaining("its engine is mysql"),
  });
  await expect(load(`version: 2\nsql:\n${entry("mysql")}${entry("sqlite")}`)).rejects.toMatchObject({
    diagnostics: [{ severity: "error" }, { severity: "error", code: "config-engine" }],
  });
});

test("no file, no version, no YAML", async () => {
  await expect(loadConfig(undefined, root)).rejects.toMatchObject({
    diagnostics: [{ code: "config-missing" }],
  });
  expect((await problems("sql: []\n"))[0]![0]).toBe("config-version");
  expect((await problems("version: '3'\n"))[0]).toEqual(
    expect.arrayContaining(["invalid version number: 3", "'3'"]),
  );
  expect((await problems("version: [2\n"))[0]![0]).toBe("config-syntax");
});

test("the JSON schema offers our options", () => {
  expect(JSON.stringify(configJsonSchema())).toContain('"property_case"');
});

const CI = 'version: "2"\nsql: [{ engine: postgresql, schema: a.sql, queries: q.sql }]\n';

test("what `ci` is to do, at the top or among the options that sqlc reads over", async () => {
  const ci =
    "{ checks: [vet, verify], against: main, fail_on: warning, projects: app/tsconfig.json, reports: { sarif: r.sarif } }";
  const expected = {
    checks: ["vet", "verify"],
    against: "main",
    fail_on: "warning",
    projects: "app/tsconfig.json",
    reports: { sarif: "r.sarif" },
  };
  for (const text of [`${CI}ci: ${ci}\n`, `${CI}options: { solitude-gen: { ci: ${ci} } }\n`])
    expect((await load(text)).config.ci.settings).toEqual(expected);
  expect((await load(CI)).config.ci.settings).toEqual({});
  // Its variables are the command's business: all others do without the server.
  const url = await load(`${CI}ci: { database_url: "$\u007bNOPE}" }\n`);
  expect(url.diagnostics).toEqual([]);
  const known = (configJsonSchema() as { anyOf: { properties: { ci: { properties: object } } }[] }).anyOf;
  for (const { properties } of known)
    expect(Object.keys(properties.ci.properties)).toEqual(
      expect.arrayContaining([
        "checks",
        "against",
        "order",
        "fail_on",
        "baseline",
        "projects",
        "reports",
        "database_url",
      ]),
    );
});

test("a typo in `ci` is told with the word that was meant", async () => {
  expect(await problems(`${CI}ci: { agianst: main, checks: [verfy], reports: { sariff: x } }\n`)).toEqual([
    ["config-unknown-key", 'unknown key "agianst" in ci', 'Did you mean "against"?', "agianst"],
    ["config-invalid", expect.stringMatching(/^ci\.checks\[0\]: /), 'Did you mean "verify"?', "verfy"],
    ["config-unknown-key", 'unknown key "sariff" in ci.reports', 'Did you mean "sarif"?', "sariff"],
  ]);
});

test("a tenant's scope needs a facade, and a setting with a prefix, and a name of its own", async () => {
  const messages = async (tenant: string, more = "") => {
    const typescript = `{out: o, driver: "@solitude/runtime", ${more} tenant: {column: shop_id, ${tenant}}}`;
    const text = `version: "2"\nsql:\n  - engine: postgresql\n    schema: a.sql\n    queries: q.sql\n    gen: {typescript: ${typescript}}\n`;
    return (await problems(text)).map(([, message]) => message);
  };
  expect(await messages("setting: app.shop_id")).toEqual([expect.stringContaining("needs `emit_facade`")]);
  const facade = "emit_facade: Shop,";
  expect(await messages("setting: shop_id", facade)).toEqual([
    expect.stringContaining("must be the name of a setting"),
  ]);
  expect(await messages("setting: app.shop_id, method: client", facade)).toEqual([
    expect.stringContaining("the object has a member of that name"),
  ]);
});

test("a facade needs the runtime", async () => {
  const text =
    'version: "2"\nsql:\n  - engine: postgresql\n    schema: a.sql\n    queries: q.sql\n    gen: {typescript: {out: o, emit_facade: Shop}}\n';
  expect(await problems(text)).toEqual([
    [
      "config-invalid",
      expect.stringContaining('needs `driver: "@solitude/runtime"`'),
      expect.any(String),
      expect.any(String),
    ],
  ]);
});

describe("targets where sqlc leaves them alone", () => {
  const config = (options: string, sql = "  - { engine: postgresql, schema: s, queries: q }"): string =>
    `version: "2"\nsql:\n${sql}\noptions:\n  solitude-gen:\n    typescript: ${options}\n`;
  const two = "  - { engine: postgresql }\n  - { name: b, engine: postgresql }";

  test("for the only entry, and by place or name for several", async () => {
    const outs = async (text: string) =>
      (await load(text)).config.querySets.map(({ typescript }) => typescript?.out ?? null);
    expect(await outs(config("{ out: x }"))).toEqual(["x"]);
    expect(await outs(config("[{ entry: b, out: y }]", two))).toEqual([null, "y"]);
    expect(await outs(config("[{ entry: 1, out: y }, { entry: 0, out: x }]", two))).toEqual(["x", "y"]);
  });

  test.each([
    [config("{ out: x }", two), "options.solitude-gen.typescript: there are several entries in `sql:`"],
    [
      config("[{ entry: c, out: x }]", two),
      'options.solitude-gen.typescript[0]: no entry of `sql:` for PostgreSQL is "c"',
    ],
  ])("%j", async (text, message) => {
    await expect(load(text)).rejects.toThrow(message);
  });
});

test("a configuration in a folder above, or in one made for such files, is named", async () => {
  const hint = async (cwd: string): Promise<string | undefined> => {
    const error: unknown = await loadConfig(undefined, cwd, {}).catch((e: unknown) => e);
    return error instanceof DiagnosticError ? error.diagnostics[0]?.hint : undefined;
  };
  await mkdir(join(root, "a/b/.git"), { recursive: true });
  await mkdir(join(root, "a/b/c/d/config"), { recursive: true });
  expect(await hint(join(root, "a/b/c"))).toBe("`solitude-gen init` writes one.");
  await writeFile(join(root, "a/b/sqlc.yaml"), "");
  expect(await hint(join(root, "a/b/c"))).toBe("There is one: `-f ../sqlc.yaml`, or `-C ..`.");
  await writeFile(join(root, "a/b/c/d/config/sqlc.yml"), "");
  expect(await hint(join(root, "a/b/c/d"))).toBe("There is one: `-f config/sqlc.yml`, or `-C config`.");
});

describe("plugins", () => {
  const config = (plugins: string, codegen: string, rest = "") =>
    `version: "2"\nplugins: [${plugins}]\nsql:\n  - { engine: postgresql, schema: a, queries: b, codegen: [${codegen}] }\n${rest}`;

  test("are what runs them, with their options as sqlc writes them", async () => {
    const plugins =
      '{ name: p, env: [A], process: { cmd: x, format: json } }, { name: w, wasm: { url: "file://w", sha256: ab } }';
    const codegen = "{ plugin: p, out: x, options: { b: [1, null], a: <&> } }, { plugin: w, out: y }";
    const { config: read } = await load(config(plugins, codegen, "options: { w: { z: true } }\n"));
    const span = expect.anything();
    expect(read.querySets[0]!.plugins).toEqual([
      {
        name: "p",
        out: "x",
        options: '{"a":"\\u003c\\u0026\\u003e","b":[1,null]}',
        globalOptions: "",
        env: ["A"],
        how: { kind: "process", cmd: "x", format: "json" },
        span,
      },
      {
        name: "w",
        out: "y",
        options: "",
        globalOptions: '{"z":true}',
        env: [],
        how: { kind: "wasm", url: "file://w", sha256: "ab" },
        span,
      },
    ]);
  });

  test("this tool as one of sqlc's is a target of its own, with its own options", async () => {
    const cmd = "node_modules/.bin/solitude-gen";
    const ours = `{ name: ts, process: { cmd: ${cmd} } }`;
    const { config: read } = await load(config(ours, "{ plugin: ts, out: x, options: { int8: bigint } }"));
    expect(read.querySets[0]).toMatchObject({
      plugins: [],
      typescript: { out: "x", options: { int8: "bigint" } },
    });
    expect(await problems(config(ours, "{ plugin: ts, out: x, options: { int8: big } }"))).toMatchObject([
      ["config-invalid", expect.stringContaining('int8 of the plugin "ts"'), "", "big"],
    ]);
  });

  test.each([
    ["{ name: p, process: { cmd: x } }", "{ plugin: q, out: x }", 'no entry of `plugins:` is called "q"'],
    ["{ name: p }", "{ plugin: p, out: x }", 'the plugin "p" has neither `process` nor `wasm`'],
    [
      '{ name: p, process: { cmd: x }, wasm: { url: "file://y" } }',
      "{ plugin: p, out: x }",
      "has both `process` and `wasm`",
    ],
    ["{ name: p, process: { cmd: x, format: xml } }", "{ plugin: p, out: x }", "format"],
  ])("%s for %s is told", async (plugins, codegen, message) => {
    await expect(load(config(plugins, codegen))).rejects.toThrow(message);
  });
});

test("of two configurations of sqlc's the one that is not read is told", async () => {
  const text = 'version: "2"\nsql: [{ engine: postgresql, schema: s, queries: q }]\n';
  await writeFile(join(root, "sqlc.json"), "{}");
  const { diagnostics } = await load(text);
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ["config-several", "sqlc.json is not read: sqlc.yaml lies beside it"],
  ]);
  expect((await load(text, "solitude-gen.yaml")).diagnostics).toEqual([]);
});
