import { z } from "zod";
import { defineCollection } from "./declaration.ts";
import { json } from "./json.ts";

/** What an activity of a job was given, is doing and has made; its data follows the activity's own schema in PostgreSQL. */
export const activities = defineCollection({
  kind: "activity",
  version: 1,
  schema: z.object({
    /** Temporal's, unique within the workflow. */
    activityId: z.string().min(1),
    type: z.string().min(1),
    status: z.enum(["scheduled", "running", "completed", "failed", "cancelled"]),
    attempt: z.int().min(1),
    schema: z.object({ id: z.uuid(), version: z.int().min(1) }).optional(),
    input: z.record(z.string(), json),
    output: json.optional(),
    error: z.object({ type: z.string(), message: z.string() }).optional(),
    startedAt: z.date().optional(),
    endedAt: z.date().optional(),
    metadata: z.record(z.string(), json),
  }),
  indexes: [
    { name: "attempt", fields: { "data.activityId": 1, "data.attempt": 1 }, unique: true },
    { name: "status", fields: { "data.status": 1, createdAt: 1 } },
  ],
});

const integration = {
  kind: "integration",
  version: 1,
  schema: z.object({
    /** `microsoft-outlook` */
    provider: z.string().min(1),
    /** `message`, `event`, `contact` … */
    type: z.string().min(1),
    /** The provider's own. */
    externalId: z.string().min(1),
    etag: z.string().optional(),
    payload: z.record(z.string(), json),
    fetchedAt: z.date(),
  }),
  indexes: [
    { name: "external", fields: { "data.provider": 1, "data.type": 1, "data.externalId": 1 }, unique: true },
  ],
  expires: true,
} as const;

/** Something that a foreign API has, as it gave it: a message of Microsoft Outlook's, an event of a calendar. */
export const integrations = defineCollection(integration);

/** One run of a job by a worker. */
export const executions = defineCollection({
  kind: "execution",
  version: 1,
  schema: z.object({
    workflowId: z.string().min(1),
    runId: z.string().min(1),
    worker: z.string().min(1),
    status: z.enum(["running", "succeeded", "failed", "cancelled"]),
    startedAt: z.date(),
    endedAt: z.date().optional(),
    steps: z.array(z.object({ name: z.string(), startedAt: z.date(), endedAt: z.date().optional() })),
    usage: z.object({ inputTokens: z.int().min(0), outputTokens: z.int().min(0) }).optional(),
    error: z.object({ type: z.string(), message: z.string() }).optional(),
  }),
  indexes: [{ name: "run", fields: { "data.runId": 1 }, unique: true }],
});

/** What a job remembers between its steps, by name. */
export const contexts = defineCollection({
  kind: "context",
  version: 1,
  schema: z.object({ name: z.string().min(1), value: json }),
  indexes: [{ name: "name", fields: { "data.name": 1 }, unique: true }],
  expires: true,
});

/** Solitude's own collections, for `createDocuments`. */
export const solitudeCollections = { activities, integrations, executions, contexts };

/**
 * The same with what foreign APIs gave, which is customers' mail, encrypted: `createDocuments` needs `keys` for it. A database that
 * began with the others can go on with these; `integrations.reencrypt()` of each job encrypts what is there.
 */
export const encryptedSolitudeCollections = {
  ...solitudeCollections,
  integrations: defineCollection({ ...integration, encrypt: ["payload"] }),
};
