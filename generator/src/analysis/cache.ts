import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { SchemaFile } from "../model/source.ts";

/** Changes with everything that could make an old entry wrong; the tool's version is part of it. */
const FORMAT = 5;

/**
 * Results by the hash of what they were made from. An entry that cannot be read, is of another version or does not
 * match its own checksum is treated as absent.
 */
export class ContentCache {
  readonly #folder: string | null;

  /** @param folder null: nothing is kept */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  static key(...parts: readonly string[]): string {
    const hash = createHash("sha256").update(
      `${FORMAT}\0${process.env.SOLITUDE_GEN_VERSION ?? ""}\0${process.versions.v8}`,
    );
    for (const part of parts) hash.update(`\0${part.length}\0`).update(part);
    return hash.digest("hex");
  }

  async read<T>(kind: string, key: string): Promise<T | null> {
    const bytes = await this.readBytes(kind, key);
    if (!bytes) return null;
    try {
      return deserialize(bytes) as T;
    } catch {
      return null;
    }
  }

  async write(kind: string, key: string, value: unknown): Promise<void> {
    await this.writeBytes(kind, key, serialize(value));
  }

  async readBytes(kind: string, key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#folder === null) return null;
    try {
      const file = await readFile(join(this.#folder, `${kind}-${key}`));
      const checksum = file.subarray(0, 32);
      const body = new Uint8Array(file.subarray(32));
      return createHash("sha256").update(body).digest().equals(checksum) ? body : null;
    } catch {
      return null;
    }
  }

  /** A cache that cannot be written costs time, never the run. */
  async writeBytes(kind: string, key: string, body: Uint8Array): Promise<void> {
    if (this.#folder === null) return;
    try {
      await mkdir(this.#folder, { recursive: true });
      const target = join(this.#folder, `${kind}-${key}`);
      const temporary = `${target}.${process.pid}`;
      await writeFile(temporary, Buffer.concat([createHash("sha256").update(body).digest(), body]));
      await rename(temporary, target);
    } catch {}
  }
}

/** What decides a database: the schema's text, and the server that stands in for the embedded one. */
export function schemaKey(databaseUri: string | undefined, schema: readonly SchemaFile[]): string {
  return ContentCache.key(databaseUri ?? "", ...schema.flatMap((file) => [file.path, file.text]));
}
