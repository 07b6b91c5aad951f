import { jest } from "@jest/globals";
import { loadConfig } from "../../src/config/load-config.ts";
import { driverOptions, type PoolOptions, replicasOf } from "../../src/postgres/pool-options.ts";

/** A connection URL means the same to `loadConfig` and to `createPool`, and takes what libpq and the hosts write. */

const read = (url: string) => {
  const { postgres } = loadConfig({ DATABASE_URL: url });
  return [driverOptions(postgres).configs[0]!, driverOptions({ connectionString: url }).configs[0]!] as const;
};
const password = async (given: unknown) => (typeof given === "function" ? given() : given);

/** As their documentation has them, with names made up. */
const HOSTS: readonly (readonly [string, string, object])[] = [
  [
    "Neon",
    "postgresql://app:s3cret@ep-cool-1.eu-central-1.aws.neon.tech/main?sslmode=require&channel_binding=require",
    { host: "ep-cool-1.eu-central-1.aws.neon.tech", database: "main", enableChannelBinding: true },
  ],
  [
    "Neon, by options",
    "postgresql://app:s3cret@pg.neon.tech/main?sslmode=require&options=endpoint%3Dep-cool-1",
    { options: "endpoint=ep-cool-1" },
  ],
  [
    "Supabase, pooled, as Prisma has it",
    "postgresql://postgres.abc:s3cret@aws-0-eu.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=1",
    { user: "postgres.abc", port: 6543 },
  ],
  [
    "RDS",
    "postgres://app:s3cret@db.abc.eu-west-1.rds.amazonaws.com:5432/main?sslmode=verify-full&sslrootcert=system",
    { ssl: { rejectUnauthorized: true } },
  ],
  ["Heroku", "postgres://app:s3cret@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d1abc", { database: "d1abc" }],
  [
    "Azure",
    "postgres://app%40server:s3cret@server.postgres.database.azure.com:5432/main?sslmode=require",
    { user: "app@server" },
  ],
  [
    "Cloud SQL",
    "postgresql://app:s3cret@/main?host=/cloudsql/project:region:instance",
    { host: "/cloudsql/project:region:instance", database: "main" },
  ],
  [
    "Cloud SQL, as Prisma has it: what stands before the path is of no account",
    "postgresql://app:s3cret@localhost/main?host=/cloudsql/project:region:instance",
    { host: "/cloudsql/project:region:instance", database: "main" },
  ],
  [
    "a name for the certificate, and an address to go to",
    "postgresql://app:s3cret@db.example.com/main?hostaddr=10.0.0.1&sslmode=verify-full",
    { host: "10.0.0.1", ssl: { rejectUnauthorized: true, servername: "db.example.com" } },
  ],
  [
    "parameters that say another thing than the URL before them",
    "postgresql://nobody:none@nowhere:1/nothing?user=app&password=s3cret&host=db&port=2&dbname=main",
    { host: "db", port: 2, user: "app", database: "main" },
  ],
  [
    "a socket's folder, where TLS has no meaning",
    "postgresql://app:s3cret@%2Frun%2Fpg:6432/main?sslmode=require",
    { host: "/run/pg", port: 6432, ssl: false },
  ],
  ["a line feed at the end", "postgres://app:s3cret@db/main\n", { database: "main" }],
  [
    "a socket's folder, where nothing begins with it",
    "postgresql://app:s3cret@%2Frun%2Fpg:6432/main?sslmode=require&sslnegotiation=direct",
    { host: "/run/pg", ssl: false, sslnegotiation: "postgres" },
  ],
  [
    "node-postgres' way not to verify",
    "postgres://app:s3cret@db/main?ssl=no-verify",
    { ssl: { rejectUnauthorized: false } },
  ],
  ["Fly", "postgres://app:s3cret@top2.nearest.of.app-db.internal:5432/main?sslmode=disable", { ssl: false }],
  ["PgBouncer", "postgres://app:s3cret@127.0.0.1:6432/main?application_name=web", { port: 6432 }],
  ["pgcat", "postgres://app:s3cret@pgcat:6432/sharded_db?statement_cache_size=0", { database: "sharded_db" }],
  [
    "libpq's manual",
    "postgresql://app:s3cret@[2001:db8::1234]:5433/main?connect_timeout=7&keepalives=0&fallback_application_name=x",
    { host: "2001:db8::1234", port: 5433, keepAlive: false, application_name: "x" },
  ],
  [
    "libpq's other way to wait for as long as it takes",
    "postgres://app:s3cret@db/main?connect_timeout=-1",
    { host: "db" },
  ],
  [
    "all of it in parameters",
    "postgresql://?host=db&port=5433&user=app&password=s3cret&dbname=main&keepalives_idle=5",
    { host: "db", port: 5433, user: "app", database: "main", keepAliveInitialDelayMillis: 5000 },
  ],
  [
    "Prisma's schema",
    "postgresql://app:s3cret@db/main?schema=my%20app",
    { options: "-c search_path=my\\ app" },
  ],
];

