import { type ScriptedServer, startScriptedServer } from "../../../tests/mongo/scripted/scripted-server.ts";
import { closeAll } from "./fixture.ts";

/** A scripted server for a suite; its `server` is there once the tests run. */
export function useScriptedServer(): { readonly server: ScriptedServer } {
  const holder = {} as { server: ScriptedServer };
  beforeAll(async () => {
    holder.server = await startScriptedServer();
  });
  beforeEach(() => holder.server.script(() => undefined));
  afterAll(async () => {
    await closeAll();
    await holder.server.stop();
  });
  return holder;
}
