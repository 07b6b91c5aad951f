import { defineConfig } from "vitepress";
import { linkOnSite, listPages, pageOf, pathOnSite, sidebar } from "../navigation.mjs";

/** Pages are outside of this folder, where Vue would not be found; what is rendered on the server runs in it. */
const vueFromHere = {
  name: "vue-from-here",
  enforce: "pre",
  resolveId: (id, _importer, { ssr }) =>
    ssr && /^vue(?:\/server-renderer)?$/.test(id) ? { id, external: true } : undefined,
};

export default defineConfig({
  lang: "en",
  title: "solitude-gen",
  description: "Annotated SQL becomes type-safe TypeScript, and PostgreSQL itself is the type checker.",
  // On GitHub Pages the site is in a folder that has the repository's name.
  base: process.env.SITE_BASE ?? "/",
  srcDir: "..",
  // Where the site does not look for pages; those that it shows have their place in `rewrites`.
  srcExclude: [
    "README.md",
    "**/CHANGELOG.md",
    "**/node_modules/**",
    "{bench,generated,generator,integrations,lint,release,stack,tests}/**",
    "runtime/{src,test,dist}/**",
  ],
  outDir: ".vitepress/dist",
  cacheDir: ".vitepress/cache",
  rewrites: Object.fromEntries(listPages().map((page) => [page, pathOnSite(page)])),
  cleanUrls: true,
  lastUpdated: false,
  vite: { plugins: [vueFromHere] },
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark" },
    config(md) {
      const fence = md.renderer.rules.fence;
      // The name of a file, which stands behind the language as in `sql [schema.sql]`.
      md.renderer.rules.fence = (tokens, index, ...rest) => {
        const file = /\[([^\]]+)\]/.exec(tokens[index].info)?.[1];
        const code = fence(tokens, index, ...rest);
        return file === undefined
          ? code
          : `<div class="file"><span class="file-name">${md.utils.escapeHtml(file)}</span>${code}</div>`;
      };
      // GitHub shows no such name: there, a line above the block says it. Here it would be said twice.
      md.core.ruler.push("names-of-files", (state) => {
        state.tokens = state.tokens.filter((_, index, all) => {
          const opening = [index, index - 1, index - 2].find((at) => all[at]?.type === "paragraph_open");
          if (opening === undefined || all[opening + 3]?.type !== "fence") return true;
          const file = /\[([^\]]+)\]/.exec(all[opening + 3].info)?.[1];
          return all[opening + 1].content !== `\`${file}\``;
        });
      });
      md.core.ruler.push("links-of-the-repository", ({ tokens, env }) => {
        const path = env.realPath ?? env.path;
        if (path === undefined) return; // A title.
        const page = pageOf(path);
        for (const { children } of tokens)
          for (const token of children ?? []) {
            if (token.type !== "link_open") continue;
            token.attrSet("href", linkOnSite(page, token.attrGet("href")));
          }
      });
    },
  },
  themeConfig: {
    nav: [
      { text: "Start", link: "/start" },
      { text: "How-tos", link: "/how-to/" },
      { text: "Reference", link: "/reference/configuration" },
      { text: "Why it is sound", link: "/why" },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: "https://github.com/solitude/solitude" }],
    footer: { message: "MIT. Every sample on these pages runs in a test." },
  },
});
