// Which room may import from which, for `npm run lint`. ARCHITECTURE.md says what each is for; tests/import-flow.test.ts turns
// each arrow around. That the runtime has no circles is held by biome.json: there types may refer to one another.

/** By folder of `generator/src`: what it stands on. Whoever is not named is not imported. */
const GENERATOR = {
  model: [],
  sql: ["model"],
  diagnostics: ["model"],
  config: ["model", "sql", "diagnostics"],
  postgres: ["model", "sql"],
  files: [],
  source: ["model", "sql", "diagnostics", "config", "files"],
  infer: ["model", "sql", "postgres"],
  output: ["model", "diagnostics"],
  cache: ["model", "config", "source", "postgres", "output"],
  analysis: ["model", "sql", "diagnostics", "config", "source", "postgres", "infer", "cache"],
  project: ["model", "config", "postgres", "files", "source", "infer", "cache", "analysis"],
  emit: ["model", "sql", "config"],
  check: [
    "model",
    "sql",
    "diagnostics",
    "config",
    "files",
    "source",
    "postgres",
    "infer",
    "analysis",
    "project",
  ],
  import: ["model", "sql", "emit"],
  plugins: ["model", "diagnostics", "config", "files", "source", "postgres", "cache", "output"],
  cli: [
    "model",
    "sql",
    "diagnostics",
    "config",
    "files",
    "source",
    "postgres",
    "infer",
    "cache",
    "analysis",
    "project",
    "emit",
    "output",
    "plugins",
    "import",
    "check",
  ],
};

/** By folder of `runtime/src`; the files beside the folders belong to all. */
const RUNTIME = {
  errors: [],
  telemetry: [],
  config: [],
  postgres: ["config", "errors", "telemetry"],
  health: ["postgres"],
  adapters: ["errors", "postgres", "telemetry"],
  documents: ["errors", "health", "telemetry"],
  facade: ["errors", "health", "postgres", "telemetry"],
  testing: ["adapters", "errors", "postgres"],
};

const flow = (top, rooms) =>
  Object.entries(rooms).map(([room, below]) => ({
    name: `${room} stands on ${below.join(", ") || "nothing"}`,
    severity: "error",
    from: { path: `^${top}/${room}/` },
    to: { path: `^${top}/[^/]+/`, pathNot: `^${top}/(?:${[room, ...below].join("|")})/` },
  }));

/** Everything that an expression can hold is analysed by calling the analysis again: it alone closes circles. */
const HUB = "^generator/src/infer/analysis\\.ts$";

module.exports = {
  forbidden: [
    ...flow("generator/src", GENERATOR),
    ...flow("runtime/src", RUNTIME),
    {
      name: "the stack runs without the tests, which run on it",
      severity: "error",
      from: { path: "^stack/" },
      to: { path: "^(?:tests|bench)/" },
    },
    {
      name: "the generator's rooms are all known",
      severity: "error",
      from: { path: "^generator/src/", pathNot: `^generator/src/(?:${Object.keys(GENERATOR).join("|")})/` },
      to: {},
    },
    {
      name: "no circles in the generator, of types neither",
      severity: "error",
      from: { path: "^generator/src/", pathNot: "^generator/src/infer/" },
      to: { circular: true },
    },
    {
      name: "no circles in infer but through analysis.ts",
      severity: "error",
      from: { path: "^generator/src/infer/", pathNot: HUB },
      to: { circular: true, viaOnly: { pathNot: HUB } },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/" },
  },
};
