import { readFileSync } from "node:fs";
import type { ConnectionOptions, SecureVersion } from "node:tls";
import { reason } from "./file-reason.ts";
import { shown } from "./shown.ts";

/** libpq's modes. `allow` and `prefer` go on without TLS where the server has none, which protects from nothing. */
export const TLS_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;

/** Tells whether a mode goes on with TLS alone. */
function isRequired(mode: TlsFiles["mode"]): boolean {
  return mode === "require" || mode === "verify-ca" || mode === "verify-full";
}

/** Those that go on without it. */
const optional = new WeakSet<ConnectionOptions>();

export function isTlsOptional(ssl: unknown): boolean {
  return typeof ssl === "object" && ssl !== null && optional.has(ssl);
}

export interface TlsFiles {
  /** Where nothing says it: none, but with the system's certificates `verify-full`, as in libpq. */
  readonly mode: (typeof TLS_MODES)[number] | undefined;
  /** Path of the certificates to trust, or `system`. */
  readonly rootCertificate?: string | undefined;
  /** Paths of the client's certificate and its key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
  /** `direct`: TLS from the first byte. */
  readonly negotiation?: string | undefined;
  /** Whose certificate the server's must be, where that is not the name by which it is reached. */
  readonly serverName?: string | undefined;
  /** libpq's names, such as `TLSv1.3`. */
  readonly minVersion?: string | undefined;
  readonly maxVersion?: string | undefined;
}

/** Which of them a problem is about. */
export type TlsPart = Exclude<keyof TlsFiles, "serverName">;

/** Those that say something of TLS, and nothing where there is none. */
const WITH_TLS = ["rootCertificate", "certificate", "key", "passphrase", "minVersion", "maxVersion"] as const;

/**
 * Node's options for a mode of libpq's; false without TLS. The key does not show when they are printed.
 * As in libpq, `require` with a root certificate verifies the server's against it.
 */
export function tlsOptions(
  files: TlsFiles,
  report: (part: TlsPart, message: string) => void,
): ConnectionOptions | false {
  const { rootCertificate, certificate, key, passphrase, serverName, minVersion, maxVersion } = files;
  const { mode = rootCertificate === "system" ? "verify-full" : "disable" } = files;
  // It is the first thing said then, so that a connection without it is none.
  if (files.negotiation === "direct" && !isRequired(mode))
    report("negotiation", "is direct, which needs TLS; set the mode to require, verify-ca or verify-full");
  if (mode === "disable") {
    for (const part of WITH_TLS)
      if (files[part] !== undefined) report(part, "has no effect without TLS; set the mode to verify-full");
    return false;
  }
  if (rootCertificate === "system" && mode !== "verify-full")
    report(
      "mode",
      `is ${mode}, which is too little with public certificates: anyone has one; set it to verify-full`,
    );
  else if (mode === "verify-ca" && rootCertificate === undefined)
    report(
      "mode",
      "is verify-ca, which needs a root certificate of your own: with public ones, anyone's certificate will do",
    );
  if (certificate === undefined && key !== undefined) report("certificate", "is not set, but its key is");
  if (certificate !== undefined && key === undefined) report("key", "is not set, but its certificate is");
  const read = (part: TlsPart, path: string | undefined, kind: PemKind): string | undefined =>
    path === undefined ? undefined : readPem(path, kind, (message) => report(part, message));
  const ca =
    rootCertificate === "system" ? undefined : read("rootCertificate", rootCertificate, "CERTIFICATE");
  const cert = read("certificate", certificate, "CERTIFICATE");
  const privateKey = read("key", key, "PRIVATE KEY");
  const options: ConnectionOptions = {
    rejectUnauthorized: /^verify/.test(mode) || rootCertificate !== undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(minVersion === undefined ? {} : { minVersion: minVersion as SecureVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion: maxVersion as SecureVersion }),
    // Only verify-full looks at the name in the certificate.
    ...(mode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
  };
  if (passphrase !== undefined)
    Object.defineProperty(options, "passphrase", { value: passphrase, enumerable: false });
  if (mode === "allow" || mode === "prefer") optional.add(options);
  if (privateKey !== undefined)
    Object.defineProperty(options, "key", { value: privateKey, enumerable: false });
  return options;
}

export type PemKind = "CERTIFICATE" | "PRIVATE KEY";

export function readPem(path: string, kind: PemKind, report: (message: string) => void): string | undefined {
  try {
    const pem = readFileSync(path, "utf8");
    if (pem.includes("-----BEGIN ") && pem.includes(kind)) return pem;
    report(`${shown(path)} has no ${kind.toLowerCase()} in PEM form`);
  } catch (error) {
    report(`${shown(path)} cannot be read: ${reason(error)}`);
  }
  return undefined;
}
