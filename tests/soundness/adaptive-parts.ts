import type { Choices } from "./choices.ts";
import { expression, type InScope, type Place, type Type } from "./expressions.ts";

/** Types of which arguments are tried. */
const VALUES: Readonly<Partial<Record<Type, string>>> = {
  int: "int",
  text: "text",
  bool: "bool",
};

/** What a statement has that adapts: parts that may be left out, tests that are decided before, orders, pages. */
export class AdaptiveParts {
  readonly #choices: Choices;
  readonly #optional: string[] = [];
  #names = 0;
  #orders: readonly string[] = [];

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  /** The lines that say so in front of a statement. */
  flags(): string {
    const c = this.#choices;
    const optional = this.#optional.length === 0 ? [] : [`-- @optional ${this.#optional.join(", ")}\n`];
    if (this.#orders.length < 2) return optional.join("");
    const names = this.#orders.map((sql) => sql.replace(/^.*\./, ""));
    const isClear = new Set(names).size === names.length;
    const last = names.at(-1)!;
    const sort = isClear && c.onceIn(2) ? names.slice(0, -1).map((name) => `${name}: ${name}, ${last}`) : [];
    return [
      ...optional,
      ...(sort.length > 1 ? [`-- @sort ${sort.join(" | ")}\n`] : []),
      ...(c.onceIn(2) ? ["-- @keyset\n"] : []),
    ].join("");
  }

  orders(items: readonly string[]): void {
    this.#orders = items;
  }

  /** Conditions behind those of a clause, which begins with the word. */
  conditions(own: string, word: string, place: Place): string {
    const c = this.#choices;
    const more = Array.from({ length: c.below(3) }, () => this.#condition(place));
    if (more.length === 0) return own;
    if (own === "") return `${word}${more.join(" and ")}`;
    const kept = own.slice(word.length);
    const whole = c.onceIn(4) ? [...more, `(${kept})`] : [`(${kept})`, ...more];
    return `${word}${whole.join(" and ")}`;
  }

  #condition(place: Place): string {
    const c = this.#choices;
    const columns = place.columns.filter(({ type }) => VALUES[type] !== undefined);
    if (columns.length === 0) return `${this.#param("int")} = ${c.below(3)}`;
    const { sql, type } = c.pick(columns);
    const op = c.pick(["=", "=", "<>", "<=", "is not distinct from"]);
    const other = c.pick(columns).sql;
    switch (c.below(8)) {
      case 0:
        return `(${sql} ${op} ${this.#param(type)} or ${other} is not null)`;
      case 1:
        return `(${sql} ${op} ${this.#param(type)} or ${this.#condition(place)})`;
      case 2:
        return `not (${sql} is null or ${sql} <> ${this.#param(type)})`;
      case 3:
        return `exists (select from a x where x.k = ${this.#param("int")} and ${sql} is not null)`;
      case 4: {
        const name = this.#name();
        return `(@${name}::${VALUES[type]} is null or ${sql} ${op} @${name})`;
      }
      case 5:
        return `case when @${this.#name()}::bool then ${other} is not null else ${expression("bool", 1, place, c)} end`;
      default:
        return `${sql} ${op} ${this.#param(type)}`;
    }
  }

  /** A condition of HAVING, behind its own. */
  groups(own: string): string {
    const c = this.#choices;
    if (!c.onceIn(2)) return own;
    const condition = `count(*) > ${this.#param("int")}`;
    return own === "" ? ` having ${condition}` : `${own} and ${condition}`;
  }

  /** An output that may be asked for. */
  item(sql: string, place: Place, type: Type): string {
    const c = this.#choices;
    switch (c.below(8)) {
      case 7:
        return `case when @${this.#name()}::bool then ${sql} end`;
      case 6: {
        const name = this.#name();
        const other = place.grouped === null ? expression(type, 0, place, c) : sql;
        return `case when @${name}::text = 'one' then ${sql} when @${name} = 'two' then ${other} else ${sql} end`;
      }
      default:
        return sql;
    }
  }

  assignments(own: string, columns: readonly InScope[]): string {
    const c = this.#choices;
    const settable = ["n", "u", "t"].filter(
      (name) => !new RegExp(`\\b${name} =`).test(own) && columns.some(({ sql }) => sql.endsWith(`.${name}`)),
    );
    const [name] = settable;
    if (name === undefined || c.below(3) === 0) return own;
    const assigned = `${name} = ${this.#param(name === "n" ? "int" : "text")}`;
    return c.onceIn(2) ? `${assigned}, ${own}` : `${own}, ${assigned}`;
  }

  limit(): string {
    return this.#choices.onceIn(2) ? this.#param("int") : String(1 + this.#choices.below(3));
  }

  #param(type: Type): string {
    const name = this.#name();
    if (!this.#choices.onceIn(5)) this.#optional.push(name);
    return `@${name}::${VALUES[type] ?? "int"}`;
  }

  #name(): string {
    return `p${++this.#names}`;
  }
}
