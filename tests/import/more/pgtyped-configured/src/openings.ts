import type pg from "pg";
import { type OpenedRoomsParams, type OpenedRoomsResult, openedRooms } from "./made/openings";

export async function busiest(
  pool: pg.Pool,
  given: OpenedRoomsParams,
): Promise<OpenedRoomsResult | undefined> {
  const rooms = await openedRooms.run(given, pool);
  return rooms.find(
    ({ visitsMade, openedAt }) => visitsMade !== null && visitsMade > 0 && openedAt <= new Date(),
  );
}
