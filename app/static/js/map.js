// The page of the map: the form filters at once, address, list, table and map say the same. Without it the form asks the server.
// What is found is found here for all filters but the text, whose rows the server finds (/mappa/trova-…); until it has answered,
// titles and entities are searched here.
// Holds always: the rows shown are those of the list with the same address; a lost line and no match are told apart.

import { createPanel, el, showCards } from "./map_panel.js";
import { boxOf, countBy, findRows, readPoints, valuesOf } from "./map_rows.js";
import { createView } from "./map_view.js";

const PARAMETERS = ["area", "tipo", "destinatari", "fondi", "regione", "livello", "anno", "genere"];
const PAUSE = 250;
const AFTER = 60;
const NEAR = 1.9; // times the whole country's scale from which names are drawn
const [form, frame] = [document.getElementById("map-filters"), document.getElementById("map-frame")];
const words = frame.dataset;
const numbers = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: "always" });
const number = (value) => numbers.format(value);
const table = new Map([...document.querySelectorAll("#map-table tr[data-region]")].map((row) => [row.dataset.region, row]));
const named = new Map([...form.querySelectorAll("input[type=checkbox]")].map((box) => [`${box.name}:${box.value}`, box.parentElement.querySelector(".map-choice-name").textContent]));
const state = { points: null, titles: null, entities: null, folded: null, rows: [], asked: "", within: null, answered: true, said: 0, near: null, sheet: "" };

const count = (many) => (many === 1 ? words.one : words.many.replace("%n", number(many)));
const told = {
  words: { loading: words.loading, open: words.open, list: document.getElementById("map-list-link").textContent },
  address: (row) => `${words.list}/${encodeURIComponent(state.points.codes[row])}`,
  title: (row) => state.titles?.titles[row],
  entity: (row) => state.titles?.entities[state.titles.of[row]],
  about: (row) => ["genere", "area", "anno"].flatMap((name) => labels(name, row)).join(" · "),
  count,
  more: (many) => words.more.replace("%n", number(many)),
  list: () => words.list + query(),
  opened: (row) => {
    state.sheet = row === null ? "" : state.points.codes[row];
    follow();
  },
};
const panel = createPanel(frame, told);
const view = createView(frame, { name: nameOf, kind: (row) => valuesOf(state.points, "genere", row)[0], choose, moved });

function labels(parameter, row) {
  return valuesOf(state.points, parameter, row).map((value) => named.get(`${parameter}:${value}`) ?? value);
}

function nameOf(group) {
  const [row] = group.rows;
  if (group.rows.length === 1) return [told.title(row), told.entity(row), told.about(row)].filter(Boolean).join(", ") || words.one;
  const regions = [...new Set(group.rows.slice(0, 40).flatMap((one) => labels("regione", one)))].slice(0, 3).join(", ");
  const text = isOnePlace(group.rows) ? words.here : words.zoom;
  return text.replace("%n", [count(group.rows.length), regions].filter(Boolean).join(", "));
}

function isOnePlace(rows) {
  return rows.every((row) => state.points.place[row] === state.points.place[rows[0]]);
}

function choose(group, mark) {
  if (group.rows.length === 1 || isOnePlace(group.rows) || view.isClosest()) {
    panel.showRows(group.rows, mark);
    view.uncover(group);
  } else {
    panel.close();
    view.fit(boxOf(state.points, group.rows));
  }
}

/** What the form asks: parameter → values, in the order of an address. */
function wanted() {
  const asked = Object.fromEntries(PARAMETERS.map((name) => [name, [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => box.value).sort()]));
  if (asked.genere.length === form.querySelectorAll('input[name="genere"]').length) asked.genere = [];
  return asked;
}

const typed = () => form.elements.q.value.split(/\s+/).filter(Boolean).join(" ");

/** The query of an address, as the list writes it. */
function query(asked = wanted()) {
  const pairs = new URLSearchParams();
  if (typed()) pairs.append("q", typed());
  for (const [name, values] of Object.entries(asked)) for (const value of values) pairs.append(name, value);
  return pairs.size ? `?${pairs}` : "";
}

