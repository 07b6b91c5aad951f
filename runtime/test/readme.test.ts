import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What the examples speak of and do not make. */
const AROUND = `
  declare const pool: import("@solitude/runtime").Pool;
  declare const pgPool: import("pg").Pool;
  declare const client: import("pg").PoolClient;
  declare const pglite: import("@electric-sql/pglite").PGlite;
  declare const health: import("@solitude/runtime").Health;
  declare const config: import("@solitude/runtime/config").Config;
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

test("the README's examples compile", () => {
  const readme = readFileSync(join(ROOT, "runtime/README.md"), "utf8");
  const examples = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
  expect(examples.length).toBeGreaterThan(8);
  // Within the project, for the packages.
  const cache = join(ROOT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "readme-"));
  try {
    for (const [i, code] of examples.entries()) writeFileSync(join(folder, `example-${i + 1}.ts`), code);
    writeFileSync(join(folder, "around.d.ts"), AROUND);
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
    execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? String(error));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
