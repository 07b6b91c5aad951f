/** The parts of an identity, unquoted: `public."Odd".id` is `public`, `Odd`, `id`. A signature is left out. */
export function partsOf(identity: string): string[] {
  const parts: string[] = [];
  for (const [whole] of identity.matchAll(/"(?:[^"]|"")*"|[^."(]+|\(/g)) {
    if (whole === "(") break;
    parts.push(whole.startsWith('"') ? whole.slice(1, -1).replaceAll('""', '"') : whole);
  }
  return parts;
}

/** Quoted only where PostgreSQL would not read it as it stands. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
