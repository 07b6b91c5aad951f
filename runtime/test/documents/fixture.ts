import { basename } from "node:path";
import { z } from "zod";
import { isLongForm, isTouched, sliceToRun } from "../../../tests/long-form.ts";
import {
  createDocuments,
  type Declarations,
  type Documents,
  type DocumentsConnection,
  type DocumentsOptions,
  defineCollection,
  jobId,
  type LayoutName,
  workspaceId,
} from "../../src/documents/index.ts";

export const ALL_LAYOUTS: readonly LayoutName[] = [
  "collection-per-job",
  "database-per-workspace",
  "shared-collections",
];

/** Whether documents, or what tests them, have been changed lately: as `.ci/run` has it. */
export const ARE_TOUCHED = ["runtime/src/documents", "runtime/test/documents", "tests/mongo"].some(isTouched);

/** All layouts, from the one on that falls to the suite's name: so many suites have every one, in any slice. */
const inTurn = (): readonly LayoutName[] => {
  const first = basename(expect.getState().testPath ?? "").length % ALL_LAYOUTS.length;
  return [...ALL_LAYOUTS.slice(first), ...ALL_LAYOUTS.slice(0, first)];
};

/**
 * The layouts that a suite tries: one, another for each commit; all of them where documents have been changed lately. With SOLITUDE_TEST_LAYOUTS=one
 * it is one all the same: on a second server answers to commands differ, whatever layout sends them.
 */
export const LAYOUTS: readonly LayoutName[] =
  process.env.SOLITUDE_TEST_LAYOUTS === "one" && !isLongForm
    ? inTurn().slice(0, 1)
    : sliceToRun("layouts of documents, in each suite", inTurn(), ALL_LAYOUTS.length, {
        isTouched: () => ARE_TOUCHED,
      });

export const messages = defineCollection({
  kind: "message",
  version: 1,
  schema: z.object({
    provider: z.string(),
    externalId: z.string(),
    subject: z.string().max(100).optional(),
    unread: z.boolean().default(true),
    importance: z.int().min(0).max(9).nullable().default(null),
    receivedAt: z.date().optional(),
    tags: z.array(z.string()).default([]),
    from: z.object({ address: z.email(), name: z.string().optional() }).optional(),
    size: z.bigint().optional(),
  }),
  indexes: [
    { name: "external", fields: { "data.provider": 1, "data.externalId": 1 }, unique: true },
    { name: "importance", fields: { "data.importance": -1 } },
  ],
  expires: true,
});

export const notes = defineCollection({
  kind: "note",
  version: 1,
  schema: z.object({ text: z.string(), number: z.number().optional() }),
});

export const fixtureCollections = { messages, notes };
export type FixtureCollections = typeof fixtureCollections;

let last = 0;
const opened = new Set<Documents<Declarations>>();

/** An accessor, closed by `closeAll`. */
export function open<D extends Declarations = FixtureCollections>(
  connection: Omit<DocumentsConnection, "database"> & { readonly database?: string },
  options: Partial<DocumentsOptions<D>> = {},
): Documents<D> {
  const place = { database: `test${++last}`, ...connection };
  const documents = createDocuments<D>(place, {
    collections: fixtureCollections as unknown as D,
    ...options,
  });
  opened.add(documents as unknown as Documents<Declarations>);
  return documents;
}

export async function closeAll(): Promise<void> {
  const all = [...opened];
  opened.clear();
  await Promise.all(all.map((documents) => documents.close()));
}

export const W = workspaceId("0197c1de-8c1f-7000-8000-000000000001");
export const W2 = workspaceId("0197c1de-8c1f-7000-8000-000000000002");
export const J = jobId("0197c1de-8c1f-7000-8000-00000000000a");
export const J2 = jobId("0197c1de-8c1f-7000-8000-00000000000b");

/** A valid message that no other is a duplicate of. */
export function message(more: Partial<z.input<typeof messages.schema>> = {}) {
  return { provider: "outlook", externalId: `m${++last}`, ...more };
}
