import { sql } from "@pgtyped/runtime";
import type { Client } from "./client";
import type { IForgetQuery, IGuestsQuery } from "./visits.types";

export const guests = sql<IGuestsQuery>`
  SELECT guest, rating FROM visits
  WHERE room_id = $roomId! AND guest IN $$names AND guest <> '$noParameter' ORDER BY guest`;

const forget = sql<IForgetQuery>`DELETE FROM visits WHERE guest = $guest`;

export async function forgetGuest(client: Client, guest: string): Promise<void> {
  await forget.run({ guest }, client);
}
