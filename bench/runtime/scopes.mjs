import pg from "pg";
import { SCOPED } from "./clients/scoped.mjs";
import { startContestant } from "./contestant.mjs";
import { LINES } from "./lines.mjs";
import { measure } from "./measure.mjs";

const POLICY = `
  create role bench_application login;
  grant select on agents to bench_application;
  alter table agents enable row level security;
  create policy tenant on agents to bench_application
    using (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);`;

/** One row by key for a tenant that a policy holds apart, against the same row for a superuser, whom none does; each way in a process of its own. */
export async function compareScopes(url, ids, rounds) {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(POLICY);
  await admin.end();
  const application = new URL(url);
  application.username = "bench_application";
  const clients = [];
  try {
    for (const name of SCOPED) {
      const settings = { name, guarded: application.href };
      clients.push(await startContestant({ file: "scoped", url, settings, ids }));
    }
    const contestants = clients.map(({ name, turn, collect }) => ({
      name,
      collect,
      turn: (calls) => turn("scope", "scope", calls),
    }));
    return [
      "One row by key, in a tenant's scope",
      await measure(contestants, { rounds, calls: LINES.scope.calls, against: SCOPED[0] }),
    ];
  } finally {
    for (const client of clients) await client.close();
  }
}
