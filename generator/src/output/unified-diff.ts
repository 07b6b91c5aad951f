const LIMIT_MS = 3_000;

/** A unified diff that `git apply` and `patch -p1` take; `from` and `to` are the names in its head. */
export async function unifiedDiff(from: string, to: string, before: string, after: string): Promise<string> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import("diff");
  const text = createTwoFilesPatch(from, to, before, after, undefined, undefined, {
    timeout: LIMIT_MS,
    headerOptions: FILE_HEADERS_ONLY,
  });
  return text ?? `--- ${from}\n+++ ${to}\n(too many differences to show)\n`;
}
