import fc from "fast-check";

/** fast-check with the same cases at each run, so that a run fails for what was changed; SOLITUDE_SEED tries others. */
fc.configureGlobal({ seed: Number(process.env.SOLITUDE_SEED ?? 20_261_124) });

export { default } from "fast-check";
