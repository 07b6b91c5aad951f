#!/usr/bin/env node
// Prints the command that runs the solitude-gen of the project around the folder, a word a line: what is installed, which may be in a package
// of a workspace, else by npx the version that its lock file or package.json has, else the newest. The text of integrations/gitlab is this file's.
const { existsSync, readFileSync } = require("node:fs");
const { dirname, join, relative, resolve } = require("node:path");
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
const installed = first((at) => {
  const { bin } = json(join(at, "node_modules/solitude-gen/package.json"));
  return bin && join(at, "node_modules/solitude-gen", bin["solitude-gen"]);
});
const command = installed
  ? ["node", relative(".", installed)]
  : ["npx", "--yes", `solitude-gen@${first(locked) ?? first(asked) ?? "latest"}`];
console.log(command.join("\n"));
