import type { PostgresUrl } from "./postgres-url.ts";
import { shown } from "./shown.ts";
import { TLS_MODES, type TlsFiles, type TlsPart } from "./tls.ts";
import type { UsedParameter } from "./url-words.ts";

/** What a URL calls each part. */
export const TLS_PARAMETERS = {
  mode: "sslmode",
  rootCertificate: "sslrootcert",
  certificate: "sslcert",
  key: "sslkey",
  passphrase: "sslpassword",
  negotiation: "sslnegotiation",
  minVersion: "ssl_min_protocol_version",
  maxVersion: "ssl_max_protocol_version",
} as const satisfies Record<TlsPart, UsedParameter>;

/**
 * Gives what a URL says of TLS.
 * @param otherwise holds where it says nothing, but for what has no effect without TLS, where it wants none
 */
export function tlsFilesOf(
  url: PostgresUrl,
  report: (message: string) => void,
  otherwise: Partial<TlsFiles> = {},
): TlsFiles {
  const mode = TLS_MODES.find((known) => known === url.sslmode);
  if (mode === undefined && url.sslmode !== undefined)
    report(`has the sslmode ${shown(url.sslmode)}, which is none of ${TLS_MODES.join(", ")}`);
  const around = mode === "disable" ? {} : otherwise;
  return {
    mode: mode ?? around.mode,
    rootCertificate: url.sslrootcert ?? around.rootCertificate,
    certificate: url.sslcert ?? around.certificate,
    key: url.sslkey ?? around.key,
    passphrase: url.sslpassword ?? around.passphrase,
    negotiation: url.sslnegotiation ?? around.negotiation,
    serverName: url.serverName,
    minVersion: url.minVersion ?? around.minVersion,
    maxVersion: url.maxVersion ?? around.maxVersion,
  };
}

/** Tells whether a URL has something of that part, be it right or wrong. */
export function saysOfTls(url: PostgresUrl, part: TlsPart): boolean {
  return part === "mode" ? url.sslmode !== undefined : tlsFilesOf(url, () => {})[part] !== undefined;
}
