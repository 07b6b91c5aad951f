import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ONE_CHECKER } from "../../tests/one-checker.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What the examples speak of and do not make. */
const AROUND = `
  declare const pool: import("@solitude/runtime").Pool;
  declare const pgPool: import("pg").Pool;
  declare const client: import("pg").PoolClient;
  declare const pglite: import("@electric-sql/pglite").PGlite;
  declare const health: import("@solitude/runtime").Health;
  declare const config: Required<import("@solitude/runtime/config").Config>;
  declare const server: import("node:http").Server;
  declare const request: Request;
  declare const workspaceId: import("@solitude/runtime").WorkspaceId;
  declare const agentId: import("@solitude/client").AgentId;
  declare const newAgent: import("@solitude/client").CreateAgentArgs;
  declare function firstVersion(
    agent: import("@solitude/client").CreateAgentRow | null,
  ): import("@solitude/client").CreateAgentVersionArgs;
  declare const leases: import("@solitude/client").RenewJobLeasesArgs[];
  declare function files(): AsyncIterable<import("@solitude/client").ImportFilesArgs>;
  declare const tracerProvider: import("@opentelemetry/api").TracerProvider;
  declare const meterProvider: import("@opentelemetry/api").MeterProvider;
`;
/** The client with documents. */
const WITH_DOCUMENTS =
  'ReturnType<typeof import("@solitude/client").createSolitude<import("@solitude/runtime/documents").Documents<typeof import("@solitude/runtime/documents").solitudeCollections>>>';
/** The same for the pages beside it, by page. */
const AROUND_PAGES: Readonly<Record<string, string>> = {
  "docs/adapters.md": "declare const schema: string;",
  "docs/documents.md": `
  declare const telemetry: import("@solitude/runtime").Telemetry;
  declare const documents: import("@solitude/runtime/documents").Documents<typeof import("@solitude/runtime/documents").solitudeCollections>;
  declare const next: typeof documents;
  declare const job: ReturnType<ReturnType<typeof documents.workspace>["job"]>;
  declare const db: ${WITH_DOCUMENTS};
  declare const worker: ${WITH_DOCUMENTS};
  declare const delivery: ReturnType<typeof import("@solitude/runtime/documents").createJobDelivery>;
  declare const id: import("@solitude/runtime").JobId, jobId: typeof id, newId: typeof id;
  declare const newJob: import("@solitude/client").CreateJobArgs;
  declare const postgres: NonNullable<Parameters<typeof import("@solitude/runtime").createPool>[0]>;
  declare const mongodb: import("@solitude/runtime/documents").DocumentsConnection, connection: typeof mongodb;
  declare const keys: NonNullable<Parameters<typeof import("@solitude/runtime/documents").createDocuments>[1]["keys"]>;
  declare const mail: { kind: "mail"; version: 1; schema: import("zod").ZodObject<{ body: import("zod").ZodString }> };
  declare const response: import("node:http").ServerResponse;
  declare const yesterday: Date;
  declare const plans: Map<string, { documents: number }>;
`,
  "docs/scopes.md": `
  declare const db: ${WITH_DOCUMENTS};
  declare const id: import("@solitude/client").AgentId;
  declare const jobId: import("@solitude/runtime").JobId;
`,
  "docs/telemetry.md": "",
};
/** What their examples call without saying where it is from. */
const FROM: Readonly<Record<string, readonly string[]>> = {
  "@solitude/runtime": ["fromPGlite"],
  "@solitude/runtime/documents": [
    ...["createDocuments", "createJobDelivery", "defineCollection", "firstDocuments", "openExport"],
    ...["solitudeCollections", "storePayload"],
  ],
  "@solitude/client": ["createSolitude"],
  "node:fs": ["createReadStream", "createWriteStream"],
  "node:stream": ["Readable"],
  "node:stream/promises": ["pipeline"],
  zod: ["z"],
};

/** Gives an example as a module of its own, with the imports that it leaves out. */
function moduleOf(code: string): string {
  const imports = Object.entries(FROM).flatMap(([module, names]) =>
    names
      .filter((name) => new RegExp(`\\b${name}\\b`).test(code))
      .filter((name) => !new RegExp(`^import .*\\b${name}\\b`, "m").test(code))
      .map((name) => `import { ${name} } from "${module}";\n`),
  );
  return `${imports.join("")}${code}export {};\n`;
}

test.each(["README.md", ...Object.keys(AROUND_PAGES)])("the examples of %s compile", (page) => {
  const text = readFileSync(join(ROOT, "runtime", page), "utf8");
  const examples = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
  expect(examples.length).toBeGreaterThan(page === "README.md" ? 8 : 0);
  // Within the project, for the packages.
  const cache = join(ROOT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "readme-"));
  try {
    for (const [i, code] of examples.entries())
      writeFileSync(join(folder, `example-${i + 1}.ts`), page === "README.md" ? code : moduleOf(code));
    // No file of declarations, in which nothing would be checked.
    const around = `${AROUND}${AROUND_PAGES[page] ?? ""}`.replaceAll(/^\s*declare /gm, "");
    writeFileSync(join(folder, "around.ts"), `declare global {\n${around}\n}\nexport {};\n`);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const compilerOptions = {
      target: "es2023",
      lib: ["es2023", "esnext.disposable"],
      module: "nodenext",
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder, ...ONE_CHECKER], { encoding: "utf8" });
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? String(error));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
