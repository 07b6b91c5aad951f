import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The oldest Node that this repository promises; not the one that happens to run the tests. */
const OLDEST = "20.19.0";

const { satisfies } = createRequire(import.meta.url)("semver") as {
  satisfies(version: string, range: string): boolean;
};

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly engines?: { readonly node?: string } }>
  >;
}

test(`every package of the lockfile runs on Node ${OLDEST}`, () => {
  const { packages } = JSON.parse(
    readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"),
  ) as Lock;
  const declared = Object.entries(packages).filter(([, { engines }]) => engines?.node);
  expect(declared.length).toBeGreaterThan(100);
  const tooNew = declared.filter(([, { engines }]) => !satisfies(OLDEST, engines!.node!));
  expect(tooNew.map(([path, { version, engines }]) => `${path} ${version}: ${engines!.node}`)).toEqual([]);
});
