/** Types generated for queries found in "src/rooms.sql" */
import { PreparedQuery } from "@pgtyped/runtime";

export interface IFindRoomsParams {
  mood?: "calm" | "loud" | null;
}
export interface IFindRoomsResult {
  id: number;
  name: string;
  mood: "calm" | "loud";
  seats: number | null;
}
export const findRooms = new PreparedQuery<IFindRoomsParams, IFindRoomsResult>({} as never);
export const addVisitsReturning = new PreparedQuery<object, { id: string }>({} as never);
