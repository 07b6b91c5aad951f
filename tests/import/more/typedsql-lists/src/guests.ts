import { PrismaClient } from "@prisma/client";
import { guestsNamed } from "@prisma/client/sql";

const prisma = new PrismaClient();
export async function ratings(room: string, names: string[]): Promise<(number | null)[]> {
  const rows: guestsNamed.Result[] = await prisma.$queryRawTyped(guestsNamed(room, names));
  return rows.map(({ rating }) => rating);
}
export const typed = prisma;
