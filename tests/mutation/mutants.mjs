import { parseSync } from "@swc/core";

/**
 * @typedef {{ id: number, file: string, line: number, kind: string, from: string, to: string, start: number, end: number, text: string }} Mutant
 */

const OTHER_OPERATORS = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "%": ["*"],
};
const OTHER_METHODS = {
  some: "every",
  every: "some",
  startsWith: "endsWith",
  endsWith: "startsWith",
  min: "max",
  max: "min",
};
/** Without them all elements are taken, as they come. */
const CHOOSING = new Set(["filter", "slice", "sort", "trim", "toLowerCase"]);
/** Fields that are easily taken for one another. */
const OTHER_FIELDS = {
  larg: "rarg",
  rarg: "larg",
  limitCount: "limitOffset",
  limitOffset: "limitCount",
  targetList: "returningList",
  returningList: "targetList",
  defresult: "arg",
  columns: "params",
  params: "columns",
};
const TYPES = new Set([
  ...["typeAnnotation", "typeParams", "typeArguments", "typeParameters", "returnType", "superTypeParams"],
  ...["implements", "decorators"],
]);
/** Nodes of types that have an expression in them. */
const TYPED = new Set(["TsAsExpression", "TsNonNullExpression", "TsSatisfiesExpression", "TsConstAssertion"]);
const LOOPS = new Set(["ForStatement", "WhileStatement", "DoWhileStatement", "ForOfStatement"]);

/**
 * Finds what could be otherwise in a TypeScript source, and writes the source so that each of these mutants can be switched
 * on while it runs: `__mutant(id)` says whether that one is. `__turn()` is called at each turn of a loop, since a mutant
 * may have made it endless.
 * @returns {{ code: string, mutants: Mutant[] }} numbered from `first`
 */
export function mutate(source, file, first) {
  const writer = new Writer(source, file, first);
  return { code: writer.code(), mutants: writer.mutants };
}

class Writer {
  /** @type {Mutant[]} */
  mutants = [];
  #bytes;
  #file;
  #next;
  #module;

  constructor(source, file, first) {
    // The parser counts from the first token, in bytes: this one stands in front of all comments.
    const marked = `;${source}`;
    this.#bytes = Buffer.from(marked);
    this.#file = file;
    this.#next = first;
    this.#module = parseSync(marked, { syntax: "typescript", target: "es2023" });
  }

  code() {
    return this.#within(0, this.#bytes.length, this.#module).slice(1);
  }