let warning: jest.SpiedFunction<typeof process.emitWarning>;
beforeEach(() => {
  warning = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(() => warning.mockRestore());

test.each(HOSTS)("%s", async (_, url, expected) => {
  for (const driver of read(url)) {
    expect(driver).toMatchObject(expected);
    expect(await password(driver.password)).toBe("s3cret");
  }
});

test.each(["disable", "allow", "prefer", "require", "verify-full", "no-verify"])(
  "sslmode=%s is one thing",
  (mode) => {
    const [byConfig, byUrl] = read(`postgres://u:p@h/d?sslmode=${mode}`);
    const seen = ({ ssl }: { ssl?: unknown }) => JSON.stringify(ssl);
    expect(seen(byUrl)).toBe(seen(byConfig));
    const verifies =
      { disable: undefined, "verify-full": true }[mode] ?? (mode === "disable" ? undefined : false);
    expect((byUrl.ssl as { rejectUnauthorized?: boolean }).rejectUnauthorized).toBe(verifies);
  },
);

test("several hosts, and the kind of session, are the same", () => {
  const url = "postgresql://u:p@a:1,[::1]:2,c/d?target_session_attrs=read-write";
  const all = [
    driverOptions(loadConfig({ DATABASE_URL: url }).postgres),
    driverOptions({ connectionString: url }),
  ];
  for (const { configs, targetSessionAttrs } of all) {
    expect(configs.map(({ host, port }) => [host, Number(port ?? 5432)])).toEqual([
      ["a", 1],
      ["::1", 2],
      ["c", 5432],
    ]);
    expect(targetSessionAttrs).toBe("read-write");
  }
});

test.each([
  ["nonsense", "is none of PostgreSQL's, which begin with postgres://"],
  ["mysql://u:hunter2@h/db", "is none of PostgreSQL's, which begin with postgres://"],
  ["localhost:5432/app", "is none of PostgreSQL's, which begin with postgres://"],
  ["host=h password=hunter2 dbname=app", "is one of libpq's words and values; write it as a URL"],
])("%s is refused, not taken for a name", (connectionString, message) => {
  const create = () => driverOptions({ connectionString });
  expect(create).toThrow(`the connection string ${message}`);
  expect(create).toThrow(RangeError);
  expect(create).not.toThrow(/hunter2/);
});

test.each(["/var/run/postgresql app", "socket:/var/run/postgresql?db=app"])("%s is a socket's", (text) => {
  const [config] = driverOptions({ connectionString: text }).configs;
  expect(config).toMatchObject({ host: "/var/run/postgresql", database: "app" });
});

const WITHOUT_TLS = "has no effect without TLS; set the mode to verify-full";
const DIRECT = "is direct, which needs TLS; set the mode to require, verify-ca or verify-full";
const weak = (mode: string) =>
  `is ${mode}, which is too little with public certificates: anyone has one; set it to verify-full`;

test.each([
  ["sslrootcert=ca.pem", "sslrootcert", WITHOUT_TLS],
  ["sslcert=c.pem&sslkey=c.key&sslmode=disable", "sslcert", WITHOUT_TLS],
  ["sslkey=c.key", "sslkey", WITHOUT_TLS],
  ["sslpassword=secret", "sslpassword", WITHOUT_TLS],
  ["ssl_min_protocol_version=TLSv1.3", "ssl_min_protocol_version", WITHOUT_TLS],
  ["ssl_max_protocol_version=TLSv1.3", "ssl_max_protocol_version", WITHOUT_TLS],
  ["sslnegotiation=direct", "sslnegotiation", DIRECT],
  ["sslnegotiation=direct&sslmode=disable", "sslnegotiation", DIRECT],
  ["sslnegotiation=direct&sslmode=allow", "sslnegotiation", DIRECT],
  ["sslnegotiation=direct&sslmode=prefer", "sslnegotiation", DIRECT],
  ["sslrootcert=system&sslmode=prefer", "sslmode", weak("prefer")],
  ["sslrootcert=system&sslmode=require", "sslmode", weak("require")],
  ["sslrootcert=system&sslmode=verify-ca", "sslmode", weak("verify-ca")],
])("%s is refused alike, as by libpq or more strictly", (parameters, parameter, message) => {
  const url = `postgres://u:p@h/d?${parameters}`;
  const said = `has a problem with its ${parameter}: it ${message}`;
  expect(() => loadConfig({ DATABASE_URL: url })).toThrow(said);
  expect(() => driverOptions({ connectionString: url })).toThrow(`the connection string ${said}`);
  expect(() => driverOptions({ connectionString: url })).toThrow(RangeError);
});

test.each([
  "",
  "&sslmode=verify-full",
  "&sslmode=verify-full&sslnegotiation=direct",
  "&sslnegotiation=direct",
])("public certificates are looked at as a whole: sslrootcert=system%s", (others) => {
  for (const { ssl } of read(`postgres://u:p@h/d?sslrootcert=system${others}`)) {
    expect(ssl).toMatchObject({ rejectUnauthorized: true });
    expect(ssl).not.toHaveProperty("checkServerIdentity");
  }
});

describe("a replica's URL says part by part what the pool's does not, alike in both", () => {
  const both = (main: string, replica: string) => {
    const [DATABASE_URL, DATABASE_REPLICA_URLS] = [`postgres://u:p@h/d?${main}`, `postgres://r/d?${replica}`];
    return [
      () => driverOptions(loadConfig({ DATABASE_URL, DATABASE_REPLICA_URLS }).postgres.replicas[0]!),
      () => {
        const [own] = replicasOf({
          connectionString: DATABASE_URL,
          replicas: [{ connectionString: DATABASE_REPLICA_URLS }],
        });
        return driverOptions(own!);
      },
    ].map((create) => () => create().configs[0]!.ssl);
  };

  test.each([
    ["sslmode=verify-full", "sslrootcert=system", { rejectUnauthorized: true }],
    [
      "sslmode=require",
      "ssl_min_protocol_version=TLSv1.3",
      { minVersion: "TLSv1.3", rejectUnauthorized: false },
    ],
    [
      "sslmode=require&ssl_min_protocol_version=TLSv1.3",
      "sslmode=verify-full",
      { minVersion: "TLSv1.3", rejectUnauthorized: true },
    ],
    ["sslmode=verify-full", "", { rejectUnauthorized: true }],
    ["sslmode=verify-full", "sslmode=disable", false],
    ["", "sslmode=disable", false],
    ["sslmode=verify-full&sslrootcert=system", "sslmode=disable", false],
  ])("%s, and of the replica %s", (main, replica, ssl) => {
    for (const read of both(main, replica))
      if (ssl === false) expect(read()).toBe(false);
      else expect(read()).toMatchObject(ssl as object);
  });

  test("what has no effect is refused by both", () => {
    for (const read of both("sslmode=disable", "sslrootcert=ca.pem")) expect(read).toThrow(WITHOUT_TLS);
    for (const read of both("sslmode=require", "sslrootcert=system")) expect(read).toThrow(weak("require"));
  });

  test("libpq's variables of TLS are of no account to replicas of a pool that wants none", () => {
    const saved = { ...process.env };
    Object.assign(process.env, { PGSSLMODE: "verify-full", PGSSLROOTCERT: "system" });
    try {
      const url = "postgres://u:p@h/d?sslmode=disable";
      const [replica] = replicasOf({
        connectionString: url,
        replicas: [{ connectionString: "postgres://r/d" }],
      });
      expect(driverOptions({ ...replica, ssl: replica!.ssl ?? false }).configs[0]!.ssl).toBe(false);
    } finally {
      process.env = saved;
    }
  });
});

test("an option that begins with TLS is refused where there may be none", () => {
  const message = /^sslNegotiation: direct needs TLS/;
  const { ssl } = loadConfig({ DATABASE_URL: "postgres://u:p@h/d?sslmode=prefer" }).postgres;
  for (const given of [undefined, false, ssl])
    expect(() => driverOptions({ sslNegotiation: "direct", ssl: given })).toThrow(message);
  expect(() => driverOptions({ sslNegotiation: "direct", ssl: true })).not.toThrow();
});

test("a parameter that has no meaning is named once, and stops nothing", () => {
  read("postgres://u:p@h/d?gssencmode=prefer&tcp_user_timeout=5&somebodys=1");
  read("postgres://u:p@h/d?gssencmode=prefer&tcp_user_timeout=5&somebodys=1");
  const said = warning.mock.calls.map(([text]) => String(text));
  for (const name of ["gssencmode", "tcp_user_timeout", "somebodys"])
    expect(said.filter((text) => text.includes(name))).toHaveLength(1);
});

test.each([
  ["postgres://u:p@h/d?sslmod=require", /"sslmod"; did you mean sslmode\?/],
  ["postgres://u:p@h/d?keepalives_idle=-1", /keepalives_idle "-1", which is not a number of seconds/],
  ["postgres://u:p@h/d?connect_timeout=-soon", /connect_timeout "-soon", which is not a number of seconds/],
  ["postgres://u:p@h/d?connect_timeout=soon", /connect_timeout "soon", which is not a number of seconds/],
  ["postgres://u:p@h:0/d", /port that is not a whole number/],
  ["postgres://u:p@h:70000/d", /port that is not a whole number/],
  ["postgres://u:p@h/d?port=1,2", /has 2 ports for 1 host$/],
  ["postgres://u:p@a,b,c/d?port=1,2", /has 2 ports for 3 hosts$/],
  ["postgres://u:p@h/d?sslmode=maybe", /sslmode "maybe"/],
  ["postgres://u:s3#cret@h/d", /has a "#"/],
  ["postgres://u:s3?cret@h/d", /is not a URL such as/],
  ["postgres://u@h?sslmode=require/d?password=s3cret", /has the sslmode \(not shown/],
  ["postgres://u@h/d?connect_timeout=5?password=s3cret", /has the connect_timeout \(not shown/],
  ["postgres://u@h/d?password=s3&cret", /has a parameter without a "="/],
  ["postgres://u:p@h/d?ssl=constructor", /has the sslmode "constructor"/],
  ["postgres://u:s3%zzcret@h/d", /is not a URL such as/],
  [
    "postgres://u:p@h/d?sslmode=require&sslnegotiation=tls",
    /sslnegotiation "tls", which is none of postgres, direct/,
  ],
  [
    "postgres://u:p@h/d?channel_binding=no",
    /channel_binding "no", which is none of disable, prefer, require/,
  ],
  ["postgres://u:s3cret%00@h/d", /has the character U\+0000/],
  ["postgres://u:s3cret@h/d?application_name=a%00", /has the character U\+0000/],
])("%s is wrong alike, and shows no secret", (url, message) => {
  for (const read of [
    () => loadConfig({ DATABASE_URL: url }),
    () => driverOptions({ connectionString: url }),
  ]) {
    expect(read).toThrow(message);
    expect(read).not.toThrow(/s3|cret/);
  }
});

describe("libpq's variables", () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });
  const given = (variables: Record<string, string>, options: PoolOptions = {}) => {
    process.env = { ...before, ...variables };
    return driverOptions(options);
  };

  test("mean what they mean in a URL", () => {
    const { configs, targetSessionAttrs } = given({
      PGHOST: "a,b",
      PGPORT: "1,2",
      PGSSLMODE: "require",
      PGAPPNAME: "web",
      PGTARGETSESSIONATTRS: "read-write",
    });
    expect(configs.map(({ host, port }) => [host, port])).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect(configs[0]).toMatchObject({ ssl: { rejectUnauthorized: false }, application_name: "web" });
    expect(targetSessionAttrs).toBe("read-write");
  });

  test("hold where neither the URL nor an option says otherwise", () => {
    const around = { PGHOST: "around", PGHOSTADDR: "10.0.0.1", PGPORT: "1", PGSSLMODE: "verify-full" };
    const [url] = given(around, { connectionString: "postgres://u@named/d" }).configs;
    expect(url).toMatchObject({ host: "named", port: 1, ssl: { rejectUnauthorized: true } });
    expect(url!.ssl).not.toHaveProperty("servername");
    const [option] = given(around, { host: "optional", port: 2, ssl: false }).configs;
    expect(option).toMatchObject({ host: "optional", port: 2, ssl: false });
    const [mode] = given(around, { connectionString: "postgres://u@named/d?sslmode=require" }).configs;
    expect(mode).toMatchObject({ ssl: { rejectUnauthorized: false } });
  });

  test("are of no account where the URL wants no TLS", () => {
    const tls = { PGSSLROOTCERT: "ca.pem", PGSSLNEGOTIATION: "direct", PGSSLMODE: "verify-full" };
    const [config] = given(tls, { connectionString: "postgres://u@h/d?sslmode=disable" }).configs;
    expect(config).toMatchObject({ ssl: false, sslnegotiation: "postgres" });
  });

  test("are told apart from the URL where they are wrong", () => {
    const connectionString = "postgres://u@h/d";
    const environment = "the environment (PGHOST, PGSSLMODE and so on) has a problem with its";
    for (const options of [{}, { connectionString }])
      expect(() => given({ PGSSLROOTCERT: "ca.pem" }, options)).toThrow(`${environment} sslrootcert`);
    expect(() => given({ PGSSLMODE: "maybe" }, { connectionString })).toThrow(
      'the environment (PGHOST, PGSSLMODE and so on) has the sslmode "maybe"',
    );
    expect(() =>
      given({ PGSSLMODE: "require" }, { connectionString: `${connectionString}?sslrootcert=/no/such` }),
    ).toThrow("the connection string has a problem with its sslrootcert");
  });

  test.each([
    [{ PGSSLMODE: "maybe" }, 'the environment (PGHOST, PGSSLMODE and so on) has the sslmode "maybe"'],
    [
      { PGPORT: "tcp" },
      "the environment (PGHOST, PGSSLMODE and so on) has a port that is not a whole number",
    ],
  ])("%j is wrong", (variables, message) => {
    expect(() => given(variables)).toThrow(message);
  });
});
