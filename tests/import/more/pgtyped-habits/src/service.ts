import type { Pool, PoolClient } from "pg";
import {
  addEvent,
  addGuests,
  addVisit,
  dropKind,
  eventsLike,
  lastEvents,
  type mood,
  moodOf,
  tagsOf,
  touch,
} from "./events.queries";

export async function log(pool: Pool, room_id: number, payload: object): Promise<string> {
  const [event] = await addEvent.run({ room_id, payload: JSON.stringify(payload) }, pool);
  return event!.id;
}
export const like = (client: PoolClient, part: object) =>
  eventsLike.run({ part: part as never, kind: "new", limit: 5 }, client);
export const last = (pool: Pool, kinds: string[], day: Date) => lastEvents.run({ kinds, day }, pool);
export async function visit(pool: Pool, room: number, guest: string): Promise<void> {
  await addVisit.run({ visit: { room_id: room, guest, rating: null } }, pool);
}
/** With us the members are named as the columns are. */
export async function visits(pool: Pool, guests: { room_id: number; guest: string }[]): Promise<void> {
  await addGuests.run({ guests }, pool);
}
export const isOfMood = async (pool: Pool, id: number, wanted: mood): Promise<boolean | null> => {
  const [room] = await moodOf.run({ id, mood: wanted }, pool);
  return room?.isIt ?? null;
};
export const firstTags = (pool: Pool, id: string) => tagsOf.run({ id, tags: ["a"] }, pool);
export async function touchAll(pool: Pool, room: { room_id: number }): Promise<string | undefined> {
  const [counted] = await touch.run(room, pool);
  return counted?.n ?? undefined;
}
export async function drop(pool: Pool): Promise<void> {
  await dropKind.run({ kind: "new" }, pool);
}
