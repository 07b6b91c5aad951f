import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
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
  readonly networks?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: {
    readonly interval: string;
    readonly retries: number;
    readonly test: readonly string[];
  };
  readonly logging?: { readonly options: Readonly<Record<string, string>> };
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

test("what has died is known within a minute, and nothing fills the disk with what it says", () => {
  for (const [name, { restart, healthcheck, logging }] of services) {
    if (restart === undefined) continue;
    expect([name, Number.parseInt(healthcheck!.interval, 10) * healthcheck!.retries]).toEqual([name, 30]);
    expect([name, logging?.options["max-size"]]).toEqual([name, "10m"]);
  }
});

test("what a service is told to read is mounted in it", () => {
  for (const [name, service] of services) {
    const targets = service.volumes.map((volume) => volume.split(":")[1] ?? "");
    const told = JSON.stringify([service.environment ?? {}, service.command ?? [], service.entrypoint ?? []]);
    const paths = [...told.matchAll(/\/(?:stack|secrets|backups)\b[\w./-]*/g)].map(([path]) => path);
    const isMounted = (path: string) =>
      targets.some((target) => path === target || path.startsWith(`${target}/`));
    expect([name, paths.filter((path) => !isMounted(path))]).toEqual([name, []]);
  }
});

test("Temporal may have all connections that its pools may grow to", () => {
  const { SQL_MAX_CONNS, SQL_VIS_MAX_CONNS } = file.services.temporal!.environment!;
  const sql = readFileSync(join(ROOT, "stack/postgres/temporal.sql"), "utf8");
  const limit = Number(/role temporal login .*connection limit (\d+)/.exec(sql)?.[1]);
  // Frontend, history, matching and worker have a pool each for either database.
  expect(limit).toBeGreaterThanOrEqual(4 * (Number(SQL_MAX_CONNS) + Number(SQL_VIS_MAX_CONNS)));
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

test("each service sees the secrets that it uses, and no others", () => {
  const folder = mkdtempSync(join(tmpdir(), "solitude-secrets-"));
  try {
    execFileSync("sh", [join(ROOT, "stack/secrets.sh"), folder], { stdio: "pipe" });
    for (const [name, service] of services) {
      const mounted = service.volumes.filter((volume) => volume.startsWith("secrets"));
      if (name === "secrets") continue;
      const own = join(folder, "for", name);
      expect([name, mounted]).toEqual([name, existsSync(own) ? [`secrets-${name}:/secrets:ro`] : []]);
      if (!existsSync(own)) continue;
      // What its scripts, its options and its environment name; main.sql and temporal.sql name files by a setting.
      const scripts = service.volumes
        .map((volume) => volume.split(":")[0] ?? "")
        .filter((source) => source.startsWith("./stack/"))
        .map((source) => readFileSync(join(ROOT, source), "utf8"));
      const words = [...scripts, JSON.stringify(service)].join("\n");
      const used = [...words.matchAll(/(?:[/$]secrets\/|secrets \|\| '\/)([\w-]+\.\w+)/g)].map(
        ([, file]) => file!,
      );
      expect([name, readdirSync(own).sort()]).toEqual([name, [...new Set(["ca.crt", ...used])].sort()]);
    }
    // The key of the CA is where no server is.
    expect(readdirSync(folder)).toContain("ca.key");
    expect(
      readdirSync(join(folder, "for")).filter((name) => existsSync(join(folder, "for", name, "ca.key"))),
    ).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("who serves Temporal reaches neither the main server nor the documents, and the other way round", () => {
  const networks = (name: string): readonly string[] => file.services[name]?.networks ?? [];
  for (const [name, service] of services) {
    if (name === "secrets") continue;
    expect([name, service.networks?.length]).toEqual([name, 1]);
  }
  expect(new Set(["postgres", "temporal", "mongo"].flatMap(networks)).size).toBe(3);
  expect(networks("temporal")).toEqual(networks("postgres-temporal"));
});

test("its scripts are scripts", () => {
  for (const script of [
    "secrets.sh",
    "migrate.sh",
    "grants.sh",
    "maintain.sh",
    "sign-seals.sh",
    "backup.sh",
    "archive-wal.sh",
    "restore.sh",
    "temporal/schema.sh",
    "temporal/server.sh",
    "temporal/namespace.sh",
  ]) {
    execFileSync("sh", ["-n", join(ROOT, "stack", script)]);
  }
});