  #place({ span }) {
    const base = this.#module.span.start;
    return [span.start - base, span.end - base];
  }

  #slice(start, end) {
    return this.#bytes.subarray(start, end).toString();
  }

  #original(node) {
    return this.#slice(...this.#place(node));
  }

  /** The text between two offsets, with the mutants of what is in it. */
  #within(start, end, node) {
    let text = "";
    let at = start;
    for (const child of childrenOf(node)) {
      const [from, to] = this.#place(child);
      text += this.#slice(at, from) + this.#written(child);
      at = to;
    }
    return text + this.#slice(at, end);
  }

  #written(node) {
    // What is told of a mistake of our own.
    if (node.type === "ThrowStatement") return this.#original(node);
    if (LOOPS.has(node.type)) node.body.isLoop = true;
    if (node.type === "IfStatement" || node.type === "ConditionalExpression") node.test.isCondition = true;
    const text = this.#expressed(node, this.#within(...this.#place(node), node));
    return node.isLoop ? `{ __turn(); ${text} }` : text;
  }

  #expressed(node, text) {
    switch (node.type) {
      case "ExpressionStatement":
        return isWork(node.expression) && !node.isAlone
          ? `{ if (!__mutant(${this.#add(node, "statement", "")})) { ${text} } }`
          : text;
      case "FunctionBody":
      case "BlockStatement":
        return node.stmts.length === 0
          ? text
          : `{ if (!__mutant(${this.#add(node, "block", "{}")})) ${text} }`;
      default: {
        const others = this.#others(node);
        if (others.length === 0) return text;
        const choices = others.map(({ kind, to }) => `__mutant(${this.#add(node, kind, to)}) ? (${to}) : `);
        return `(${choices.join("")}(${text}))`;
      }
    }
  }

  #others(node) {
    const others = this.#othersOf(node);
    if (node.isCondition)
      for (const to of ["true", "false"])
        if (!others.some((other) => other.to === to)) others.push({ kind: "condition", to });
    if (node.isNullable && node.type !== "BooleanLiteral")
      others.push({ kind: "field", to: `!(${this.#original(node)})` });
    return others;
  }

  #othersOf(node) {
    const text = (part) => this.#original(part);
    switch (node.type) {
      case "BinaryExpression": {
        const { operator, left, right } = node;
        if (operator === "&&" || operator === "||")
          return [
            { kind: "logic", to: `(${text(left)}) ${operator === "&&" ? "||" : "&&"} (${text(right)})` },
            { kind: "logic", to: text(left) },
            { kind: "logic", to: text(right) },
          ];
        if (operator === "??") return [{ kind: "fallback", to: text(left) }];
        return (OTHER_OPERATORS[operator] ?? []).map((other) => ({
          kind: "operator",
          to: `(${text(left)}) ${other} (${text(right)})`,
        }));
      }
      case "UnaryExpression":
        return node.operator === "!" ? [{ kind: "negation", to: text(node.argument) }] : [];
      case "BooleanLiteral":
        return [{ kind: "boolean", to: String(!node.value) }];
      case "ArrayExpression":
        return node.elements.length > 0 ? [{ kind: "array", to: "[]" }] : [];
      case "CallExpression": {
        const { callee } = node;
        if (callee.type !== "MemberExpression") return [];
        const object = text(callee.object);
        const args = node.arguments.map(({ expression }) => text(expression)).join(", ");
        const other = OTHER_METHODS[callee.property.value];
        return [
          ...(other === undefined ? [] : [{ kind: "method", to: `${object}.${other}(${args})` }]),
          ...(CHOOSING.has(callee.property.value) ? [{ kind: "method", to: object }] : []),
        ];
      }
      case "MemberExpression": {
        const other = node.property.type === "Identifier" && OTHER_FIELDS[node.property.value];
        return other && !node.isPlace ? [{ kind: "field", to: `${text(node.object)}.${other}` }] : [];
      }
      default:
        return [];
    }
  }

  #add(node, kind, to) {
    const id = this.#next++;
    const [start, end] = this.#place(node);
    const line = this.#slice(0, start).split("\n").length;
    const short = (text) => text.replace(/\s+/g, " ").slice(0, 90);
    // In the source itself nothing stands in front.
    const place = { start: start - 1, end: end - 1, text: kind === "block" || to === "" ? "{}" : `(${to})` };
    const said = { id, file: this.#file, line, kind, from: short(this.#original(node)), to: short(to) };
    this.mutants.push({ ...said, ...place });
    return id;
  }
}

/** The nodes right below one in the order of the text; types are not among them, nor what an optional chain is made of. */
function childrenOf(node) {
  const found = [];
  const visit = (value) => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (value === null || typeof value !== "object") return;
    if (typeof value.type === "string") {
      if (value.type.startsWith("Ts") && !TYPED.has(value.type)) return;
      if (value.type === "KeyValueProperty" && value.key.value === "nullable") value.value.isNullable = true;
      // Put into parentheses, a link would not be left out any more where the chain ends early.
      if (value.type === "OptionalChainingExpression") return visit(childrenOf(value.base));
      if (value.span) return found.push(value);
    }
    for (const [key, part] of Object.entries(value)) if (key !== "span" && !TYPES.has(key)) visit(part);
  };
  // A method is called on its object, and a field is assigned to: they stay what they are.
  for (const place of [node.callee, node.type === "AssignmentExpression" ? node.left : node.argument])
    if (place?.type === "MemberExpression") place.isPlace = true;
  if (node.type === "BlockStatement" && node.stmts.length === 1) node.stmts[0].isAlone = true;
  for (const [key, part] of Object.entries(node))
    if (key !== "span" && key !== "isPlace" && !TYPES.has(key)) visit(part);
  return found.sort((a, b) => a.span.start - b.span.start);
}

function isWork({ type }) {
  return /^(Call|Assignment|Update|Await)Expression$/.test(type);
}
