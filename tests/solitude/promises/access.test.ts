import { call, changed, column, one, refused, rowOf, sha256, sql, world } from "./fixture.ts";

describe("keys and sessions", () => {
  test("a use is noted at most once a minute", async () => {
    for (const [touch, table, id] of [
      ["TouchApiKey", "api_keys", world.api_key],
      ["TouchSession", "sessions", world.session],
    ] as const) {
      const set = (ago: string) =>
        sql(`update ${table} set last_used_at = now() - interval '${ago}' where id = $1`, id);
      await set("50 seconds");
      expect(await changed(touch)).toBe(0);
      await set("70 seconds");
      expect(await changed(touch)).toBe(1);
    }
  });

  test("a revoked key opens nothing and is not listed; a rotated one goes on for the time that is given", async () => {
    const opens = (text: string) => call("AuthenticateApiKey", { key_hash: sha256(`${text} ${world.tag}`) });
    await call("RotateApiKey", { key_hash: sha256(`next ${world.tag}`), overlap: "1 minute" });
    expect([await opens("key"), await opens("next")].map((rows) => rows.length)).toEqual([1, 1]);
    const { expires_at, scopes } = await rowOf("api_keys", world.api_key);
    expect(Number(expires_at) < Date.now() + 70_000).toBe(true);
    const listed = await call("ListApiKeys");
    expect(listed.map((row) => row.scopes)).toEqual([scopes, scopes]);
    expect(Object.keys(listed[0]!)).not.toContain("key_hash");
    expect(await changed("RevokeApiKey")).toBe(1);
    expect(await opens("key")).toEqual([]);
    expect(await column("id", "ListApiKeys")).not.toContain(world.api_key);
    await sql(
      "update api_keys set created_at = now() - interval '31 days' where workspace_id = $1",
      world.workspace,
    );
    expect(await call("ListUnusedApiKeys")).toHaveLength(1);
    await sql(
      "update api_keys set allowed_networks = '{10.0.0.0/8}' where workspace_id = $1",
      world.workspace,
    );
    expect(await opens("next")).toEqual([]);
  });

  test("a session gets a new token and a new end; one that is over gets none, and ends are of its user alone", async () => {
    const rotated = await one("RotateSessionToken", { valid_for: "2 days" });
    expect(rotated.id).toBe(world.session);
    expect(await call("RotateSessionToken")).toEqual([]);
    await call("CreateSession", { user_id: world.ada, token_hash: sha256(`other ${world.tag}`) });
    await sql("update sessions set last_used_at = now() - interval '1 hour' where id = $1", world.session);
    expect((await call("ListSessions", { user_id: world.ada })).map((row) => row.is_current)).toEqual([
      false,
      true,
    ]);
    expect(await changed("RevokeSession", { user_id: world.bob })).toBe(0);
    expect(await changed("RevokeSession")).toBe(1);
    expect(await changed("RevokeAllSessions", { user_id: world.ada })).toBe(1);
    expect(await call("GetSession", { token_hash: sha256(`other ${world.tag}`) })).toEqual([]);
  });

  test("what is over is deleted in portions, until there is none", async () => {
    await sql(
      "insert into sessions (user_id, token_hash, created_at, expires_at) select $1, sha256(('s' || i || $2)::bytea), now() - interval '90 days', now() - interval '40 days' from generate_series(1, 3) i",
      world.ada,
      world.tag,
    );
    await sql(
      "insert into user_tokens (token_hash, user_id, purpose, created_at, expires_at) select sha256(('t' || i || $2)::bytea), $1, 'verify_email', now() - interval '9 days', now() - interval '3 days' from generate_series(1, 3) i",
      world.ada,
      world.tag,
    );
    await sql(
      "insert into sign_in_challenges (challenge_hash, user_id, purpose, created_at, expires_at) select sha256(('c' || i || $2)::bytea), $1, 'sign_in', now() - interval '9 days', now() - interval '3 days' from generate_series(1, 3) i",
      world.ada,
      world.tag,
    );
    for (const name of [
      "DeleteExpiredSessions",
      "DeleteExpiredUserTokens",
      "DeleteExpiredSignInChallenges",
    ]) {
      const portion = () => changed(name, { batch_size: 2 });
      expect([name, await portion(), await portion(), await portion()]).toEqual([name, 2, 1, 0]);
    }
    expect(await call("GetSession", { token_hash: sha256(`session ${world.tag}`) })).toHaveLength(1);
  });
});

