/** Types generated for queries found in "src/events.sql" */
import { PreparedQuery } from "@pgtyped/runtime";

export type mood = "calm" | "loud";
/** 'AddEvent' parameters type */
export interface IAddEventParams {
  payload: unknown;
  room_id: number;
}
export const addEvent = new PreparedQuery<IAddEventParams, { id: string }>(undefined as never);
export interface IMoodOfParams {
  id: number;
  mood?: mood | null | undefined;
}
export const moodOf = new PreparedQuery<IMoodOfParams, { roomMood: mood }>(undefined as never);
export const touch = new PreparedQuery<{ room_id: number }, { n: string }>(undefined as never);
export const addGuests = new PreparedQuery<{ guests: object[] }, void>(undefined as never);
