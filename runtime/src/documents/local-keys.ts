import { hkdfSync } from "node:crypto";
import { seal, unseal } from "./aes-gcm.ts";
import { DeclarationError } from "./errors.ts";
import type { KeyProvider } from "./field-encryption.ts";

export interface LocalKeysOptions {
  /** Which of them wraps from now on. */
  readonly current: string;
  /** 32 bytes each, by an id that is never given to another. One that is taken out is destroyed, and what it wrapped is lost. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
}

/**
 * A key provider whose keys are in the process: from a secret, where no key management service is to be had. Each workspace has a
 * key of its own that is derived from them.
 * @throws {DeclarationError}
 */
export function localKeys({ current, keys }: LocalKeysOptions): KeyProvider {
  for (const [id, key] of Object.entries(keys))
    if (key.length !== 32)
      throw new DeclarationError(`the key ${JSON.stringify(id)} has ${key.length} bytes, not 32`);
  if (!Object.hasOwn(keys, current)) throw new DeclarationError(`there is no key ${JSON.stringify(current)}`);
  const keyOf = (id: string, workspace: string) =>
    Buffer.from(hkdfSync("sha256", keys[id]!, "", `solitude documents ${workspace}`, 32));
  return {
    async wrap(key, workspace) {
      return { keyId: current, wrapped: seal(key, keyOf(current, workspace)) };
    },
    async unwrap({ keyId, wrapped }, workspace) {
      return Object.hasOwn(keys, keyId) ? unseal(wrapped, keyOf(keyId, workspace)) : null;
    },
  };
}
