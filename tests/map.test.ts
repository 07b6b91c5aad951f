import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

test("the places that ARCHITECTURE.md names from the top exist", () => {
  const page = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
  const named = Array.from(
    page.matchAll(/`((?:generator|runtime|tests|docs|lint)\/[\w./-]+)`/g),
    ([, path]) => path!,
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
