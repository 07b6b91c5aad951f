import { sql } from "@pgtyped/runtime";
import type { Client } from "./client";
import type { IAddQuery, IFindQuery, IRemoveQuery } from "./rooms.types";

const add = sql<IAddQuery>`INSERT INTO rooms (name, mood, seats) VALUES ($name!, $mood!, $seats) RETURNING id`;
const find = sql<IFindQuery>`
  SELECT id, name, seats FROM rooms
  WHERE ($mood::mood IS NULL OR mood = $mood) AND name LIKE 'tmpl %' ORDER BY name`;
const remove = sql<IRemoveQuery>`DELETE FROM rooms WHERE id IN $$ids RETURNING name`;

export const addRoom = async (client: Client, name: string) =>
  (await add.run({ name, mood: "calm", seats: null }, client))[0]!.id;
export const findRooms = (client: Client) => find.run({ mood: "calm" }, client);
export const removeRooms = (client: Client, ids: number[]) => remove.run({ ids }, client);
