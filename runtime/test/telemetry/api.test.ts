import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { loadApi, VERSION } from "../../src/telemetry/api.ts";

const RUNTIME = fileURLToPath(new URL("../..", import.meta.url));

test("the API is the one that the application has", () => {
  expect(loadApi()?.trace).toBeDefined();
});

test("the version is the package's", () => {
  expect(VERSION).toBe(JSON.parse(readFileSync(join(RUNTIME, "package.json"), "utf8")).version);
});

/** What a bundle of this module prints, run where no package is installed. */
async function bundled(format: "esm" | "cjs", source: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "solitude-bundle-"));
  try {
    const outfile = join(folder, format === "esm" ? "bundle.mjs" : "bundle.cjs");
    await build({
      stdin: { contents: source, resolveDir: join(RUNTIME, "dist/telemetry"), loader: "ts" },
      bundle: true,
      platform: "node",
      format,
      outfile,
      logLevel: "silent",
    });
    writeFileSync(join(folder, "package.json"), "{}");
    return execFileSync(process.execPath, [outfile], { cwd: folder, encoding: "utf8" }).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each(["esm", "cjs"] as const)(
  "where it is not installed, as in a bundle (%s), nothing is reported and nothing fails",
  async (format) => {
    const source = `
    import { createTelemetry } from "./create-telemetry.js";
    import { noTelemetry } from "./telemetry.js";
    console.log(createTelemetry() === noTelemetry, noTelemetry.at({ system: "mongodb" }) === noTelemetry);
  `;
    expect(await bundled(format, source)).toBe("true true");
  },
);

test.each(["esm", "cjs"] as const)("a bundle (%s) can bring it along", async (format) => {
  const source = `
    import * as api from "@opentelemetry/api";
    import { createTelemetry } from "./create-telemetry.js";
    const startSpan = (name) => {
      console.log(name);
      return api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT);
    };
    createTelemetry({ api, tracerProvider: { getTracer: () => ({ startSpan }) } }).transaction();
  `;
  expect(await bundled(format, source)).toBe("transaction");
});
