import pg from "pg";
import { GET } from "./clients/sql.mjs";
import { here, measure } from "./measure.mjs";
import { loop, WORKSPACE } from "./workload.mjs";

const POLICY = `
  create role bench_application login;
  grant select on agents to bench_application;
  alter table agents enable row level security;
  create policy tenant on agents to bench_application
    using (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);`;

/** One row by key for a tenant that a policy holds apart, against the same row for a superuser, whom none does. */
export async function compareScopes({ runtime, generated }, url, ids, rounds) {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(POLICY);
  await admin.end();
  const application = new URL(url);
  application.username = "bench_application";
  const as = (connectionString, more = {}) => runtime.createPool({ connectionString, max: 4, ...more });
  /** What no pool of many tenants can do: the setting is the session's. */
  const onConnect = (session) => session.execute(`set app.workspace_id = '${WORKSPACE}'`);
  const pools = [
    as(url),
    as(application.href),
    as(application.href, { scopeBy: "set local" }),
    as(application.href, { onConnect }),
  ];
  const [plain, guarded, bySetLocal, ofOne] = pools;
  const byHand = new pg.Pool({ connectionString: application.href, max: 4 });
  const settings = { "app.workspace_id": WORKSPACE };
  const next = loop(ids);
  // What the tenant's id comes to is a scope of its own for each call, as for each request of a service.
  const contestants = [
    { name: "Solitude, no scope, no policy", call: () => generated.getAgent(plain, { id: next.id() }) },
    { name: "Solitude, no scope, the policy", call: () => generated.getAgent(ofOne, { id: next.id() }) },
    {
      name: "Solitude, in a scope",
      call: () => generated.getAgent(guarded.scope(settings), { id: next.id() }),
    },
    {
      name: "Solitude, in a scope by `set local`",
      call: () => generated.getAgent(bySetLocal.scope(settings), { id: next.id() }),
    },
    {
      name: "Solitude, a transaction in a scope",
      call: () => guarded.scope(settings).transaction((tx) => generated.getAgent(tx, { id: next.id() })),
    },
    {
      name: "pg: begin; set local; select; commit",
      async call() {
        const client = await byHand.connect();
        try {
          await client.query("begin");
          await client.query(`set local app.workspace_id = '${WORKSPACE}'`);
          const { rows } = await client.query({ name: "get", text: GET, values: [next.id()] });
          await client.query("commit");
          return rows[0] ?? null;
        } finally {
          client.release();
        }
      },
    },
  ];
  try {
    for (const { name, call } of contestants)
      if ((await call()) === null) throw new Error(`${name} sees no row`);
    const outside = await generated.getAgent(guarded, { id: next.id() });
    if (outside !== null) throw new Error("outside of a scope a row is seen");
    const against = contestants[0].name;
    return [
      "One row by key, in a tenant's scope",
      await measure(contestants.map(here), { rounds, calls: 400, against }),
    ];
  } finally {
    await Promise.all([...pools.map((pool) => pool.close()), byHand.end()]);
  }
}
