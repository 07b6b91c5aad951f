import fc from "fast-check";
import type { Found } from "../../../src/check/findings/found.ts";
import { RULES } from "../../../src/check/rules/registry.ts";
import { toOnline } from "../../../src/check/schema/sql/online.ts";
import { renderMigration, renderOnline } from "../../../src/check/schema/sql/render.ts";
import { vetOptions } from "../../../src/config/options/vet.ts";
import { casesToRun } from "../../long-form.ts";
import { vetExample } from "../rules/vet-example.ts";
import { Bench } from "./bench.ts";
import { randomSchema } from "./random-schema.ts";

let written: Bench;
let vetted: Bench;
beforeAll(async () => {
  written = await Bench.start();
  vetted = await Bench.start();
});
afterAll(async () => {
  await written.close();
  await vetted.close();
});

/** Said of what the schema shall be, in whatever words one gets there; each such statement bears a note where it can fail or deletes something. */
const OF_THE_SCHEMA = [
  ...["drop-table", "drop-column", "drop-constraint", "drop-not-null", "column-type-changed"],
  ...["required-column-added", "unique-on-existing", "domain-constraint", "enum-created", "enum-value-order"],
  ...["set-null-on-required", "column-alignment"],
  ...["integer-column", "integer-key", "varchar-column", "foreign-key-without-index"],
  // PostgreSQL has no other words for a column of another type: it takes as long as there are rows.
  "table-rewrite",
  // What stands side by side is joined; the rest is apart, so that each lock is short.
  "separate-alters",
  // How long a rewrite takes nobody knows here, and a file that a tool runs once need not run twice.
  ...["statement-timeout-missing", "not-idempotent"],
];

/** What a single transaction cannot do without; the first lines of such a file say so. */
const OF_ONE_TRANSACTION = [
  ...["index-not-concurrent", "drop-index-not-concurrent", "constraint-builds-index", "constraint-validates"],
  ...["foreign-key-validates", "not-null-validates", "detach-not-concurrent"],
  ...["work-under-lock", "work-after-lock"],
];

/** What stays where something goes and comes back within one transaction, so that nobody misses it meanwhile. */
const OF_COMING_BACK = [
  ...["work-after-lock", "constraint-builds-index", "index-not-concurrent"],
  ...["constraint-validates", "foreign-key-validates", "drop-index-not-concurrent"],
];

/** The same of partitions that leave and come back within one transaction, and what their parent gets meanwhile; and of those that come within it. */
const OF_PARTITIONS_COMING_BACK = [...OF_COMING_BACK, "detach-not-concurrent", "work-under-lock"];

/** The part of an online script between two empty lines that a finding is about. */
function blockAround(text: string, at: number): string {
  const end = text.indexOf("\n\n", at);
  return text.slice(text.lastIndexOf("\n\n", at) + 2, end === -1 ? text.length : end);
}

/** Tells whether the statement that a finding is about gives rows a column that is required: they are read for that, and none may be there. */
function asksForNoRows(text: string, at: number): boolean {
  const note = text.lastIndexOf("-- fails where the table has rows", at);
  return note !== -1 && !text.slice(note, at).includes(";\n");
}

/** Tells whether something is dropped in a transaction, and is there again when that ends. */
function comesBack(block: string): boolean {
  const dropped = [
    ...block.matchAll(
      /^(?:drop (?:materialized view|\w+) (\S+?)[;(]|alter table .* drop (?:\w+ )?(\w+);$|drop (?:policy|trigger) (\w+) on )/gm,
    ),
  ];
  return block.startsWith("begin;") || block.includes("\nbegin;")
    ? dropped.some(([, ...names]) => {
        const name = names.find(Boolean)!.split(".").at(-1)!;
        return new RegExp(`\\b(?:create|add|set default)\\b.*\\b${name}\\b`, "i").test(block);
      })
    : false;
}

/** Tells whether a partition leaves in a transaction, and is one again when that ends. */
function attachesAgain(block: string): boolean {
  const left = [...block.matchAll(/ detach partition (\S+);/g)].map(([, name]) => name!);
  return /(?:^|\n)begin;/.test(block) && left.some((name) => block.includes(` attach partition ${name} `));
}

const rules = Object.fromEntries([...RULES.keys()].map((code) => [code, "warning" as const]));

async function vet(base: string, text: string, transaction: "file" | "none"): Promise<Found[]> {
  const before = { path: "1_base.sql", text: base };
  const files = [before, { path: "2_change.sql", text }];
  return vetExample(vetted.engine, {
    options: vetOptions.parse({ rules, transaction }),
    files,
    base: [before],
  });
}

/** SOLITUDE_SEED and SOLITUDE_FUZZ_RUNS try other pairs. */
test("of what is written, vet finds with every rule on what the schema asks for, and nothing that other words would spare", async () => {
  const left: string[] = [];
  let vettedStatements = 0;
  const all = {
    runs: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 5),
    seed: Number(process.env.SOLITUDE_SEED ?? 20261124),
  };
  const { runs, seed } = casesToRun("migrations that are written, vetted", all, 3);
  await fc.assert(
    fc.asyncProperty(randomSchema, randomSchema, async (base, head) => {
      const diff = await written.diff(base, head);
      const migration = diff.migration!;
      fc.pre(migration.unsupported.length === 0);
      // What is better said otherwise is said so, and PostgreSQL takes it.
      const better = toOnline(migration.statements, diff.base, diff.head);
      expect([better === null, migration.online === null]).toEqual([better === null, better === null]);
      const plain = await vet(base, renderMigration(migration, []), "file");
      left.push(
        ...plain
          .filter(({ code }) => !OF_THE_SCHEMA.includes(code) && !OF_ONE_TRANSACTION.includes(code))
          // Of a script that says where to commit, one transaction is not what it asks for.
          .filter(({ code }) => code !== "fails-in-transaction" || migration.committedFirst === 0)
          .map(({ code, message }) => `in one transaction: ${code}: ${message}`),
      );
      if (migration.online === null) return;
      const script = renderOnline(migration.online, [], "");
      for (const { code, message, span } of await vet(base, script, "none")) {
        vettedStatements++;
        if (OF_THE_SCHEMA.includes(code)) continue;
        if (code === "not-null-validates" && asksForNoRows(script, span!.start)) continue;
        const block = blockAround(script, span!.start);
        if (OF_PARTITIONS_COMING_BACK.includes(code) && attachesAgain(block)) continue;
        if ([...OF_COMING_BACK, "work-under-lock"].includes(code) && comesBack(block)) continue;
        left.push(`online: ${code}: ${message}\n${block}`);
      }
    }),
    { numRuns: runs, endOnFailure: true, seed },
  );
  expect(left).toEqual([]);
  expect(vettedStatements).toBeGreaterThan(0);
}, 600_000);
