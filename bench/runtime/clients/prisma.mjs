import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Its schema engine, which generating does not use, is downloaded unless there seems to be one. */
function generate() {
  execFileSync(
    process.execPath,
    [
      here("../../node_modules/prisma/build/index.js"),
      "generate",
      "--schema",
      here("../prisma/schema.prisma"),
    ],
    {
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
}

export async function open(url) {
  generate();
  const { PrismaClient } = await import("../prisma/client/index.js");
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 4 }) });
  const renaming = (on, id, name) =>
    on.agent.update({ where: { id }, data: { name, version: { increment: 1 } } });
  return {
    name: "Prisma",
    one: (id) => prisma.agent.findUnique({ where: { id } }),
    many: (n) => prisma.agent.findMany({ orderBy: { id: "asc" }, take: n }),
    insert: (a) => prisma.agent.create({ data: { ...a, sizeBytes: BigInt(a.sizeBytes) } }),
    /** One by one, in a transaction: its batch. */
    batch: (ids, name) => prisma.$transaction(ids.map((id) => renaming(prisma, id, name))),
    transaction: (id, name, log) =>
      prisma.$transaction(async (tx) => {
        await tx.agent.findUnique({ where: { id } });
        await renaming(tx, id, name);
        await tx.auditLog.create({ data: { ...log, seq: BigInt(log.seq) } });
      }),
    close: () => prisma.$disconnect(),
  };
}
