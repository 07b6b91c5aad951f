"use client";

import { useActionState } from "react";
import { invite } from "./actions";

export function Invitation() {
  const [problem, action, isPending] = useActionState(invite, "");
  return (
    <form action={action}>
      <input name="name" aria-label="Name" />
      <button type="submit" disabled={isPending}>
        Invite
      </button>
      <p role="alert">{problem}</p>
    </form>
  );
}
