import { createPool } from "slonik";

export const pool = createPool("postgres://localhost/rooms");
