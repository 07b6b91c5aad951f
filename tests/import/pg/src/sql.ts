/** As SafeQL's tag: a statement and its values. */
export default function sql(parts: TemplateStringsArray, ...values: readonly unknown[]) {
  return { text: parts.reduce((text, part, i) => `${text}$${i}${part}`), values: [...values] };
}
