import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { claim, runFolder } from "./servers/shared-server.ts";

/** A package as a registry would have it. */
export interface Packed {
  readonly name: string;
  /** The tarball. */
  readonly path: string;
  /** Of the tarball, and of what it becomes. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

export const PACKAGES = ["solitude-gen", "@solitude/runtime", "@solitude/client"];

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const COPY = { recursive: true, verbatimSymlinks: true } as const;
/** Milliseconds that packing and installing may take. */
const PATIENCE = 240_000;

/**
 * Puts the packages, packed, and what plain npm installs with them, into an application's `node_modules` and `package.json`. The first suite
 * of a run packs and installs them, the generator and then the others, into an application of nothing else; what others do with their copy is theirs.
 * @param only "solitude-gen": as it was when the generator alone was installed
 */
export async function installPacked(app: string, only?: "solitude-gen"): Promise<readonly Packed[]> {
  const folder = join(runFolder(), "packed");
  const answer = join(folder, "packed.json");
  if (claim(folder)) {
    const said = packAndInstall(folder);
    writeFileSync(`${answer}.new`, JSON.stringify(said));
    renameSync(`${answer}.new`, answer);
  }
  for (let waited = 0; !existsSync(answer); waited += 100) {
    if (waited > 3 * PATIENCE) throw new Error("another suite of this run has not packed the packages");
    await setTimeout(100);
  }
  const said = JSON.parse(readFileSync(answer, "utf8")) as readonly Packed[] | { problem: string };
  if ("problem" in said) throw new Error(said.problem);
  const installed = join(folder, only ?? "all");
  cpSync(join(installed, "node_modules"), join(app, "node_modules"), COPY);
  const { dependencies } = readManifest(installed);
  writeFileSync(join(app, "package.json"), JSON.stringify({ ...readManifest(app), dependencies }));
  return said;
}

const readManifest = (folder: string): { readonly dependencies?: Readonly<Record<string, string>> } =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

function packAndInstall(folder: string): readonly Packed[] | { readonly problem: string } {
  try {
    const workspaces = PACKAGES.flatMap((name) => ["--workspace", name]);
    const tarballs = join(folder, "tarballs");
    mkdirSync(tarballs);
    const said = npm(ROOT, "pack", ...workspaces, "--pack-destination", tarballs, "--json");
    const packed = (
      JSON.parse(said.slice(said.indexOf("["))) as (Omit<Packed, "path"> & { filename: string })[]
    ).map(({ filename, ...one }) => ({ ...one, path: join(tarballs, filename) }));
    const [generator, ...others] = packed.map(({ path }) => path);
    const alone = join(folder, "solitude-gen");
    mkdirSync(alone);
    writeFileSync(join(alone, "package.json"), JSON.stringify({ name: "app", private: true }));
    install(alone, generator!);
    const all = join(folder, "all");
    cpSync(alone, all, COPY);
    install(all, ...others);
    return packed;
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

const install = (folder: string, ...tarballs: readonly string[]): string =>
  npm(folder, "install", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs);

function npm(cwd: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("npm", args, {
    cwd,
    encoding: "utf8",
    timeout: PATIENCE,
    killSignal: "SIGKILL",
  });
  if (status !== 0) throw new Error(`npm ${args.join(" ")} ${error?.message ?? ""}\n${stdout}\n${stderr}`);
  return stdout;
}
