import type { Solitude } from "@solitude/client";
import { NoRowsError } from "@solitude/runtime";
import { workspaceId } from "@solitude/runtime/documents";
import Fastify, { type FastifyInstance } from "fastify";

interface InWorkspace {
  Params: { workspace: string };
}

export function createApp(db: Solitude): FastifyInstance {
  const app = Fastify();

  // Where to send requests, and when to start the process anew.
  app.get("/livez", async () => ({ status: "up" }));
  app.get("/readyz", async (_request, reply) => {
    const { state } = await db.health.check();
    return reply.code(state === "ready" ? 200 : 503).send({ state });
  });

  app.get<InWorkspace & { Querystring: { after?: string } }>("/:workspace/agents", async (request) => {
    // Everything in this scope is of that workspace, and the server sees to it.
    const scope = db.workspace(workspaceId(request.params.workspace));
    const page = await scope.agents.listAgents({ pageSize: 20 }, { timeout: 2000 });
    return { agents: page.rows.map(({ slug, name, status }) => ({ slug, name, status })), next: page.next };
  });

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof NoRowsError) return reply.code(404).send({ error: "there is no such thing" });
    app.log.error(error);
    return reply.code(500).send({ error: "something went wrong" });
  });
  app.addHook("onClose", () => db.shutdown());
  return app;
}
