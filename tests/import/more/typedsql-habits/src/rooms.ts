import { PrismaClient } from "@prisma/client";
import { addRoom, countRooms, logEvent, moodsOf, rename, roomsOf } from "@prisma/client/sql";

const prisma = new PrismaClient();

export async function add(name: string, seats?: number): Promise<number> {
  const [room] = (await prisma.$queryRawTyped(addRoom(name, seats ?? null))) as { id: number }[];
  return room!.id;
}
export const all = () => prisma.$queryRawTyped(roomsOf(null));
export const calm = (): Promise<roomsOf.Result[]> => prisma.$queryRawTyped(roomsOf("calm"));
export const renamed = async (id: number, name: string) => prisma.$queryRawTyped(rename(name, id));
export const moods = (...ids: number[]) => prisma.$queryRawTyped(moodsOf(ids));
export const log = async (room: number): Promise<void> => {
  await prisma.$queryRawTyped(logEvent(room, { by: "prisma" }));
};
// Prisma runs these itself, in one transaction.
export const both = () => prisma.$transaction([prisma.$queryRawTyped(countRooms())] as never);
