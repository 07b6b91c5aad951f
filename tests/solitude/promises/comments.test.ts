import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// What the comments of queries/ and schema/ promise and no other suite shows. promises.txt has every sentence of them with the
// test that shows it; the rest describes, and promises nothing. What is new is neither until somebody says so.

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The sentences of a file's comments, those that stay with the database included. */
function sentencesOf(path: string): readonly string[] {
  const text = readFileSync(`${ROOT}/${path}`, "utf8").split(/^-- migrate:down/m)[0]!;
  const comments: string[] = [];
  let block: string[] = [];
  for (const line of `${text}\n`.split("\n")) {
    const [, said] = /^\s*-- ?(.*)$/.exec(line) ?? [];
    if (said !== undefined && !/^(name:|migrate:|@\w|solitude-gen-ignore)/.test(said))
      block.push(said.trim());
    else if (block.length > 0) {
      comments.push(block.join(" "));
      block = [];
    }
  }
  for (const [, literals = ""] of text.matchAll(/^comment on [\s\S]*? is\s+((?:'(?:[^']|'')*'\s*)+);/gm))
    comments.push(
      Array.from(literals.matchAll(/'((?:[^']|'')*)'/g), ([, part]) => part!.replaceAll("''", "'")).join(""),
    );
  const sentences = comments.flatMap((comment) => comment.split(/(?<=\.)\s+(?=[A-Z*`])/));
  return [...new Set(sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== ""))];
}

describe("comments", () => {
  const sections = readFileSync(new URL("../promises.txt", import.meta.url), "utf8")
    .split(/\n(?=\S)/)
    .map((section) => {
      const [title = "", ...sentences] = section.split("\n").filter((line) => line.trim() !== "");
      return { title, sentences: sentences.map((line) => line.trim()) };
    });

  test("every sentence is shown by a test, or describes", () => {
    const said = ["queries", "schema"].flatMap((folder) =>
      readdirSync(`${ROOT}/${folder}`).flatMap((file) =>
        sentencesOf(`${folder}/${file}`).map((sentence) => `${folder}/${file}: ${sentence}`),
      ),
    );
    const listed = sections.flatMap(({ sentences }) => sentences);
    expect(new Set(listed).size).toBe(listed.length);
    expect({
      new: said.filter((sentence) => !listed.includes(sentence)),
      gone: listed.filter((sentence) => !said.includes(sentence)),
    }).toEqual({ new: [], gone: [] });
  });

  test("every test that is named is there", () => {
    const named = sections.map(({ title }) => title).filter((title) => /^tests\//.test(title));
    expect(sections.length - named.length).toBe(2);
    const missing = named.filter((title) => {
      const [, file = "", name = ""] = /^(\S+): (.*)$/.exec(title) ?? [];
      const text = readFileSync(`${ROOT}/${file}`, "utf8");
      return !['"', "`", "'"].some((quote) => text.includes(`${quote}${name}${quote}`));
    });
    expect(missing).toEqual([]);
  });
});
