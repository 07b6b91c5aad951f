import { migrationRule } from "../rule.ts";

export const migrationEdited = migrationRule({
  code: "migration-edited",
  severity: "error",
  summary: "a migration that the base has already is changed (with --against)",
  why: "Where the old text has run, the new one never will: databases that were migrated before and after the change differ. Some tools refuse to go on when a checksum differs. (A text that PostgreSQL refuses has run nowhere: mending it is fine.)",
  mend: "Leave it as it was, and write a new migration.",
  alike: ["flyway checksum mismatch"],
  *check({ base, statements }) {
    const [statement] = statements;
    if (base === "edited" && statement)
      yield { statement, message: "this migration has been changed since the base" };
  },
});

export const migrationOutOfOrder = migrationRule({
  code: "migration-out-of-order",
  severity: "error",
  summary: "a new migration sorts before one that the base has already (with --against)",
  why: "Databases that are up to date have run the later one: some tools never run this one there, others run it after what it was meant to come before.",
  mend: "Give it a higher number.",
  alike: ["atlas non-linear history"],
  *check({ base, statements }) {
    const [statement] = statements;
    if (base === "out of order" && statement)
      yield { statement, message: "this new migration sorts before one that has been run" };
  },
});
