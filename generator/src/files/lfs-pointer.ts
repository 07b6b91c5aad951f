import { decode } from "./files.ts";

const FIRST_LINE = "version https://git-lfs.github.com/spec/v1\n";

/** Gives the hash (SHA-256) of the contents that a pointer of Git LFS stands for; null for what is none. */
export function lfsObject(bytes: Uint8Array): string | null {
  if (bytes.length > 1024) return null;
  const text = decode(bytes);
  return text.startsWith(FIRST_LINE) ? (/^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1] ?? null) : null;
}
