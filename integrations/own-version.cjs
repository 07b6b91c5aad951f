#!/usr/bin/env node
// Prints how npx is to be asked for the solitude-gen of the project around the folder: what is installed, else the version that
// its lock file or package.json has, else the newest. The text of integrations/gitlab is this file's.
const { existsSync, readFileSync } = require("node:fs");
const { dirname, join, resolve } = require("node:path");
const folder = resolve(process.argv[2] || ".");
const above = [];
for (let at = folder; ; at = dirname(at)) {
  above.push(at);
  if (dirname(at) === at) break;
}
const text = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");
const json = (path) => {
  try {
    return JSON.parse(text(path));
  } catch {
    return {};
  }
};
const locked = (at) =>
  json(join(at, "package-lock.json")).packages?.["node_modules/solitude-gen"]?.version ??
  /^\s+['"]?\/?solitude-gen[@/](\d[^:('"\s]*)/m.exec(text(join(at, "pnpm-lock.yaml")))?.[1] ??
  /^"?solitude-gen@.*:\r?\n\s+version:? "?(\d[^"\s]*)/m.exec(text(join(at, "yarn.lock")))?.[1] ??
  /"solitude-gen": \["solitude-gen@([^"]+)"/.exec(text(join(at, "bun.lock")))?.[1];
const asked = (at) => {
  const { dependencies, devDependencies } = json(join(at, "package.json"));
  const range = devDependencies?.["solitude-gen"] ?? dependencies?.["solitude-gen"];
  return /^[~^]?\d/.test(range ?? "") ? range : undefined;
};
const first = (find) => above.map(find).find((found) => found !== undefined && found !== false);
if (first((at) => existsSync(join(at, "node_modules/solitude-gen/package.json"))))
  console.log("--no-install solitude-gen");
else console.log(`--yes solitude-gen@${first(locked) ?? first(asked) ?? "latest"}`);
