/** Of the package as it was published: a browser shows its files there. */
const PUBLISHED = "https://unpkg.com/solitude-gen";

/** The address of the page that explains a finding, as this very version of the tool has it; of all codes' page where it has none. */
export function pageOf(docs: string | null, version: string): string {
  const page = docs === null ? "diagnostics.md" : docs.replace(/^docs\//, "");
  return `${PUBLISHED}@${version}/dist/${page}`;
}
