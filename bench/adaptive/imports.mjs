import { once } from "node:events";
import { from as copyFrom } from "pg-copy-streams";

/** Each inserts the same rows in one call. */
export const imports = (generated) => ({
  "Solitude, json_to_recordset": (client, rows) => generated.importGoods(client, { goods: rows }),
  "pg, unnest of arrays": (client, rows) =>
    client.query(
      "insert into imported select * from unnest($1::bigint[], $2::text[], $3::int[], $4::timestamptz[])",
      [
        rows.map((row) => row.id),
        rows.map((row) => row.name),
        rows.map((row) => row.priceCents),
        rows.map((row) => row.createdAt),
      ],
    ),
  "pg, VALUES, 1,000 rows a statement": async (client, rows) => {
    for (let at = 0; at < rows.length; at += 1000) {
      const some = rows.slice(at, at + 1000);
      const values = some.map((_, i) => `($${4 * i + 1}, $${4 * i + 2}, $${4 * i + 3}, $${4 * i + 4})`);
      await client.query(
        `insert into imported values ${values.join(", ")}`,
        some.flatMap((row) => [row.id, row.name, row.priceCents, row.createdAt]),
      );
    }
  },
  "pg-copy-streams, COPY": async (client, rows) => {
    const stream = client.query(copyFrom("copy imported from stdin"));
    for (const { id, name, priceCents, createdAt } of rows)
      if (!stream.write(`${id}\t${name.replace(/[\\\t\n\r]/g, "\\$&")}\t${priceCents}\t${createdAt}\n`))
        await once(stream, "drain");
    stream.end();
    await once(stream, "finish");
  },
});
