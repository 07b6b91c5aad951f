import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { parse } from "yaml";

// What can be checked without an engine; .github/workflows/stack.yml runs it for real.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");
const file = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: { readonly interval: string; readonly test: readonly string[] };
  readonly restart?: string;
}
const services = Object.entries(file.services);

test("it is what the Compose specification allows", () => {
  // testcontainers brings it along.
  const schema = createRequire(import.meta.url).resolve("docker-compose/schema/compose-spec.json");
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const { $schema: _, ...spec } = JSON.parse(readFileSync(schema, "utf8"));
  const validate = ajv.compile(spec);
  validate(file);
  expect(validate.errors).toBe(null);
});

test("the databases are where the platform's design has them, reachable from this machine only", () => {
  expect(
    services.flatMap(([name, s]) => (s.ports ?? []).map((port) => `${name} ${s.image} ${port}`)).sort(),
  ).toEqual([
    "mongo mongo:8.0 127.0.0.1:27017:27017",
    "postgres postgres:16 127.0.0.1:5432:5432",
    "postgres-temporal postgres:12 127.0.0.1:5433:5432",
    "temporal temporalio/server:1.31.0 127.0.0.1:7233:7233",
  ]);
});

test("what stays up is checked every 5 s; what ends is waited for until it has succeeded", () => {
  for (const [name, service] of services) {
    const staysUp = service.restart !== undefined;
    expect([name, service.healthcheck?.interval]).toEqual([name, staysUp ? "5s" : undefined]);
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const target = file.services[other];
      expect([name, other, condition]).toEqual([
        name,
        other,
        target?.restart === undefined ? "service_completed_successfully" : "service_healthy",
      ]);
    }
  }
});

test("every file that it mounts is there, and every volume is declared", () => {
  const sources = services.flatMap(([, service]) =>
    service.volumes.map((volume) => volume.split(":")[0] ?? ""),
  );
  expect(sources.filter((s) => s.startsWith(".") && !existsSync(join(ROOT, s)))).toEqual([]);
  const named = new Set(sources.filter((s) => !s.startsWith(".")));
  expect([...named].sort()).toEqual(Object.keys(file.volumes).sort());
});

test("data and secrets outlive the containers", () => {
  const data = services.filter(
    ([, s]) => s.restart !== undefined && s.ports !== undefined && !s.image.includes("temporalio"),
  );
  expect(data.map(([name, s]) => [name, s.volumes.some((v) => v.startsWith(`${name}:/`))])).toEqual(
    data.map(([name]) => [name, true]),
  );
  expect(text).not.toMatch(/(?:PASSWORD|PWD): *\S*[^/\s]\b(?<!\.password)$/m);
});

test("its scripts are scripts", () => {
  for (const script of [
    "secrets.sh",
    "migrate.sh",
    "grants.sh",
    "temporal/schema.sh",
    "temporal/server.sh",
    "temporal/namespace.sh",
  ]) {
    execFileSync("sh", ["-n", join(ROOT, "stack", script)]);
  }
});