/** Find, and draw it; what nobody sees at once, addresses and words for a screen reader, follows after the frame. */
function apply() {
  const asked = wanted();
  state.rows = findRows(state.points, asked, state.within);
  view.show(state.points, state.rows);
  const of = countBy(state.points, "regione", state.rows);
  for (const [region, row] of table) put(row.querySelector("[data-count]"), number(of.get(region) ?? 0));
  let all = 0;
  for (const name of PARAMETERS.slice(0, -1)) {
    all += asked[name].length;
    const mark = form.querySelector(`[data-chosen="${name}"]`);
    if (mark) put(mark, asked[name].length ? `(${asked[name].length})` : "");
  }
  put(form.querySelector("[data-chosen-all]"), all ? `(${all})` : "");
  clearTimeout(state.said);
  state.said = setTimeout(() => {
    follow();
    say();
  }, AFTER);
}

/** Say the count with something more. */
function insist(more) {
  clearTimeout(state.said);
  follow();
  say(more);
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The addresses of what is shown. */
function follow() {
  const where = query();
  const sheet = state.sheet ? `${where ? "&" : "?"}scheda=${state.sheet}` : "";
  history.replaceState(history.state, "", location.pathname + where + sheet);
  for (const link of [document.getElementById("map-list-link"), document.querySelector("#map-unplaced a")]) link.href = words.list + where;
  document.getElementById("map-clear").hidden = !where;
  const asked = wanted();
  for (const [region, row] of table) {
    const link = row.querySelector("a");
    if (link) link.href = words.list + query({ ...asked, regione: [region] });
  }
}

/** The count, once for what was typed in one go: a screen reader says it. */
function say(more = "") {
  const line = document.getElementById("map-status");
  const shown = state.rows.length ? count(state.rows.length) : words.none;
  if (line.textContent !== [shown, more].filter(Boolean).join(" ")) {
    line.replaceChildren(shown, ...(more ? [" ", el("span", { class: "map-said" }, more)] : []));
  }
  const unplaced = state.rows.reduce((sum, row) => sum + (state.points.place[row] < 0 ? 1 : 0), 0);
  const note = document.getElementById("map-unplaced");
  note.hidden = !unplaced;
  put(note.firstElementChild, unplaced === 1 ? words.unplacedOne : words.unplacedMany.replace("%n", number(unplaced)));
}

/** Ask the server for the rows of a text; what titles and entities say already is shown meanwhile. */
async function search() {
  const text = typed();
  if (text === state.asked) return;
  state.asked = text;
  state.within = null;
  if (text) previewWithin(text);
  apply();
  if (!text) return;
  await new Promise((done) => setTimeout(done, PAUSE));
  if (state.asked !== text) return;
  let failure = words.failed;
  try {
    const answer = await fetch(`${words.find}?${new URLSearchParams({ q: text })}`);
    if (answer.status === 404) failure = words.reload;
    if (!answer.ok) throw new Error(String(answer.status));
    const { rows } = await answer.json();
    if (state.asked !== text) return;
    state.within = rows && new Set(rows);
    failure = "";
  } catch {
    if (state.asked !== text) return;
  }
  apply();
  if (failure) insist(failure);
}

function previewWithin(text) {
  if (!state.folded) return;
  const asked = state.fold(text).split(" ").filter(Boolean);
  if (!asked.length) return;
  state.within = new Set([...state.points.codes.keys()].filter((row) => fits(row, asked)));
}

const fits = (row, asked) => asked.every((word) => state.folded[row].includes(` ${word}`));

/** What is in view: cards of it, and what is drawn from near. */
function moved({ x, y, scale, wide, high }) {
  if (!state.points) return;
  drawNear();
  clearTimeout(state.cards);
  state.cards = setTimeout(() => {
    const [right, down] = [wide / scale / 2, high / scale / 2];
    const { place, x: xs, y: ys } = state.points;
    state.seen = state.rows.filter((row) => place[row] >= 0 && Math.abs(xs[place[row]] - x) <= right && Math.abs(ys[place[row]] - y) <= down);
    if (state.titles) showCards(told, state.seen);
  }, PAUSE);
}

/** Provinces and names, which come with the first look from near. */
async function drawNear() {
  if (!state.near && view.state.scale < view.state.whole * NEAR) return;
  state.near ??= import("./map_near.js").then(({ createNear }) => createNear(frame, words.shapes));
  const near = await state.near.catch(() => (state.near = null)); // the next look asks for it again
  near?.draw(view.state, view.places());
}

/** What a file of the map holds. Null where it did not come: the page says so, with a button that does `again`. */
async function load(address, lost, again) {
  let gone = false;
  try {
    const answer = await fetch(address);
    if (answer.ok) {
      const file = await answer.json();
      sayLost("");
      return file;
    }
    gone = answer.status === 404;
  } catch {
    // no line, or half an answer
  }
  if (gone) sayLost(words.reload, () => location.reload(), words.reloadAgain);
  else sayLost(lost, again);
  return null;
}

/** Say what did not come, "" for nothing any more. */
function sayLost(text, again = null, label = "") {
  const [box, button] = [document.getElementById("map-lost"), document.getElementById("map-again")];
  button.dataset.word ??= button.textContent;
  put(document.getElementById("map-lost-text"), text);
  put(button, label || button.dataset.word);
  box.classList.toggle("map-lost-shown", Boolean(text));
  if (!again && document.activeElement === button) {
    frame.tabIndex = 0;
    frame.focus();
  }
  button.hidden = !again;
  button.onclick = () => {
    put(document.getElementById("map-lost-text"), words.trying);
    again();
  };
}

async function loadTitles() {
  const file = await load(words.titles, words.lostTitles, loadTitles);
  if (!file) return;
  const { fold } = await import("./places.js").catch(() => ({}));
  state.titles = { titles: file.titles.split("\n"), entities: file.entities.split("\n"), of: file.of };
  if (fold) {
    state.fold = fold;
    state.folded = state.titles.titles.map((title, row) => ` ${fold(`${title} ${told.entity(row)}`)}`);
  }
  view.rename();
  panel.renew();
  showCards(told, state.seen ?? []);
  frame.dataset.titled = "";
}

function listen() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  form.elements.q.addEventListener("input", search);
  form.addEventListener("change", (event) => {
    if (event.target.type !== "checkbox") return;
    const layers = [...form.querySelectorAll('input[name="genere"]')];
    const none = layers.length > 0 && !layers.some((box) => box.checked);
    if (none) event.target.checked = true;
    panel.close();
    apply();
    if (none) insist(words.lastLayer);
    else if (event.target.name === "regione") fitFound();
  });
  document.getElementById("map-clear").addEventListener("click", (event) => {
    event.preventDefault();
    form.querySelectorAll("input[type=checkbox]").forEach((box) => { box.checked = box.name === "genere"; });
    form.elements.q.value = "";
    state.asked = "";
    state.within = null;
    apply();
    form.elements.q.focus();
  });
  document.getElementById("map-regions").addEventListener("click", chooseRegion);
}

