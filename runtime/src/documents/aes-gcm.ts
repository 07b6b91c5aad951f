import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const IV_BYTES = 12;
const TAG_BYTES = 16;
const TAG = { authTagLength: TAG_BYTES };

/** No sealed text is shorter. */
export const SEALED_BYTES = IV_BYTES + TAG_BYTES;

/**
 * Encrypts by AES-256-GCM: the nonce, the tag and the ciphertext, in that order.
 * @param key 32 bytes
 * @param place what must be said again to open it
 */
export function seal(plain: Uint8Array, key: Uint8Array, place: Uint8Array = NOWHERE): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv, TAG).setAAD(place);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), text]);
}

/** Decrypts what `seal` made. @throws where the key, the place or a byte of it is another */
export function unseal(sealed: Uint8Array, key: Uint8Array, place: Uint8Array = NOWHERE): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, IV_BYTES), TAG)
    .setAAD(place)
    .setAuthTag(sealed.subarray(IV_BYTES, SEALED_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(SEALED_BYTES)), decipher.final()]);
}

const NOWHERE = new Uint8Array();
