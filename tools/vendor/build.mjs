// Builds app/static/vendor. Called by refresh.sh; what it takes from where stands in package-lock.json.
// Holds always: the same packages and the same templates give the same bytes.
import { createHash } from "node:crypto";
import { readdir, readFile, rm, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { transform as transformScript } from "esbuild";
import { transform } from "lightningcss";
import { PurgeCSS } from "purgecss";
import subsetFont from "subset-font";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const target = path.join(root, "app/static/vendor");
const source = path.join(here, "node_modules/bootstrap-italia");

// Basic Latin and Latin-1 carry Italian, German and French; then Œ œ Ÿ, Slovene Č Š Ž, a few letters of names, typographic signs.
const LETTERS = [
  [0x20, 0x7e], [0xa0, 0xff], [0x152, 0x153], [0x178, 0x178], [0x106, 0x107], [0x10c, 0x10d], [0x110, 0x111],
  [0x160, 0x161], [0x17d, 0x17e], [0x2013, 0x2014], [0x2018, 0x201a], [0x201c, 0x201e], [0x2022, 0x2022],
  [0x2026, 0x2026], [0x2039, 0x203a], [0x20ac, 0x20ac], [0x2212, 0x2212],
];
const WEIGHTS = [["regular", "titillium-web-v10-latin-ext_latin-regular.ttf", "400"], ["bold", "titillium-web-v10-latin-ext_latin-600.ttf", "600 700"]];

// Only what stands in a class attribute (Jinja's strings inside it too), names of elements and of attributes count as used.
function usedNames(template) {
  const bare = template.replace(/\{#[\s\S]*?#\}/g, " ");
  const names = new Set();
  for (const [, value] of bare.matchAll(/class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"])*)"/g)) {
    for (const word of value.split(/[^A-Za-z0-9_-]+/)) names.add(word);
  }
  for (const [, element] of bare.matchAll(/<([a-z][a-z0-9]*)/g)) names.add(element);
  for (const [, attribute, value] of bare.matchAll(/\s([a-z-]+)="([a-z-]*)"/g)) names.add(attribute).add(value);
  return [...names, "readonly", "disabled", "checked", "html", "body", "optgroup", "input", "search", "password", "date", "tel", "url"];
}

async function styles() {
  const { classes } = JSON.parse(await readFile(path.join(here, "safelist.json"), "utf8"));
  const css = (await readFile(path.join(source, "dist/css/bootstrap-italia.min.css"), "utf8"))
    .replace(/@font-face\s*\{[^}]*\}/g, "");
  const [purged] = await new PurgeCSS().purge({
    content: [path.join(root, "app/templates/**/*.html")],
    css: [{ raw: css }],
    defaultExtractor: usedNames,
    safelist: { standard: classes },
    blocklist: [/^bg-dark$/, /^back-to-top/, /^dark$/, /^was-validated$/, /^is-valid$/, /^btn-progress/, /^btn-icon/, /^form-group$/],
    variables: false,
    keyframes: true,
    fontFace: false,
  });
  return purged.css;
}

function minified(css) {
  return transform({
    filename: "bootstrap-italia.css",
    code: Buffer.from(css),
    minify: true,
    targets: { chrome: 90 << 16, firefox: 88 << 16, safari: 14 << 16 },
  }).code;
}

async function fonts() {
  const text = LETTERS.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i))).join("");
  const faces = [];
  for (const [name, file, weight] of WEIGHTS) {
    const bytes = await subsetFont(await readFile(path.join(source, "dist/fonts/Titillium_Web", file)), text, { targetFormat: "woff2" });
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
    const out = `titillium-web-${name}.${hash}.woff2`;
    await writeFile(path.join(target, "fonts", out), bytes);
    faces.push(`@font-face{font-family:"Titillium Web";font-style:normal;font-weight:${weight};font-display:swap;src:url("fonts/${out}") format("woff2")}`);
  }
  return faces.join("\n");
}

async function checksums() {
  const files = (await readdir(target, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const lines = await Promise.all(files.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name);
    return `${createHash("sha256").update(await readFile(file)).digest("hex")}  ${path.relative(target, file)}`;
  }));
  await writeFile(path.join(target, "SHA256SUMS"), lines.sort((a, b) => a.slice(66).localeCompare(b.slice(66), "en")).join("\n") + "\n");
}

// The database in the browser, for the drafts: an ES module as the package brings it, without its white space.
async function idb() {
  const folder = path.join(here, "node_modules/idb");
  const { version } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const { code } = await transformScript(await readFile(path.join(folder, "build/index.js"), "utf8"), { minify: true, format: "esm", target: "es2020" });
  await writeFile(path.join(target, "idb.js"), `/*! idb ${version}, ISC (LICENSE-idb.txt). */\n${code}`);
  await writeFile(path.join(target, "LICENSE-idb.txt"), await readFile(path.join(folder, "LICENSE")));
}

await rm(target, { recursive: true, force: true });
await mkdir(path.join(target, "fonts"), { recursive: true });
const banner = "/*! Bootstrap Italia 2.18.3, BSD-3-Clause, on Bootstrap 5.2.3, MIT (LICENSE-bootstrap-italia.txt); Titillium Web, SIL OFL 1.1 (LICENSE-titillium-web.txt). Purged by tools/vendor. */\n";
const faces = await fonts();
const css = minified(faces + (await styles()));
await writeFile(path.join(target, "bootstrap-italia.css"), banner + css);
await writeFile(path.join(target, "LICENSE-bootstrap-italia.txt"), await readFile(path.join(source, "LICENSE")));
await writeFile(path.join(target, "LICENSE-titillium-web.txt"), await readFile(path.join(source, "dist/fonts/Titillium_Web/OFL.txt")));
await idb();
await checksums();
console.log(`bootstrap-italia.css ${css.length} bytes`);
