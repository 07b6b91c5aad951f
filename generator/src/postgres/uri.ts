/** Tells whether the text is the address of a PostgreSQL database. */
export function isDatabaseUri(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text);
}

/** A database's address, to be shown. */
export function withoutPassword(uri: string): string {
  try {
    const url = new URL(uri);
    url.password = "";
    url.searchParams.delete("password");
    return url.href;
  } catch {
    return "that was named";
  }
}
