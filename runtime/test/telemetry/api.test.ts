import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadApi, scopeVersion } from "../../src/telemetry/api.ts";

const RUNTIME = fileURLToPath(new URL("../..", import.meta.url));

test("the API is the one that the application has", () => {
  expect(loadApi()?.trace).toBeDefined();
  expect(scopeVersion()).toMatch(/^\d+\.\d+\.\d+/);
});

test("where it is not installed, nothing is reported and nothing fails", () => {
  const folder = mkdtempSync(join(tmpdir(), "solitude-no-otel-"));
  try {
    cpSync(join(RUNTIME, "dist/telemetry"), join(folder, "dist/telemetry"), { recursive: true });
    const script = `
      import { createTelemetry } from "${join(folder, "dist/telemetry/create-telemetry.js")}";
      import { noTelemetry } from "${join(folder, "dist/telemetry/telemetry.js")}";
      console.log(createTelemetry() === noTelemetry && noTelemetry.at({ system: "mongodb" }) === noTelemetry);
    `;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
    expect(printed.toString().trim()).toBe("true");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
