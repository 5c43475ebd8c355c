// Questions about municipalities and entities without a line: what is chosen by name, and the search.
// Not for: the search itself (places.js).
// Holds always: what was chosen stays, also where its name is not known here; the words come with the page.
import { allPlaces, labelsOf, searchPlaces } from "./places.js";
import { words } from "./says.js";

const boxOf = (form, code) => form.elements.namedItem(`${code}.search`);
const partOf = (form, code) => form.querySelector(`[data-question="${code}"]`);

function choice(form, code, row, checked) {
  const several = partOf(form, code).dataset.type === "municipalities";
  const number = partOf(form, code).querySelectorAll(`input[name="${code}"]`).length + 1;
  const line = document.createElement("div");
  line.className = "form-check";
  const input = document.createElement("input");
  Object.assign(input, { type: several ? "checkbox" : "radio", id: `q-${code}-${number}`, name: code, value: row.code, checked });
  const label = document.createElement("label");
  label.htmlFor = input.id;
  label.textContent = row.label;
  line.append(input, label);
  return line;
}

/** Draw what is chosen of an entity or of municipalities; other questions are left alone. */
export async function showChosen(form, code, codes) {
  const search = partOf(form, code).querySelector(".registry-search");
  if (!search || !codes.length) return;
  const labels = await labelsOf(codes);
  const chosen = document.createElement("div");
  chosen.className = "registry-chosen";
  search.before(chosen);
  for (const one of codes) chosen.append(choice(form, code, { code: one, label: labels.get(one) ?? one }, true));
}

/** The question where a name was typed and not looked for yet. */
export const wantsSearch = (form, codes) =>
  codes.find((code) => boxOf(form, code)?.value.trim() && boxOf(form, code).dataset.searched !== boxOf(form, code).value.trim());

/** Search what is typed for this question, or `text` as an address asks, and show what is found under it. */
export async function offerSearch(form, code, text) {
  const box = boxOf(form, code);
  if (!box) return;
  if (text !== undefined) box.value = text ?? "";
  const part = partOf(form, code);
  const say = words();
  part.querySelector(".registry-results")?.remove();
  const results = document.createElement("div");
  results.className = "registry-results";
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  results.append(status);
  box.closest(".registry-search").after(results);
  box.dataset.searched = box.value.trim();
  const rows = await allPlaces().catch(() => null);
  if (!rows) return void (status.textContent = say.text("no-names"));
  const found = searchPlaces(rows, box.value, part.dataset.type === "entity");
  const chosen = new Set([...part.querySelectorAll(`input[name="${code}"]`)].map((one) => one.value));
  const fresh = found.filter((row) => !chosen.has(row.code));
  status.textContent = fresh.length ? say.text("found", fresh.length) : say.text(found.length ? "chosen" : "nobody");
  for (const row of fresh) results.append(choice(form, code, row, false));
  box.focus();
}
