import { randomUUID } from "node:crypto";
import { call, changed, column, enterAnotherWorld, one, refused, sql, world } from "./fixture.ts";

describe("the marketplace", () => {
  const listing = () => ({ publisher_workspace_id: world.workspace, id: world.listing });

  test("a listing begins as a draft, offers what is published, and has a price in both its parts", async () => {
    const agent = await one("CreateAgent", { slug: "sold" });
    const version = await one("CreateAgentVersion", { agent_id: agent.id, version: "1.0.0", parameters: {} });
    const made = await one("CreateListing", { agent_id: agent.id, agent_version_id: version.id });
    expect(made.status).toBe("draft");
    expect(await call("SubmitListing", { id: made.id })).toEqual([]);
    await call("PublishAgentVersion", { id: version.id });
    expect(await call("PublishListing", { id: made.id })).toEqual([]);
    expect(await call("SubmitListing", { id: made.id })).toHaveLength(1);
    expect(await one("PublishListing", { id: made.id })).toMatchObject({
      status: "published",
      published_at: expect.any(Date),
    });
    expect(await column("id", "ListPublishedListings")).toEqual([made.id, world.listing]);
    for (const price of [
      { price_amount_minor: 5 },
      { billing: "monthly" },
      { price_amount_minor: 5, price_currency: "USD" },
    ])
      expect(await refused("CreateListing", { slug: `p-${world.tag}`, ...price })).toBe(
        "listings_price_check",
      );
    expect(await changed("WithdrawListing", { id: made.id })).toBe(1);
  });

  test("a private listing is its publisher's alone", async () => {
    await call("UpdateListing", { visibility: "private", category_id: world.category });
    const slug = `l${world.tag}`;
    const page = (viewer: string | null) => call("GetListing", { slug, viewer_workspace_id: viewer });
    expect([await page(world.workspace), await page(null)].map((rows) => rows.length)).toEqual([1, 0]);
    const { listing: id } = world;
    await enterAnotherWorld();
    expect(await call("InstallListing", { listing_id: id })).toEqual([]);
    expect(await page(world.workspace)).toEqual([]);
  });

  test("people search as they type: words, phrases, exclusions, or", async () => {
    const word = `zebra${world.tag}`;
    await call("UpdateListing", {
      title: `The ${word} striped`,
      description: "of many colours",
      category_id: world.category,
      visibility: "public",
    });
    const finds = async (query: string) =>
      (await column("id", "SearchListings", { query, billing: undefined })).includes(world.listing);
    expect(
      await Promise.all(
        [word, `${word} stripe`, `"${word} striped"`, `nothing${world.tag} or ${word}`].map(finds),
      ),
    ).toEqual([true, true, true, true]);
    expect(await Promise.all([`"striped ${word}"`, `${word} -striped`].map(finds))).toEqual([false, false]);
  });

  test("a category is browsed with all below it, newest first, and its charts are the best of it", async () => {
    const child = await one("CreateCategory", { parent_id: world.category, slug: `below-${world.tag}` });
    await sql("update listings set category_id = $2 where id = $1", world.listing, child.id);
    expect(await column("id", "ListCatalogue")).toEqual([world.listing]);
    await call("RefreshListingStats");
    const tree = await call("ListCategoryTree");
    const at = tree.findIndex((row) => row.id === child.id);
    expect(tree[at]).toMatchObject({ depth: 2, listing_count: "1", path: ["Category", expect.any(String)] });
    expect(tree.findIndex((row) => row.id === world.category)).toBeLessThan(at);
    const chart = await call("ListTopListingsByCategory", { places: 1 });
    expect(chart.find((row) => row.category_id === child.id)).toMatchObject({
      place: "1",
      listing_id: world.listing,
    });
    // Drawn towards the middle: one review of four stars is not four stars.
    expect(Number(chart.find((row) => row.category_id === child.id)!.ranking_score)).toBeCloseTo(
      (4 + 15) / 6,
      5,
    );
  });

  test("installing again resumes; what is paused or uninstalled starts nothing, and what ran keeps it", async () => {
    const runs = async () => (await call("CreateInstalledAgentJob")).length;
    expect(await runs()).toBe(1);
    await call("PauseInstallation");
    expect(await runs()).toBe(0);
    expect(await one("InstallListing")).toMatchObject({ id: world.installation, status: "active" });
    expect(await runs()).toBe(1);
    await call("PublishAgentVersion");
    await call("ReleaseListingVersion", { agent_version_id: world.draft });
    expect(await one("ListInstallations", { user_id: world.dan })).toMatchObject({
      has_update: true,
      own_rating: 4,
    });
    await call("UninstallListing");
    expect(await runs()).toBe(0);
    const jobs = await sql(
      "select count(*)::int as n from jobs where installation_id = $1",
      world.installation,
    );
    expect(jobs).toEqual([{ n: 2 }]);
    expect(await call("ListInstallations")).toEqual([]);
    const again = await one("InstallListing");
    expect(again.agent_version_id).toBe(world.draft);
    expect(await call("CountInstallationsByWeek")).toMatchObject([{ installations: "2", change: null }]);
  });

  test("a review is its author's to delete, its publisher's to answer, and a moderator's to hide", async () => {
    expect(await call("ReplyToReview", { publisher_workspace_id: randomUUID() })).toEqual([]);
    expect(await one("ReplyToReview")).toMatchObject({ reply: "Thank you" });
    expect(await one("GetRatingSummary")).toMatchObject({ review_count: "1", four_stars: "1" });
    expect(await column("author_name", "ListReviews")).toEqual(["Dan"]);
    await call("ModerateReview", { status: "hidden" });
    expect(await call("ListReviews")).toEqual([]);
    expect(await one("GetRatingSummary")).toMatchObject({ review_count: "0", average_rating: null });
    await call("ModerateReview", { status: "visible" });
    expect(await changed("DeleteReview", { author_id: world.cleo })).toBe(0);
    expect(await changed("DeleteReview", { author_id: world.dan })).toBe(1);
    expect((await one("GetInstallation")).title).toBe("Listing");
    expect(listing().id).toBe(world.listing);
  });
});
