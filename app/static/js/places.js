// Searching municipalities and entities by name without a line: the twin of app/registry/folding.py and search_entities.
// The names come from /compila/comuni.txt (app/fill/place_names.py), which the service worker keeps.
// Not for: the search that a page posts while there is a line.
// Holds always: accents, case and apostrophes do not matter; found first what is equal, then what begins alike.

const ADDRESS = "/compila/comuni.txt";
const MOST = 30;
const MUNICIPALITIES = ["municipality"];
const LETTERS = { "ß": "ss", "đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe" };
const APOSTROPHE = /['’ʼ`´]/g;

let reading = null;

/** Lower-case words of a-z and 0-9, one space between them. */
export function fold(text) {
  const letters = text.toLowerCase().replace(/[ßđłøæœ]/g, (letter) => LETTERS[letter]).normalize("NFKD");
  return letters.replace(/\p{M}/gu, "").replace(/[^0-9a-z]+/g, " ").trim();
}

/** What is searched in: "| sant agata | santagata |". */
export function searchName(name, other) {
  const written = [name, other ?? ""];
  const names = new Set([...written, ...written.map((text) => text.replace(APOSTROPHE, ""))].map(fold));
  names.delete("");
  return `| ${[...names].join(" | ")} |`;
}

/** The file's lines as rows {code, label, kind, name}: `name` is what is searched in. */
export function read(text) {
  const rows = [];
  let kind = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("=")) kind = line.slice(1);
    else if (line) {
      const [code, name, sign = "", other = ""] = line.split("\t");
      rows.push({ code, kind, label: sign ? `${name} (${sign})` : name, name: searchName(name, other) });
    }
  }
  return rows;
}

/** All rows, read once; rejects where the names were never kept here. */
export function allPlaces() {
  reading ??= fetch(ADDRESS).then(async (response) => {
    if (!response.ok || response.redirected) throw new Error(`names: ${response.status}`);
    return read(await response.text());
  }).catch((error) => {
    reading = null;
    throw error;
  });
  return reading;
}

function rank(row, folded, typed) {
  if (row.name.includes(`| ${folded} |`) || row.code === typed) return 0;
  if (row.name.includes(`| ${folded}`)) return 1;
  if (row.name.includes(` ${folded}`)) return 2;
  return row.name.includes(folded) ? 3 : 4;
}

const compare = (one, other) => (one < other ? -1 : Number(one > other));

/** The rows that the server would find, in its order; `everybody`: not only municipalities. */
export function searchPlaces(rows, text, everybody) {
  const [folded, typed] = [fold(text.slice(0, 100)), text.trim()];
  if (!folded) return [];
  const words = folded.split(" ");
  return rows
    .filter((row) => (everybody || MUNICIPALITIES.includes(row.kind)) && (row.code === typed || words.every((word) => row.name.includes(word))))
    .map((row) => [rank(row, folded, typed), row])
    .sort(([a, one], [b, other]) => a - b || compare(one.name, other.name) || compare(one.code, other.code))
    .slice(0, MOST)
    .map(([, row]) => row);
}

/** Code → label of what is known here. */
export async function labelsOf(codes) {
  const rows = codes.length ? await allPlaces().catch(() => []) : [];
  const wanted = new Set(codes);
  return new Map(rows.filter((row) => wanted.has(row.code)).map((row) => [row.code, row.label]));
}
