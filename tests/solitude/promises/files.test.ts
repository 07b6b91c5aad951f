import { call, changed, column, one, type Row, rowOf, sql, world } from "./fixture.ts";

describe("datasets and files", () => {
  test("a dataset has the latest version that is ready; deleted, its name is free and its versions stay", async () => {
    const latest = async () =>
      (await call("ListDatasets", { tags: ["mail", "none"] })).map((row) => row.version_id);
    expect(await latest()).toEqual([null]);
    const ready = await one("FinishDatasetVersion");
    expect(ready).toMatchObject({ status: "ready", record_count: "100", size_bytes: "10" });
    const next = await one("CreateDatasetVersion", { parent_version_id: ready.id });
    expect(next).toMatchObject({ version: 2, status: "building" });
    expect(await latest()).toEqual([ready.id]);
    expect((await call("ListDatasetLineage", { id: next.id })).map((row) => [row.id, row.distance])).toEqual([
      [next.id, 0],
      [ready.id, 1],
    ]);
    expect(await changed("FailDatasetVersion", { id: next.id, error: "broken" })).toBe(1);
    expect(await rowOf("dataset_versions", next.id)).toMatchObject({ status: "failed", error: "broken" });
    expect(await changed("FailDatasetVersion", { id: ready.id })).toBe(0);
    expect(await call("FinishDatasetVersion", { id: next.id })).toEqual([]);
    expect(await one("ReclassifyDataset", { id: world.dataset, classification: "restricted" })).toMatchObject(
      { classification: "restricted" },
    );
    expect(await changed("DeleteDataset")).toBe(1);
    expect(await call("GetDataset")).toEqual([]);
    expect((await rowOf("dataset_versions", ready.id)).status).toBe("ready");
    expect(await one("CreateDataset", { slug: "data", tags: ["a", "mail"] })).toMatchObject({ slug: "data" });
    await call("CreateDataset", { slug: "more", tags: ["mail"] });
    expect(await column("tag", "ListDatasetTags")).toEqual(["mail", "a"]);
  });

  test("a ready version keeps the files that it has, and waits until all of them are stored", async () => {
    const add = (file_id: string | undefined, position: number) =>
      sql(
        "insert into dataset_version_files (workspace_id, dataset_version_id, file_id, position) values ($1, $2, $3, $4)",
        world.workspace,
        world.dataset_version,
        file_id,
        position,
      );
    await add(world.pending_file, 2);
    expect(await call("FinishDatasetVersion")).toEqual([]);
    await call("ConfirmFileUpload");
    // Put into another order within a transaction.
    await sql(
      "update dataset_version_files set position = 3 - position where dataset_version_id = $1",
      world.dataset_version,
    );
    expect(await call("FinishDatasetVersion")).toHaveLength(1);
    await expect(add(world.other_file, 3)).rejects.toThrow("not being built");
    await expect(
      sql("delete from dataset_version_files where dataset_version_id = $1", world.dataset_version),
    ).rejects.toThrow("not being built");
    await call("QuarantineFile", { id: world.stored_file });
    const { files } = await one("GetDatasetVersionTree");
    expect((files as Row[]).map((file) => file.status)).toEqual(["stored", "quarantined"]);
    expect(await changed("DeleteFile", { id: world.stored_file })).toBe(0);
  });

  test("a file is pending until its upload is confirmed, once", async () => {
    const file = await one("CreateFile", { name: "Some.Name.CSV", metadata: { a: 1, b: { c: 2 } } });
    expect(file).toMatchObject({ status: "pending", extension: "csv" });
    expect(await column("id", "ListFiles")).not.toContain(file.id);
    expect(await call("ConfirmFileUpload", { id: file.id })).toHaveLength(1);
    expect(await call("ConfirmFileUpload", { id: file.id })).toEqual([]);
    expect((await column("id", "ListFiles", { extension: "CSV" }))[0]).toBe(file.id);
    expect(await column("id", "ListFilesByIds", { ids: [file.id, world.pending_file] })).toEqual([file.id]);
    expect(await column("id", "FindFilesByMetadata", { metadata: { b: { c: 2 } } })).toEqual([file.id]);
    expect(await column("id", "FindFilesByMetadata", { metadata: { b: { c: 3 } } })).toEqual([]);
    expect(await column("id", "FindFilesByHash")).toContain(world.stored_file);
    await call("QuarantineFile", { id: file.id, reason: "virus" });
    expect(await one("GetFile", { id: file.id })).toMatchObject({
      status: "quarantined",
      metadata: { a: 1, quarantine_reason: "virus" },
    });
    expect(await changed("DeleteFile", { id: file.id })).toBe(1);
    expect(await call("GetFile", { id: file.id })).toEqual([]);
    const expired = await call("ExpireFiles", { batch_size: 10_000 });
    expect(expired.find((row) => row.id === world.other_file)).toMatchObject({
      bucket: "b",
      object_key: "other",
    });
    expect((await call("SumFileSizes")).map((row) => row.percent)).toEqual(["100.0"]);
  });
});
