/** A value as Go writes it in JSON: keys in order, and what HTML would read as markup escaped. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return escapeMarkup(text);
}

/** JSON whose keys stay in their order, escaped as Go does and set in with any text. */
export function indentedGoJson(value: unknown, indent: string): string {
  // JSON.stringify takes no more than ten characters.
  const text = escapeMarkup(JSON.stringify(value, null, 1));
  return text.replace(/^ +/gm, (spaces) => indent.repeat(spaces.length));
}

const escapeMarkup = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
