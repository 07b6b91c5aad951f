import { PrismaClient } from "@prisma/client";
import { allRooms, roomsByMood } from "@prisma/client/sql";

export const prisma = new PrismaClient();

export async function loud(): Promise<roomsByMood.Result[]> {
  return prisma.$queryRawTyped(roomsByMood("loud", null));
}
export const count = async (): Promise<number> => (await prisma.$queryRawTyped(allRooms())).length;