function fitFound() {
  const box = wanted().regione.length ? boxOf(state.points, state.rows) : null;
  if (box) view.fit(box, 40);
  else view.go("all");
}

function chooseRegion(event) {
  const link = event.target.closest("a[data-region]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const row = table.get(link.dataset.region);
  const [some, share] = [row.querySelector("[data-of]"), row.querySelector("[data-share]")];
  const covered = some && `${some.textContent} (${share.textContent})`;
  panel.showRegion({
    name: row.querySelector("th").textContent,
    count: count(Number(row.querySelector("[data-count]").textContent.replace(/\D/g, ""))),
    covered: covered && `${words.covered}: ${covered}`,
    address: row.querySelector("a").href,
  });
}

/** The entry that the address names: the map goes there, and its card is open. The page's focus is left alone. */
function openSheet(code) {
  const row = state.points.codes.indexOf(code);
  if (row < 0) return;
  const box = boxOf(state.points, [row]);
  if (box) view.fit(box);
  const mark = view.markOf(row);
  panel.showRows([row], mark, true);
  if (mark) view.uncover(mark.group);
  insist(words.sheetOpen);
}

async function start() {
  const file = await load(words.points, words.lost, start);
  if (!file) return;
  state.points = readPoints(file);
  document.getElementById("mappa").classList.add("map-live");
  document.querySelectorAll("[data-with-script]").forEach((one) => { one.hidden = one.id === "map-seen"; });
  document.getElementById("map-controls").hidden = false;
  frame.tabIndex = 0;
  const small = matchMedia("(max-width: 61.99em)").matches;
  if (!small) document.getElementById("map-more").open = true;
  listen();
  if (typed()) await search();
  else apply();
  if (words.sheet) openSheet(words.sheet);
  else if (wanted().regione.length) fitFound();
  requestAnimationFrame(() => setTimeout(() => {
    performance.mark("map-usable");
    frame.dataset.usable = "";
    loadTitles();
  }));
}

start();
