import { shippedBuiltins } from "../src/postgres/builtins.ts";
import { CatalogReader } from "../src/postgres/catalog-reader.ts";
import type { Engine } from "../src/postgres/engine.ts";

/** Of PostgreSQL's 3,300 functions, as the build wrote them down: to read them takes longer than most of what a test asks. */
const builtins = await shippedBuiltins();

/** Opens an engine's catalogs as the tool does: what the embedded PostgreSQL brings along is known. */
export const catalogReader = (engine: Engine): CatalogReader =>
  new CatalogReader(engine, engine.isEmbedded ? { builtins } : {});
