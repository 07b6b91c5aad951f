/** What is known of each row that was written, from what the calls came to, to be held against what is there in the end. */
export class Oracle {
  #acknowledged = new Set();
  #refused = new Set();
  #unknown = new Set();
  /** Rows that are all there or none of them. */
  #groups = [];

  acknowledge(keys) {
    for (const key of keys) this.#acknowledged.add(key);
  }

  /** The call said that they have not been written. */
  refuse(keys) {
    for (const key of keys) this.#refused.add(key);
  }

  /** It said that they may have been. */
  doubt(keys, isGroup = false) {
    for (const key of keys) this.#unknown.add(key);
    if (isGroup) this.#groups.push([...keys]);
  }

  get writes() {
    return this.#acknowledged.size;
  }

  get doubts() {
    return this.#unknown.size;
  }

  /** @param {Map<string, number>} rows how often each key is there */
  compare(rows) {
    const count = (keys, holds) => [...keys].filter(holds).length;
    return {
      lost: count(this.#acknowledged, (key) => !rows.has(key)),
      doubled: [...rows.values()].filter((times) => times > 1).length,
      undone: count(this.#refused, (key) => rows.has(key)),
      torn: this.#groups.filter((keys) => {
        const there = count(keys, (key) => rows.has(key));
        return there !== 0 && there !== keys.length;
      }).length,
    };
  }
}
