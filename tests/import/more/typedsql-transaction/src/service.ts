import type { PrismaClient } from "@prisma/client";
import { busiest, quiet } from "@prisma/client/sql";

export class Statistics {
  constructor(readonly prisma: PrismaClient) {}
  busiest(least: number) {
    return this.prisma.$queryRawTyped(busiest(least));
  }
  inTransaction() {
    return this.prisma.$transaction((tx) => tx.$queryRawTyped(quiet()));
  }
}
