import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { cacheFolder } from "../cache/cache-folder.ts";
import { ContentCache } from "../cache/content-cache.ts";
import type { PluginCommand } from "../config/config.ts";
import { reasonOf } from "../diagnostics/file-problem.ts";
import { PluginError } from "./run.ts";

type Wasm = Extract<PluginCommand["how"], { readonly kind: "wasm" }>;

/** How long an address may take to give a plugin, in ms. */
const DOWNLOAD_MS = 300_000;

/**
 * Gives `use` the file of a WebAssembly plugin: kept from an earlier run by its checksum, else fetched and kept. What has another
 * checksum than the configuration names is never run.
 * @param home the project's folder, whose cache it is kept in
 * @throws PluginError
 */
export async function withWasmFile<T>(
  { url, sha256 }: Wasm,
  root: string,
  home: string,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const cache = new ContentCache(cacheFolder(home));
  const expected = sha256.toLowerCase();
  const kept = expected === "" ? null : await cache.readBytes(KIND, expected);
  const isKept = kept !== null && checksum(kept) === expected;
  const bytes = isKept ? kept : await fetchBytes(url, root);
  if (!isKept) {
    const actual = checksum(bytes);
    if (expected !== "" && expected !== actual) {
      throw new PluginError(
        `invalid checksum: expected ${expected}, got ${actual}`,
        "It is another file than the configuration means; write its `sha256` only if you trust it.",
      );
    }
    await cache.writeBytes(KIND, actual, bytes);
  }
  const folder = await mkdtemp(join(tmpdir(), "solitude-plugin-"));
  try {
    const file = join(folder, "plugin.wasm");
    await writeFile(file, bytes, { mode: 0o400 });
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const KIND = "plugin";

const checksum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function fetchBytes(url: string, root: string): Promise<Uint8Array> {
  if (url.startsWith("file://")) {
    const path = url.slice("file://".length);
    return readFile(resolve(root, path)).catch((error: unknown) => {
      throw new PluginError(`cannot read ${path}: ${reasonOf(error)}`);
    });
  }
  if (!url.startsWith("https://"))
    throw new PluginError(`unknown scheme: ${url}`, "Write an address that begins with https:// or file://.");
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
    if (!answer.ok) throw new PluginError(`${url} answers ${answer.status} ${answer.statusText}`.trim());
    return new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    if (error instanceof PluginError) throw error;
    const { cause, message } = error as Error;
    throw new PluginError(
      `cannot fetch ${url}: ${cause instanceof Error ? cause.message : message}`,
      "Fetch it where there is a network, and name the file: `url: file://plugins/name.wasm`.",
    );
  }
}
