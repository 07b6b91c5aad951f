// Pictures of what is on the site's first page, as SVG: code in colours, in a frame, for light and for dark.

const THEMES = {
  light: {
    page: "#ffffff",
    frame: "#d0d7de",
    bar: "#f3f5f7",
    text: "#1f2328",
    faint: "#59636e",
    keyword: "#0b57a8",
    string: "#116329",
    comment: "#59636e",
    wrong: "#b3261e",
  },
  dark: {
    page: "#0d1117",
    frame: "#3d444d",
    bar: "#161b22",
    text: "#e6edf3",
    faint: "#9198a1",
    keyword: "#79b8ff",
    string: "#7ee787",
    comment: "#9198a1",
    wrong: "#ff7b72",
  },
} as const;

export type Theme = keyof typeof THEMES;
type Colour = Exclude<keyof (typeof THEMES)["light"], "page" | "frame" | "bar">;
export type Language = "sql" | "ts" | "terminal" | "comment";

/** A frame with a title and lines in it. */
export interface Panel {
  readonly title: string;
  readonly language: Language;
  readonly text: string;
}

interface Run {
  readonly text: string;
  readonly colour: Colour;
  readonly isBold?: boolean;
}

const WORDS: Readonly<Record<Language, RegExp>> = {
  sql: /(?<comment>--.*)|(?<string>'[^']*')|\b(?<keyword>select|from|left|join|on|where|as|order|group|by|and|insert|into|values)\b/g,
  ts: /(?<comment>\/\/.*|…)|(?<string>"[^"]*")|\b(?<keyword>export|interface|string|number|null|const|await)\b/g,
  terminal: /(?<wrong>^error\[[\w-]+\]|\^+|✘)|(?<comment>^ *-->.*|^ *(?:\d+ )?\||^hint:)|(?<string>✔)/g,
  comment: /(?<wrong>\^{3,})|(?<string>`[^`]+`)/g,
};

function colour(line: string, language: Language): Run[] {
  if (language === "comment" && line.startsWith("### "))
    return [{ text: line.slice(4), colour: "text", isBold: true }];
  const runs: Run[] = [];
  let end = 0;
  for (const found of line.matchAll(WORDS[language])) {
    if (found.index > end) runs.push({ text: line.slice(end, found.index), colour: "text" });
    const [name] = Object.entries(found.groups!).find(([, text]) => text !== undefined)!;
    runs.push({ text: found[0], colour: name as Colour });
    end = found.index + found[0].length;
  }
  if (end < line.length) runs.push({ text: line.slice(end), colour: "text" });
  return runs;
}

/** For SVG, which would make one space of several. */
const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/ /g, "\u00a0");

const LETTER = 7.83;
const LINE = 20;
const BAR = 32;
const MARGIN = 16;
const GAP = 12;

/** Draws panels beside one another. */
export function draw(panels: readonly Panel[], theme: Theme, label: string): string {
  const colours = THEMES[theme];
  const rows = panels.map(({ text }) => text.trimEnd().split("\n"));
  const height = BAR + Math.max(...rows.map(({ length }) => length)) * LINE + MARGIN;
  const parts: string[] = [];
  let left = 0;
  for (const [index, { title, language }] of panels.entries()) {
    const longest = Math.max(...rows[index]!.map(({ length }) => length));
    const width = Math.ceil(longest * LETTER + 2 * MARGIN);
    parts.push(
      `<rect x="${left + 0.5}" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${colours.page}" stroke="${colours.frame}"/>`,
      `<path d="M${left + 1} ${BAR - 6}V9a8 8 0 0 1 8-8h${width - 18}a8 8 0 0 1 8 8v${BAR - 15}z" fill="${colours.bar}"/>`,
      `<text x="${left + MARGIN}" y="18" fill="${colours.faint}" font-size="12">${escaped(title)}</text>`,
    );
    for (const [row, line] of rows[index]!.entries()) {
      const spans = colour(line, language).map(
        (run) =>
          `<tspan fill="${colours[run.colour]}"${run.isBold ? ' font-weight="600"' : ""}>${escaped(run.text)}</tspan>`,
      );
      if (spans.length > 0)
        parts.push(`<text x="${left + MARGIN}" y="${BAR + 14 + row * LINE}">${spans.join("")}</text>`);
    }
    left += width + GAP;
  }
  const width = left - GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">
${parts.join("\n")}
</svg>
`;
}

/** Gives a comment on a pull request as it shows: what is folded is a line, but for the first finding. */
export function readComment(markdown: string): string {
  const plain = (html: string): string =>
    html
      .replace(/<\/?code>/g, "`")
      .replace(/<[^>]+>/g, "")
      .trim();
  const lines: string[] = [];
  let isOpen = false;
  for (const part of markdown.split(/^<details>/m)) {
    const [, summary, rest = ""] = /^<summary>(.*?)<\/summary>([\s\S]*)<\/details>/.exec(part) ?? [];
    if (summary === undefined) {
      const rows = part.split("\n").filter((line) => !/^\|[-| ]+\|$|^\| \| check/.test(line));
      lines.push(
        ...rows.map((line) =>
          line
            .replaceAll("**", "")
            .replace(
              /^\| (\S+) \| (.*?) \| (.*) \|$/,
              (_, mark, check, outcome) => `${mark} ${check.padEnd(16)} ${outcome}`,
            ),
        ),
      );
      continue;
    }
    const isFinding = summary.includes("<b>");
    lines.push(`${isFinding && !isOpen ? "▾" : "▸"} ${plain(summary)}`);
    if (!isFinding || isOpen) continue;
    isOpen = true;
    const inside = rest.split("\n").filter((line) => !line.startsWith("```") && line.trim() !== "");
    lines.push(...inside.map((line) => `    ${plain(line)}`));
  }
  return lines
    .join("\n")
    .replace(/\n{2,}/g, "\n\n")
    .trim();
}
