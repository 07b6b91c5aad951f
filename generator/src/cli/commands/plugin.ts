import type { Asked } from "../../plugins/asked.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { collecting, type GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { produce } from "../produce.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

/** Answers sqlc: reads its request from standard input and writes the files to standard output; what is wrong goes to standard error. */
export async function plugin(
  pipeline: Pipeline,
  terminal: Terminal,
  options: GlobalOptions,
): Promise<number> {
  const bytes = await readAll(process.stdin);
  const asked = await collecting<Asked | number>(
    () => pipeline.readRequest(bytes, options.cwd),
    async (diagnostics) => {
      await report(diagnostics, options.cwd, terminal, options);
      return EXIT.usage;
    },
  );
  if (typeof asked === "number") return asked;
  const { loaded, format } = asked;
  const { sets, diagnostics } = await produce(pipeline, loaded, { cache: true });
  await report(diagnostics, loaded.root, terminal, options);
  const code = exitCodeOf(diagnostics);
  if (code !== EXIT.fine) return code;
  const answer = await pipeline.writeResponse(
    sets.flatMap(({ files }) => files),
    format,
  );
  await new Promise<void>((done) => process.stdout.write(answer, () => done()));
  return EXIT.fine;
}

async function readAll(input: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks);
}