describe("credentials", () => {
  test("an account elsewhere is one person's, and linking it again is harmless", async () => {
    const account = { issuer: "https://id.example", subject: `account ${world.tag}` };
    const first = await one("LinkOauthCredential", { user_id: world.ada, ...account });
    expect(await one("LinkOauthCredential", { user_id: world.ada, ...account })).toMatchObject({
      id: first.id,
    });
    expect(await call("LinkOauthCredential", { user_id: world.bob, ...account })).toEqual([]);
    expect(await one("GetOauthCredential", account)).toMatchObject({ id: world.ada });
  });

  test("a password is for who has none, and its hash is told to nobody but a sign-in", async () => {
    expect(await refused("CreatePasswordCredential", { user_id: world.ada })).toBe(
      "credentials_password_key",
    );
    expect(await refused("CreatePasswordCredential", { user_id: world.bob })).toBe(null);
    for (const row of await call("ListCredentials", { user_id: world.ada }))
      expect(Object.keys(row)).not.toContain("secret_hash");
    await expect(
      sql("update credentials set secret_hash = 'plain' where id = $1", world.password),
    ).rejects.toMatchObject({ constraint: "credentials_secret_hash_check" });
  });

  test("each failure from the fifth on locks for longer, up to an hour; a success ends the count", async () => {
    const fail = async () => {
      const { failed_attempts, locked_until } = await one("RecordFailedSignIn");
      return [failed_attempts, locked_until && Math.round((Number(locked_until) - Date.now()) / 60_000)];
    };
    for (const n of [1, 2, 3, 4]) expect(await fail()).toEqual([n, null]);
    expect([await fail(), await fail()]).toEqual([
      [5, 1],
      [6, 2],
    ]);
    await sql("update credentials set failed_attempts = 500 where id = $1", world.password);
    expect(await fail()).toEqual([501, 60]);
    await call("RecordSuccessfulSignIn");
    expect(await rowOf("credentials", world.password)).toMatchObject({
      failed_attempts: 0,
      locked_until: null,
    });
    expect((await rowOf("credentials", world.password)).last_used_at).not.toBe(null);
  });

  test("a new password ends every other session", async () => {
    await call("CreateSession", { user_id: world.ada, token_hash: sha256(`other ${world.tag}`) });
    expect(await one("ChangePassword", { user_id: world.ada })).toMatchObject({ ended_sessions: "1" });
    expect(await column("id", "ListSessions", { user_id: world.ada })).toEqual([world.session]);
  });

  test("the last way in stays, whatever else there is", async () => {
    expect(await changed("RevokeCredential", { id: world.passkey })).toBe(1);
    expect(await changed("RevokeCredential", { id: world.password })).toBe(0);
    await expect(
      sql("update credentials set revoked_at = now() where id = $1", world.password),
    ).rejects.toMatchObject({ constraint: "credentials_last_check" });
  });

  test("a link works once", async () => {
    await call("CreateUserToken", { user_id: world.ada, token_hash: sha256(`once ${world.tag}`) });
    const follow = () =>
      call("UseUserToken", { token_hash: sha256(`once ${world.tag}`), purpose: "reset_password" });
    const both = await Promise.all([follow(), follow()]);
    expect(both.map((rows) => rows.length).sort()).toEqual([0, 1]);
  });
});
