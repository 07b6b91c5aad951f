import express from "express";
import type pg from "pg";
import { createNote, listNotes, updateNote } from "./db";

/** The routes, on whatever has `pg`'s `query`: a pool, a client, a transaction of yours. */
export function createApp(db: pg.Pool): express.Express {
  const app = express();
  app.use(express.json());
  app.get("/notes", async (request, response) => {
    const { pinned } = request.query;
    response.json(await listNotes(db, pinned === undefined ? {} : { pinned: pinned === "true" }));
  });
  app.post("/notes", async (request, response) => {
    response.status(201).json(await createNote(db, { text: String(request.body.text) }));
  });
  app.patch("/notes/:id", async (request, response) => {
    // Something has to be given: that is in the type of the arguments.
    const change = request.body as { text: string; pinned?: boolean } | { text?: string; pinned: boolean };
    const note = await updateNote(db, { id: Number(request.params.id), ...change });
    if (note === null) response.sendStatus(404);
    else response.json(note);
  });
  // What a CHECK refuses is the caller's mistake.
  app.use(((error, _request, response, next) => {
    if (error.code === "23514") response.status(400).json({ error: error.constraint });
    else next(error);
  }) satisfies express.ErrorRequestHandler);
  return app;
}
