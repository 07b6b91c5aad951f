import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readManifest } from "./manifest.ts";

/** How a package manager is told to do what a newcomer has to do. */
export interface PackageManager {
  readonly name: "npm" | "pnpm" | "yarn" | "bun" | "deno" | "rush";
  /** What adds a package for development. */
  readonly add: string;
  /** What precedes an installed package's command. */
  readonly exec: string;
  /** What precedes a script's name. */
  readonly run: string;
}

const MANAGERS: Readonly<Record<PackageManager["name"], PackageManager>> = {
  npm: { name: "npm", add: "npm install --save-dev", exec: "npx", run: "npm run" },
  pnpm: { name: "pnpm", add: "pnpm add --save-dev", exec: "pnpm exec", run: "pnpm run" },
  yarn: { name: "yarn", add: "yarn add --dev", exec: "yarn", run: "yarn" },
  bun: { name: "bun", add: "bun add --dev", exec: "bunx", run: "bun run" },
  deno: { name: "deno", add: "deno add --npm --dev", exec: "deno x -A", run: "deno task" },
  rush: { name: "rush", add: "rush add --dev --package", exec: "npx", run: "rushx" },
};

const LOCK_FILES: readonly (readonly [string, PackageManager["name"]])[] = [
  // What it installs with lies elsewhere.
  ["rush.json", "rush"],
  ["pnpm-lock.yaml", "pnpm"],
  ["pnpm-workspace.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  [".pnp.cjs", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["deno.lock", "deno"],
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
  // Others' projects may have a configuration of Deno's beside their lock file, for its editor or its linter.
  ["deno.json", "deno"],
  ["deno.jsonc", "deno"],
];

/** Tells by `packageManager` or the lock file of the folder, or of one above; npm where nothing says. */
export function packageManagerOf(folder: string): PackageManager {
  for (let at = folder; ; at = dirname(at)) {
    const said = /^(npm|pnpm|yarn|bun|deno)@/.exec(String(readManifest(at)?.packageManager ?? ""))?.[1];
    const locked = LOCK_FILES.find(([file]) => existsSync(join(at, file)))?.[1];
    const name = (said as PackageManager["name"] | undefined) ?? locked;
    if (name !== undefined) return MANAGERS[name];
    if (dirname(at) === at) return MANAGERS.npm;
  }
}
