import {
  type Completions,
  createFactories,
  createTestDatabase,
  type Factory,
} from "@solitude/runtime/testing";
import { schema } from "../../generated/src/schema.ts";
import { tables } from "../../generated/src/tables.ts";

// A row of every table of Solitude's comes from its factory, though CHECKs compare columns, triggers write what is required, and others ask for what no catalog says.

const completions: Completions<typeof tables> = {
  // A version is counted where it is written.
  activitySchemaVersion: async (make, { workspaceId }) => {
    const { id, ...of } = await make.activitySchema({ workspaceId, latestVersion: 1 });
    return { workspaceId: of.workspaceId, activitySchemaId: id, version: 1 };
  },
  configurationVersion: async (make, { workspaceId }) => {
    const { id, ...of } = await make.configuration({ workspaceId, latestVersion: 1 });
    return { workspaceId: of.workspaceId, configurationId: id, version: 1 };
  },
  // Only what is in the catalogue is installed, and reviewed by who has installed it.
  installation: async (make) => {
    const version = await make.agentVersion({ status: "published" });
    const { workspaceId, agentId, id } = version;
    const listing = await make.listing({
      publisherWorkspaceId: workspaceId,
      agentId,
      agentVersionId: id,
      status: "published",
    });
    return { listingId: listing.id, agentVersionId: id };
  },
  review: async (make) => {
    const { workspaceId, id, listingId } = await make.installation();
    return { workspaceId, listingId, installationId: id };
  },
};

test("two rows of every table", async () => {
  const database = await createTestDatabase({ schema: { sql: schema } });
  try {
    const make = createFactories(database, tables, completions);
    const failed: string[] = [];
    const all = Object.entries(make as unknown as Record<string, Factory<object>>);
    for (const [name, factory] of all) {
      await database.begin();
      const made = await factory.many(2).catch((error: Error) => [error.message]);
      if (made.some((row) => typeof row === "string")) failed.push(`${name}: ${made}`);
      await database.rollback();
    }
    expect(failed).toEqual([]);
    expect(all.length).toBeGreaterThan(40);
  } finally {
    await database.close();
  }
});
