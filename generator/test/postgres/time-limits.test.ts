import type { Client } from "pg";
import { askInTime, freeSession } from "../../src/postgres/time-limits.ts";

/** A session on a machine that is too busy for the limit of its role: `busy` questions are cancelled, as PostgreSQL does. */
function sessionOf(role: { readonly busy: number; readonly limit: string }): Client & { asked: string[] } {
  let limit = role.limit;
  let left = role.busy;
  const asked: string[] = [];
  const query = async (sql: string): Promise<{ rows: object[] }> => {
    asked.push(sql);
    if (limit !== "0" && left-- > 0)
      throw Object.assign(new Error("canceling statement due to statement timeout"), { code: "57014" });
    if (sql === "show statement_timeout") return { rows: [{ statement_timeout: limit }] };
    if (sql === "set statement_timeout = 0") limit = "0";
    return { rows: sql.startsWith("select") ? [{ name: "statement_timeout", setting: limit }] : [] };
  };
  return { query, asked } as unknown as Client & { asked: string[] };
}

test("a session is freed of a limit that is shorter than its first questions take, and has it again", async () => {
  const session = sessionOf({ busy: 5, limit: "1ms" });
  expect(await freeSession(session)).toBe("set statement_timeout = '1ms'");
  expect(session.asked.filter((sql) => sql.startsWith("s"))).toHaveLength(5 + 4);
});

test("a question that is cancelled for ever is asked no longer, and another error is told at once", async () => {
  await expect(askInTime(sessionOf({ busy: 1000, limit: "1ms" }), "select 1")).rejects.toThrow("canceling");
  const refused = {
    query: () => Promise.reject(Object.assign(new Error("no"), { code: "42501" })),
  };
  await expect(askInTime(refused as unknown as Client, "select 1")).rejects.toThrow("no");
});
