import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { ConfigurationError } from "../../src/config/configuration-error.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { poolSettings } from "../../src/postgres/pool-options.ts";

const URL_ONLY = { DATABASE_URL: "postgresql://app:s3cr%2Ft@db.example.com:6432/solitude" };

const folder = mkdtempSync(join(tmpdir(), "solitude-config-"));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
afterAll(() => rmSync(folder, { recursive: true }));

const certificate = file("ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
const privateKey = file("key.pem", "-----BEGIN PRIVATE KEY-----\nhush-hush\n-----END PRIVATE KEY-----\n");

/** The problems of an environment that has some, as `VARIABLE message`. */
function problems(variables: Record<string, string>): string[] {
  try {
    loadConfig(variables);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map(({ variable, message }) => `${variable} ${message}`);
  }
  return [];
}

describe("the main database", () => {
  test("by URL", () => {
    const { postgres, temporal, mongodb } = loadConfig(URL_ONLY);
    expect(postgres).toMatchObject({
      host: "db.example.com",
      port: 6432,
      database: "solitude",
      user: "app",
      ssl: false,
      max: 10,
      acquireTimeout: 10_000,
      prepare: "auto",
      replicas: [],
    });
    expect(postgres.password?.()).toBe("s3cr/t");
    expect([temporal, mongodb]).toEqual([undefined, undefined]);
  });

  test("by its parts", () => {
    const { postgres } = loadConfig({
      DATABASE_HOST: "/var/run/postgresql",
      DATABASE_NAME: "solitude",
      DATABASE_USER: "app",
      DATABASE_PASSWORD: " kept as it is ",
      DATABASE_POOL_MAX: "25",
      DATABASE_POOL_MAX_LIFETIME: "30min",
      DATABASE_STATEMENT_TIMEOUT: "1.5s",
      DATABASE_LOCK_TIMEOUT: "500ms",
      DATABASE_IDLE_IN_TRANSACTION_TIMEOUT: "0",
      DATABASE_PREPARED_STATEMENTS: "off",
      DATABASE_APPLICATION_NAME: "worker",
    });
    expect(postgres).toMatchObject({
      host: "/var/run/postgresql",
      port: 5432,
      database: "solitude",
      user: "app",
      max: 25,
      maxLifetime: 1_800_000,
      statementTimeout: 1500,
      lockTimeout: 500,
      idleInTransactionTimeout: 0,
      prepare: false,
      applicationName: "worker",
    });
    expect(postgres.password?.()).toBe(" kept as it is ");
  });

  test("what is empty is not set, as compose files have it", () => {
    expect(loadConfig({ ...URL_ONLY, DATABASE_HOST: "", DATABASE_POOL_MAX: " " }).postgres.max).toBe(10);
  });

  test.each([
    ["postgresql:///solitude?host=/run/pg&user=app", "/run/pg"],
    ["postgresql://app@%2Frun%2Fpg/solitude", "/run/pg"],
    ["postgres://app@[::1]:5432/solitude", "::1"],
  ])("%s is on %s", (url, host) => {
    expect(loadConfig({ DATABASE_URL: url }).postgres).toMatchObject({
      host,
      database: "solitude",
      user: "app",
    });
  });

  test("a replica takes from the main server what its URL leaves out", () => {
    const { postgres } = loadConfig({
      ...URL_ONLY,
      DATABASE_REPLICA_URLS:
        "postgresql://r1.example.com, postgresql://reader:other@r2.example.com:5433/copy",
    });
    expect(postgres.replicas).toMatchObject([
      { host: "r1.example.com", port: 5432, database: "solitude", user: "app" },
      { host: "r2.example.com", port: 5433, database: "copy", user: "reader" },
    ]);
    expect(postgres.replicas.map(({ password }) => password?.())).toEqual(["s3cr/t", "other"]);
  });
});

describe("the others", () => {
  test("Temporal's database is there when something says so", () => {
    const { temporal } = loadConfig({
      ...URL_ONLY,
      TEMPORAL_DATABASE_URL: "postgresql://temporal@localhost:5433/temporal",
      TEMPORAL_DATABASE_POOL_MAX: "3",
    });
    expect(temporal).toMatchObject({ port: 5433, database: "temporal", max: 3 });
    expect(temporal).not.toHaveProperty("password");
    expect(problems({ ...URL_ONLY, TEMPORAL_DATABASE_USER: "temporal" })).toEqual([
      "TEMPORAL_DATABASE_URL is not set, nor are its parts, TEMPORAL_DATABASE_HOST and so on",
    ]);
  });

  test("MongoDB by URL", () => {
    const url = "mongodb://app:s3cret@m1.example.com:27018,m2.example.com/solitude?replicaSet=rs0";
    const { mongodb } = loadConfig({ ...URL_ONLY, MONGODB_URL: url, MONGODB_SOCKET_TIMEOUT: "90s" });
    expect(mongodb).toMatchObject({
      host: "m1.example.com",
      port: 27018,
      database: "solitude",
      pool: { max: 20, min: 0, maxIdleTime: 600_000, acquireTimeout: 5_000 },
      socketTimeout: 90_000,
    });
    expect(mongodb?.url()).toBe(url);
    expect(inspect(mongodb)).not.toContain("s3cret");
  });

  test("MongoDB by its parts", () => {
    const { mongodb } = loadConfig({
      ...URL_ONLY,
      MONGODB_HOST: "mongo",
      MONGODB_NAME: "solitude",
      MONGODB_USER: "app",
      MONGODB_PASSWORD_FILE: file("mongo.password", "s3cret\n"),
      MONGODB_REPLICA_SET: "rs0",
      MONGODB_TLS: "on",
      MONGODB_TLS_CA: certificate,
    });
    expect(mongodb).toMatchObject({ username: "app", tls: { caFile: certificate } });
    expect(mongodb?.url()).toBe("mongodb://mongo:27017/solitude?replicaSet=rs0");
    expect(mongodb?.password?.()).toBe("s3cret");
  });

  test.each([
    [{ MONGODB_URL: "http://x" }, "MONGODB_URL is not a URL such as"],
    [{ MONGODB_URL: "mongodb://m" }, "MONGODB_NAME is not set, and MONGODB_URL names no database"],
    [{ MONGODB_URL: "mongodb://m/a", MONGODB_NAME: "b" }, "MONGODB_NAME is not the database of MONGODB_URL"],
    [
      { MONGODB_URL: "mongodb://u:p@m/a", MONGODB_USER: "v" },
      "MONGODB_USER is set, and MONGODB_URL has a user too",
    ],
    [{ MONGODB_HOST: "m", MONGODB_NAME: "a", MONGODB_USER: "v" }, "MONGODB_PASSWORD is not set"],
    [
      { MONGODB_URL: "mongodb+srv://m/a", MONGODB_TLS: "off" },
      "MONGODB_TLS is off, and MONGODB_URL asks for it",
    ],
    [
      { MONGODB_URL: "mongodb://m/a", MONGODB_TLS_CA: certificate },
      "MONGODB_TLS_CA has no effect without TLS",
    ],
    [
      { MONGODB_URL: "mongodb://m/a", MONGODB_POOL_MIN: "30" },
      "MONGODB_POOL_MIN is more than MONGODB_POOL_MAX",
    ],
  ])("%j: %s", (variables, message) => {
    const found = problems({ ...URL_ONLY, ...variables } as Record<string, string>);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  test("health, telemetry and shutdown have defaults", () => {
    const { health, telemetry, shutdown } = loadConfig({
      ...URL_ONLY,
      TELEMETRY_PARAMETERS: "workspaceId, GetAgent.slug",
    });
    expect(health).toEqual({ interval: 5_000, timeout: 2_000, history: 100 });
    expect(telemetry).toEqual({
      enabled: true,
      recordQueryText: true,
      recordReturnedRows: false,
      recordParameters: ["workspaceId", "GetAgent.slug"],
    });
    expect(shutdown).toEqual({ delay: 0, timeout: 10_000 });
  });
});

describe("TLS", () => {
  const ssl = (variables: Record<string, string>) => loadConfig({ ...URL_ONLY, ...variables }).postgres.ssl;

  test("require encrypts, and with a certificate to trust verifies too, as in libpq", () => {
    expect(ssl({ DATABASE_SSLMODE: "require" })).toMatchObject({ rejectUnauthorized: false });
    expect(ssl({ DATABASE_SSLMODE: "require", DATABASE_SSLROOTCERT: certificate })).toMatchObject({
      rejectUnauthorized: true,
      ca: expect.stringContaining("MIIB"),
    });
  });

  test("verify-ca does not look at the name, verify-full does", () => {
    const ca = { DATABASE_SSLROOTCERT: certificate };
    const verifyCa = ssl({ DATABASE_SSLMODE: "verify-ca", ...ca });
    expect(verifyCa).toMatchObject({ rejectUnauthorized: true });
    expect(verifyCa).toHaveProperty("checkServerIdentity");
    const verifyFull = ssl({ DATABASE_SSLMODE: "verify-full", ...ca });
    expect(verifyFull).toMatchObject({ rejectUnauthorized: true });
    expect(verifyFull && "checkServerIdentity" in verifyFull).toBe(false);
    expect(ssl({ DATABASE_SSLMODE: "verify-full", DATABASE_SSLROOTCERT: "system" })).not.toHaveProperty("ca");
  });

  test("the URL may say it", () => {
    const url = `${URL_ONLY.DATABASE_URL}?sslmode=verify-full&sslrootcert=${certificate}&application_name=web`;
    expect(loadConfig({ DATABASE_URL: url }).postgres).toMatchObject({
      ssl: { rejectUnauthorized: true, ca: expect.stringContaining("MIIB") },
      applicationName: "web",
    });
  });

  test("a replica without TLS takes none of it from the server", () => {
    const server = { DATABASE_SSLMODE: "verify-full", DATABASE_SSLROOTCERT: certificate };
    const replicas = "postgresql://a/?sslmode=disable, postgresql://b/";
    const { postgres } = loadConfig({ ...URL_ONLY, ...server, DATABASE_REPLICA_URLS: replicas });
    expect(postgres.replicas).toMatchObject([{ ssl: false }, { ssl: { rejectUnauthorized: true } }]);
  });

  test("the client's key is there and does not show", () => {
    const options = ssl({
      DATABASE_SSLMODE: "require",
      DATABASE_SSLCERT: certificate,
      DATABASE_SSLKEY: privateKey,
    });
    expect(options).toHaveProperty("key", expect.stringContaining("hush-hush"));
    expect(JSON.stringify(options) + inspect(options)).not.toContain("hush-hush");
  });

  test.each([
    [
      { DATABASE_SSLMODE: "preferred" },
      'DATABASE_SSLMODE "preferred" is none of disable, allow, prefer, require, verify-ca, verify-full',
    ],
    [{ DATABASE_SSLMODE: "verify-ca" }, "DATABASE_SSLMODE is verify-ca, which needs a root certificate"],
    [{ DATABASE_SSLROOTCERT: certificate }, "DATABASE_SSLROOTCERT has no effect without TLS"],
    [{ DATABASE_SSLKEY: privateKey }, "DATABASE_SSLKEY has no effect without TLS"],
    [
      { DATABASE_SSLMODE: "require", DATABASE_SSLROOTCERT: "system" },
      "DATABASE_SSLMODE is require, which is too little with public certificates",
    ],
    [
      { DATABASE_SSLMODE: "require", DATABASE_SSLCERT: certificate },
      "DATABASE_SSLKEY is not set, but its certificate is",
    ],
    [
      { DATABASE_SSLMODE: "require", DATABASE_SSLROOTCERT: "/no/such" },
      'DATABASE_SSLROOTCERT "/no/such" cannot be read: there is no such file',
    ],
    [
      { DATABASE_SSLMODE: "require", DATABASE_SSLROOTCERT: privateKey },
      `DATABASE_SSLROOTCERT "${privateKey}" has no certificate in PEM form`,
    ],
    [
      { DATABASE_URL: `${URL_ONLY.DATABASE_URL}?sslmode=maybe` },
      'DATABASE_URL has the sslmode "maybe", which is none of',
    ],
    [
      { DATABASE_URL: `${URL_ONLY.DATABASE_URL}?sslmode=require`, DATABASE_SSLMODE: "disable" },
      "DATABASE_SSLMODE is not the sslmode of DATABASE_URL",
    ],
  ])("%j: %s", (variables, message) => {
    const found = problems({ ...URL_ONLY, ...variables } as Record<string, string>);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});

describe("secrets", () => {
  test("may be in a file, whose last line feed is none of theirs, and which is read again for each connection", () => {
    const path = file("password", "first\n");
    const { postgres } = loadConfig({
      DATABASE_HOST: "h",
      DATABASE_NAME: "n",
      DATABASE_USER: "u",
      DATABASE_PASSWORD_FILE: path,
    });
    expect(postgres.password?.()).toBe("first");
    writeFileSync(path, "second\r\n");
    expect(postgres.password?.()).toBe("second");
  });

  test("a URL in a file too", () => {
    const path = file("url", "postgresql://u:first@h/n\n");
    const { postgres } = loadConfig({ DATABASE_URL_FILE: path });
    expect(postgres).toMatchObject({ host: "h", user: "u" });
    writeFileSync(path, "postgresql://u:second@h/n\n");
    expect(postgres.password?.()).toBe("second");
  });

  test("show nowhere", () => {
    const config = loadConfig({
      DATABASE_URL: "postgresql://u:s3cret@h/n",
      DATABASE_REPLICA_URLS: "postgresql://v:s3cret@i",
      MONGODB_URL: "mongodb://u:s3cret@h/n",
    });
    const shown = [
      inspect(config, { depth: 9, showHidden: true }),
      JSON.stringify(config),
      `${config.postgres.password} ${config.mongodb?.url}`,
      String(config.postgres.password),
      inspect({ ...config.postgres }),
    ].join("\n");
    expect(shown).not.toContain("s3cret");
    expect(JSON.parse(JSON.stringify(config)).postgres.password).toBe("[redacted]");
  });

  test("nor in problems", () => {
    const password = "pa#ss/s3cret";
    const found = problems({
      DATABASE_URL: `postgresql://u:${password}@h:x/n`,
      DATABASE_REPLICA_URLS: `postgresql://u:${password}@h:x/n`,
      TEMPORAL_DATABASE_URL: `postgresql://u:p@h/n?s3cret=1&sslmode=s3cre`,
      MONGODB_URL: `mongo://u:${password}@h`,
    });
    expect(found).toHaveLength(4);
    expect(found.filter((problem) => problem.includes(password))).toEqual([]);
  });

  test.each([
    [
      { DATABASE_PASSWORD: "a", DATABASE_PASSWORD_FILE: "/x" },
      "DATABASE_PASSWORD is set, and DATABASE_PASSWORD_FILE too; give one of them",
    ],
    [
      { DATABASE_PASSWORD_FILE: "/no/such" },
      'DATABASE_PASSWORD_FILE "/no/such" cannot be read: there is no such file',
    ],
    [
      { DATABASE_PASSWORD_FILE: file("empty", "\n") },
      `DATABASE_PASSWORD_FILE "${join(folder, "empty")}" is empty`,
    ],
  ])("%j: %s", (variables, message) => {
    expect(problems({ DATABASE_HOST: "h", DATABASE_NAME: "n", DATABASE_USER: "u", ...variables })).toEqual([
      message,
    ]);
  });
});

describe("problems", () => {
  test("come all at once, in a message that can be read", () => {
    const variables = {
      DATABSE_URL: "postgresql://h/n",
      DATABASE_POOL_MAX: "ten",
      DATABASE_POOL_MXA: "10",
      HEALTH_INTERVAL: "5",
      TELEMETRY_ENABLED: "yes",
    };
    expect(() => loadConfig(variables)).toThrow(
      new Error(
        [
          "5 problems in the configuration:",
          '  DATABASE_POOL_MAX  "ten" is not a whole number from 1 to 10000',
          '  HEALTH_INTERVAL    "5" has no unit: write 5ms, 5s or 5min',
          '  TELEMETRY_ENABLED  "yes" is none of on, off',
          "  DATABASE_URL       is not set, nor are its parts, DATABASE_HOST and so on (DATABSE_URL is; is that a slip of the pen?)",
          "  DATABASE_POOL_MXA  is not a setting; did you mean DATABASE_POOL_MAX?",
        ].join("\n"),
      ),
    );
  });

  test.each([
    [{ DATABASE_HOST: "h" }, "DATABASE_HOST is set, and DATABASE_URL too; give one of them"],
    [
      { DATABASE_PASSWORD: "p" },
      "DATABASE_PASSWORD is set, and DATABASE_URL has a password too; give one of them",
    ],
    [{ DATABASE_POOL_MIN_IDLE: "11" }, "DATABASE_POOL_MIN_IDLE is more than DATABASE_POOL_MAX"],
    [
      { DATABASE_LOCK_TIMEOUT: "5s", DATABASE_STATEMENT_TIMEOUT: "1s" },
      "DATABASE_LOCK_TIMEOUT is more than DATABASE_STATEMENT_TIMEOUT, so it would never come to it",
    ],
    [
      { DATABASE_CONNECT_TIMEOUT: "11s" },
      "DATABASE_CONNECT_TIMEOUT is more than DATABASE_POOL_ACQUIRE_TIMEOUT, so it would never come to it",
    ],
    [{ HEALTH_TIMEOUT: "0" }, "HEALTH_TIMEOUT is 0"],
    [{ DATABASE_CONNECT_TIMEOUT: "-1s" }, 'DATABASE_CONNECT_TIMEOUT "-1s" is not a time such as 500ms, 5s'],
    [{ DATABASE_CONNECT_TIMEOUT: "1y" }, 'DATABASE_CONNECT_TIMEOUT "1y" is not a time'],
    [{ DATABASE_STATEMENT_TIMEOUT: "25d" }, 'DATABASE_STATEMENT_TIMEOUT "25d" is longer than 24 days'],
    [{ DATABASE_URL: "mysql://u@h/n" }, "DATABASE_URL is not a URL such as postgresql://"],
    [{ DATABASE_URL: "postgresql://u:%zz@h/n" }, "DATABASE_URL is not a URL such as"],
    [
      { DATABASE_URL: "postgresql://u@h1,h2/n?target_session_attrs=any%20" },
      'the target_session_attrs "any "',
    ],
    [{ DATABASE_URL: "postgresql://u@h" }, "DATABASE_URL names no database"],
    [{ DATABASE_URL: "postgresql://h/n" }, "DATABASE_URL names no user"],
    [
      { DATABASE_URL: "postgresql://u@h/n?sslmod=require" },
      'DATABASE_URL has the parameter "sslmod"; did you mean sslmode?',
    ],
    [{ DATABASE_HOST_FILE: "/x" }, "DATABASE_HOST_FILE is not a setting: only a secret is read from a file"],
    [{ DATABASE_REPLICA_URLS: "postgresql:///n" }, "DATABASE_REPLICA_URLS number 1 names no host"],
  ])("%j: %s", (variables, message) => {
    const found = problems({ ...URL_ONLY, ...variables } as Record<string, string>);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  test("other people's variables that begin like ours are none", () => {
    expect(
      problems({
        ...URL_ONLY,
        DATABASE_PUBLIC_URL: "x",
        DATABASE_URL_UNPOOLED: "x",
        DATABASE_TYPE: "postgres",
        MONGODB_VERSION: "8",
        MONGODB_URI: "mongodb://m/n",
        HEALTH_CHECK_PORT: "1",
        TEMPORAL_ADDRESS: "x",
      }),
    ).toEqual([]);
  });
});

test("what the environment leaves out is as the pool has it", () => {
  const { postgres } = loadConfig(URL_ONLY);
  const functions = { onBackgroundError: expect.any(Function), onLeak: expect.any(Function) };
  expect(poolSettings(postgres)).toEqual({ ...poolSettings({}), ...functions });
});

test("the configuration cannot be changed", () => {
  const { postgres } = loadConfig(URL_ONLY);
  expect(() => {
    (postgres as { max: number }).max = 1;
  }).toThrow(TypeError);
  expect(Object.isFrozen(postgres.replicas)).toBe(true);
});
