import type { QueryOptions } from "@solitude/runtime";
import type { Agent, GetAgentArgs, Solitude, SolitudeTransaction } from "../generated/src/index.ts";

// What the facade's types promise. This need only compile.

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function isTrue<_ extends true>(): void;

export async function facadeTypes(db: Solitude): Promise<void> {
  const get: (args: GetAgentArgs, options?: QueryOptions) => Promise<Agent | null> = db.agents.getAgent;
  void get;
  isTrue<Equal<Parameters<Solitude["agents"]["getAgent"]>["length"], 1 | 2>>();
  isTrue<Equal<ReturnType<Solitude["agents"]["getAgent"]>, Promise<Agent | null>>>();
  isTrue<Equal<keyof Solitude["agents"] & "getAgentQuery", never>>();
  isTrue<Equal<Solitude["auditLogs"], Solitude["replica"]["auditLogs"]>>();
  isTrue<Equal<Solitude["auditLogs"], SolitudeTransaction["auditLogs"]>>();
  // @ts-expect-error an argument is missing
  await db.agents.getAgent({ workspaceId: "" });
  // @ts-expect-error there is no such query
  await db.agents.getUser({ id: "" });
  // @ts-expect-error a transaction is not shut down
  await db.transaction((tx) => tx.shutdown());
  // @ts-expect-error the client is the first parameter of the plain function only
  await db.agents.getAgent(db.client, { workspaceId: "", id: "" });
}
