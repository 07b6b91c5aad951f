import { asNode, asNodes, asNumber, type Node, withoutCoercion } from "./node-tree.ts";

/** What texts are compared as. `char(n)` takes no notice of trailing spaces. */
export type Comparison = "text" | "char";

/** texteq, bpchareq. */
const EQUALS: Readonly<Record<Comparison, number>> = { text: 67, char: 1048 };

/** Collations from here on are the user's, under which texts that differ may be equal. */
const FIRST_USER_OID = 16384;

/** text, varchar, bpchar, unknown. */
const TEXT_TYPES: ReadonlySet<number> = new Set([25, 1043, 1042, 705]);

/**
 * The texts that a CHECK leaves to its subject: `subject in ('a', 'b')`, `= any(array[…])`, `= 'a'`, one of these beside
 * other conditions, or with `subject is null or`. Null where it is anything else.
 */
export function allowedTexts(
  check: Node | null,
  comparison: Comparison,
  isSubject: (node: Node) => boolean,
): readonly string[] | null {
  if (check?.node === "BOOLEXPR" && check.boolop !== "not") {
    const parts = asNodes(check.args);
    const found = parts.map((part) => allowedTexts(part, comparison, isSubject));
    if (check.boolop === "and") return found.find((texts) => texts !== null) ?? null;
    const others = parts.filter((part) => !isNullTest(part, isSubject));
    return others.length === 1 ? (found[parts.indexOf(others[0]!)] ?? null) : null;
  }
  const isAny = check?.node === "SCALARARRAYOPEXPR" && check.useOr === true;
  if (!check || !(isAny || check.node === "OPEXPR")) return null;
  const [left, right] = asNodes(check.args);
  if (!left || !right || !isSubject(withoutCoercion(left))) return null;
  if (asNumber(check.opfuncid) !== EQUALS[comparison] || asNumber(check.inputcollid) >= FIRST_USER_OID)
    return null;
  const list = withoutCoercion(right);
  const constants = isAny ? (list.node === "ARRAYEXPR" ? asNodes(list.elements) : []) : [list];
  const texts = constants.map(constantText);
  return texts.length > 0 && texts.every((text) => text !== null) ? (texts as string[]) : null;
}

function isNullTest(node: Node, isSubject: (node: Node) => boolean): boolean {
  const subject = node.node === "NULLTEST" && asNumber(node.nulltesttype) === 0 ? asNode(node.arg) : null;
  return subject !== null && isSubject(withoutCoercion(subject));
}

function constantText(node: Node): string | null {
  const constant = withoutCoercion(node);
  if (
    constant.node !== "CONST" ||
    !TEXT_TYPES.has(Number(constant.consttype)) ||
    constant.constisnull === true
  )
    return null;
  const bytes = constant.constvalue as readonly number[];
  // A varlena: four bytes of header, then the text.
  return Buffer.from(constant.consttype === 705 ? bytes : bytes.slice(4)).toString("utf8");
}
