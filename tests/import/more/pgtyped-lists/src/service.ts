import type { Client } from "./client";
import { guestsOfRooms, rate } from "./guests.queries";

export const guests = (client: Client, rooms: number[]) =>
  guestsOfRooms.run({ rooms, least: null, guest: { name: "nobody" } }, client);
export async function give(client: Client, roomId: number, guest: string): Promise<number> {
  const [row] = await rate.run({ roomId, guest, rating: 4 }, client);
  return row!.rating;
}
