import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Locked {
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly optional?: boolean;
}

const lock = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../package-lock.json", import.meta.url)), "utf8"),
) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const packages = Object.entries(lock.packages);

test("`npm ci` works on every platform: what is made for one is optional", () => {
  const needed = packages.filter(
    ([, { os, cpu, optional }]) => (os ?? cpu) !== undefined && optional !== true,
  );
  expect(needed.map(([name]) => name)).toEqual([]);
});

test.each(["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"])(
  "there is a PostgreSQL 16 for %s",
  (platform) => {
    const [os, cpu] = platform.split("-") as [string, string];
    const found = packages.find(([name]) => name === `node_modules/pg16-${platform}`)?.[1];
    expect(found).toMatchObject({ os: [os], cpu: [cpu], optional: true });
  },
);
