import type { Client } from "./client";
import {
  addRoom,
  addVisits,
  addVisitsReturning,
  findRooms,
  type IFindRoomsResult,
  renameRoom,
  roomsByIds,
} from "./rooms.queries";
import { guests } from "./visits";

export async function open(client: Client, name: string, guest: string): Promise<number> {
  const [room] = await addRoom.run({ room: { name, mood: "calm", seats: 4 } }, client);
  const visits = [
    { roomId: room!.id, guest, rating: 5 },
    { roomId: room!.id, guest: "Bo", rating: null },
  ];
  await addVisits.run({ visits }, client);
  await renameRoom.run({ id: room!.id, name: `${name}!` }, client);
  return room!.id;
}

export const calm = (client: Client): Promise<IFindRoomsResult[]> => findRooms.run({ mood: "calm" }, client);
export const all = (client: Client): Promise<IFindRoomsResult[]> => findRooms.run({}, client);
export const byIds = (client: Client, ids: number[]) => roomsByIds.run({ ids }, client);
export const seen = (client: Client, roomId: number) => guests.run({ roomId, names: ["Ann", "Bo"] }, client);
export const left = addVisitsReturning;
