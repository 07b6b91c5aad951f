import { connection } from "next/server";
import { listGuests } from "../db";
import { answer } from "./actions";
import { pool } from "./database";
import { Invitation } from "./invitation";

export default async function Page() {
  // Asked for at each request, not when the page is built.
  await connection();
  const guests = await listGuests(pool);
  return (
    <main>
      <Invitation />
      <ul>
        {guests.map(({ id, name, isComing }) => (
          <li key={id}>
            <form action={answer.bind(null, id, !isComing)}>
              <button type="submit">{`${name}: ${isComing ? "yes" : "no"}`}</button>
            </form>
          </li>
        ))}
      </ul>
    </main>
  );
}
