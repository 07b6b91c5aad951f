import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DiskFiles } from "../../src/files/disk-files.ts";
import { readSchema } from "../../src/source/read-source.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tern-"));
});
afterEach(() => rm(root, { recursive: true }));

/** The texts of the schema, or what is wrong with it. */
async function read(files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return readSchema(new DiskFiles(root), { schema: ["db/migrations"], schemaSpans: [], schemaVariables: {} });
}

async function executed(template: string, conf = "[data]\nprefix = foo_\nenv = dev\nempty =\n") {
  const { schema, diagnostics } = await read({ "db/tern.conf": conf, "db/migrations/1_a.sql": template });
  return diagnostics.length > 0 ? diagnostics.map(({ code }) => code) : schema.map(({ text }) => text);
}

test.each([
  ["data", "create table {{.prefix}}a ();", "create table foo_a ();"],
  ["the root variable", "{{ $.prefix }}", "foo_"],
  ["trimmed white space", "a {{- .env -}} \n b {{ .env }}\nc", "adevb dev\nc"],
  ["comments", "a{{/* }} */}}b {{- /* c */ -}} d", "abd"],
  [
    "conditions",
    '{{if eq .env "prod" "dev"}}1{{else}}2{{end}}{{if .no}}3{{else if ne .env "x"}}4{{end}}',
    "14",
  ],
  ["an empty value is false", "{{ if .empty }}1{{ else }}2{{ end }}", "2"],
  ["nested conditions", "{{if .env}}{{if not .no}}1{{else}}2{{end}}3{{else}}4{{end}}", "13"],
  [
    "pipelines and parentheses",
    '{{ .no | default "x" | upper }}{{ if and .env (or .no .prefix) }}1{{ end }}',
    "X1",
  ],
  ["arithmetic", "t{{ sub 43 1 }}{{ add 1 2 }}", "t423"],
  ["strings", '{{ "a\\"b" }}{{ `c{{}}\\` }}', 'a"bc{{}}\\'],
  ["only the upper half", "{{ .env }}\n---- create above / drop below ----\n{{ range }}", "dev\n"],
])("%s", async (_, template, expected) => {
  expect((await executed(template))[0]?.trimEnd()).toBe(expected.trimEnd());
});

test.each([
  ["{{ range .x }}{{ end }}", "template-unsupported"],
  ["{{ $x := 1 }}", "template-unsupported"],
  ["{{ nonsense 1 }}", "template-unsupported"],
  ["{{ .a.b }}", "template-unsupported"],
  ["{{ }}", "template-unsupported"],
  ["{{ (.env }}", "template-unsupported"],
  ["{{ .env", "template-unsupported"],
  ["{{ if .env }}", "template-unsupported"],
  ["{{ if .env }}{{ else }}{{ else }}{{ end }}", "template-unsupported"],
  ["{{ end }}", "template-unsupported"],
  ["{{ template .env }}", "template-unsupported"],
  ["{{ .nothing }}", "template-variable"],
  ['{{ template "shared/a.sql" . }}', "template-missing"],
  ['{{ install_snapshot "a" }}', "template-missing"],
])("refused: %s", async (template, code) => {
  expect(await executed(template)).toEqual([code]);
});

test("settings are beside the migrations first, read as templates, and wrong ones are shown where they stand", async () => {
  process.env.TERN_TEST = "joe";
  try {
    const conf = '[database]\npassword = {{ nonsense }}\n[data]\n; note\napp = {{ env "TERN_TEST" }}\n';
    expect(await executed("{{ .app }}", conf)).toEqual(["joe"]);
  } finally {
    delete process.env.TERN_TEST;
  }
  const wrong = "[data]\napp = {{ nonsense }}\n";
  const { diagnostics } = await read({
    "db/migrations/tern.conf": wrong,
    "db/migrations/1_a.sql": "{{ .app }}",
  });
  const start = wrong.indexOf("{{");
  expect(diagnostics).toEqual([
    expect.objectContaining({
      code: "template-unsupported",
      span: { file: "db/migrations/tern.conf", start, end: start + 14 },
    }),
  ]);
});

test("files are included, with the data or without, and places lead back into them", async () => {
  const { schema, diagnostics } = await read({
    "db/tern.conf": "[data]\np = foo_\n",
    "db/migrations/1_a.sql": 'begin;\n{{ template "shared/v.sql" . }}\n{{ install_snapshot "one" }} -- end',
    "db/migrations/shared/v.sql": "-- one\ncreate view {{ .p }}v as select nothing;",
    "db/migrations/snapshots/one/install.sql": '{{ template "deep/f.sql" . }}',
    "db/migrations/snapshots/one/deep/f.sql": "select '{{ .p }}';",
  });
  expect(diagnostics).toEqual([]);
  const [{ text, locate }] = schema as [(typeof schema)[number]];
  expect(text).toBe("begin;\n-- one\ncreate view foo_v as select nothing;\nselect 'foo_'; -- end");
  const at = (what: string) => locate!(text.indexOf(what), text.indexOf(what) + what.length);
  const view = "db/migrations/shared/v.sql";
  expect(at("nothing")).toEqual({ file: view, start: 39, end: 46, line: 2 });
  expect(at("foo_v")).toEqual({ file: view, start: 19, end: 27, line: 2 });
  expect(at("select 'foo_'")).toMatchObject({
    file: "db/migrations/snapshots/one/deep/f.sql",
    start: 0,
    line: 1,
  });
  expect(at("end")).toMatchObject({ file: "db/migrations/1_a.sql", line: 3 });

  const { diagnostics: blind } = await read({
    "db/migrations/1_a.sql": '{{ template "shared/v.sql" }}',
  });
  expect(blind).toMatchObject([{ code: "template-variable", span: { file: view } }]);
  const { diagnostics: circle } = await read({
    "db/migrations/1_a.sql": '{{ template "shared/v.sql" . }}',
    "db/migrations/shared/v.sql": '{{ template "shared/v.sql" . }}',
  });
  expect(circle).toMatchObject([{ code: "template-unsupported", span: { file: view } }]);
});

test("other projects may store braces", async () => {
  const text = "-- migrate:up\ninsert into mails values ('Dear {{ .Name }}', '{{1,2},{3,4}}');\n";
  const { schema, diagnostics } = await read({ "db/migrations/1_a.sql": text });
  expect(diagnostics).toEqual([]);
  expect(schema.map((file) => [file.text, file.locate])).toEqual([[text, undefined]]);
});
