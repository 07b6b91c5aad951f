import { tmpdir } from "node:os";
import { runCommand } from "./in-process.ts";

// A role that there cannot be is refused before anything is read.

test.each([
  ["grants", "public", "PostgreSQL has no role of that name"],
  ["grants", "none", "PostgreSQL has no role of that name"],
  ["grants", "", "PostgreSQL has no role of that name"],
  ["verify", "public", "PostgreSQL has no role of that name"],
  ["rehearse", "public", "PostgreSQL has no role of that name"],
  ["grants", "é".repeat(32), "PostgreSQL's names have 63 bytes at most"],
])("%s --role %j", async (command, role, said) => {
  const { code, out, err } = await runCommand(tmpdir(), command, "--role", role);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(said);
});

test("a name that is quoted is one", async () => {
  const { err } = await runCommand(tmpdir(), "grants", "--role", 'Public "x"');
  expect(err).not.toContain("argument");
});
