/**
 * Builds everything under ../static/ui from src/ and the pinned packages:
 * app.css, app.js, govuk-frontend.min.js, icons.svg, patterns/, fonts/.
 *
 * Run with `npm ci && npm run build`. The results are committed, so nothing here runs when the site does.
 * File references inside app.css and app.js carry a hash of the file they name, so that browsers may keep them.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";
import { favicon, hero, patternFiles, sprite } from "./src/drawings.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const out = join(here, "..", "static", "ui");
const FONT_PACKAGE = join(modules, "@fontsource", "atkinson-hyperlegible-next");
const FONTS = ["latin-400-normal", "latin-400-italic", "latin-700-normal", "latin-ext-400-normal", "latin-ext-700-normal"];

const hashOf = (path) => createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 12);
const write = (name, text) => writeFileSync(join(out, name), text.endsWith("\n") ? text : `${text}\n`);

function fonts() {
  mkdirSync(join(out, "fonts"), { recursive: true });
  for (const font of FONTS) {
    const name = `atkinson-hyperlegible-next-${font}.woff2`;
    copyFileSync(join(FONT_PACKAGE, "files", name), join(out, "fonts", name));
  }
  copyFileSync(join(FONT_PACKAGE, "LICENSE"), join(out, "fonts", "OFL.txt"));
}

function drawings() {
  const folder = join(out, "patterns");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  write("icons.svg", sprite());
  write("favicon.svg", favicon());
  write("hero.svg", hero());
  for (const [name, svg] of Object.entries(patternFiles())) write(join("patterns", `${name}.svg`), svg);
}

function stylesheet() {
  const { css } = sass.compile(join(here, "src", "scss", "app.scss"), {
    loadPaths: [modules],
    style: "compressed",
    quietDeps: true,
  });
  const dated = css.replace(/url\("?((?:fonts\/)?[a-z0-9-]+\.(?:woff2|svg))"?\)/g, (_, name) => `url("${name}?v=${hashOf(join(out, name))}")`);
  write("app.css", dated);
}

function scripts() {
  const govuk = readFileSync(join(modules, "govuk-frontend", "dist", "govuk", "govuk-frontend.min.js"), "utf8");
  write("govuk-frontend.min.js", govuk.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
  const app = readFileSync(join(here, "src", "app.js"), "utf8");
  write("app.js", app.replace("./govuk-frontend.min.js", `./govuk-frontend.min.js?v=${hashOf(join(out, "govuk-frontend.min.js"))}`));
}

mkdirSync(out, { recursive: true });
fonts();
drawings();
stylesheet();
scripts();
