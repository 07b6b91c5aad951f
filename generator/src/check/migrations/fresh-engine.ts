import type { DatabaseSource } from "../../analysis/database.ts";
import type { Engine } from "../../postgres/engine.ts";
import { extensionsNamed } from "../../postgres/extensions.ts";

/** A PostgreSQL without a schema, that has the extensions which the schema asks for; closed whatever happens. */
export async function withFreshEngine<T>(
  { schema, root, databaseUri }: Pick<DatabaseSource, "schema" | "root" | "databaseUri">,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await start();
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }

  async function start(): Promise<Engine> {
    if (databaseUri !== undefined) {
      const { ServerEngine } = await import("../../postgres/server.ts");
      return ServerEngine.start(databaseUri);
    }
    const { startEmbedded } = await import("../../postgres/embedded.ts");
    const extensions = extensionsNamed(schema);
    return startEmbedded({ snapshot: null, extensions, root });
  }
}
