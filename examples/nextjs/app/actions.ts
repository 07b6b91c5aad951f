"use server";

import { ConstraintViolationError } from "@solitude/runtime";
import { refresh } from "next/cache";
import { addGuest, setComing } from "../db";
import { pool } from "./database";

// What a browser sends is anybody's: an action is a public endpoint, whatever the page offers.

/** Gives what to say beside the form. */
export async function invite(_before: string, form: FormData): Promise<string> {
  try {
    await addGuest(pool, { name: String(form.get("name") ?? "") });
  } catch (error) {
    if (error instanceof ConstraintViolationError) return "A name has 1 to 20 letters.";
    throw error;
  }
  refresh();
  return "";
}

export async function answer(id: string, isComing: boolean): Promise<void> {
  await setComing(pool, { id, isComing });
  refresh();
}
