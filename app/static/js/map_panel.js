// What is said of rows of the map: the panel of what was chosen, and the cards of what is in view.
// Not for: which rows (map_rows.js, map.js).
// Holds always: texts of entities enter as text, never as markup; every row named leads to its page.

const MOST = 60;
const CARDS = 12;

/** Elements without markup in their texts: el("a", {href}, "text", other element …). */
export function el(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

/** `told`: {address(row), title(row), about(row), words, list(), opened(row)}: what is known of rows by now; `opened` hears which one
 *  the panel tells of alone, null for none. */
export function createPanel(frame, told) {
  const panel = frame.querySelector("#map-panel");
  const [heading, body] = [panel.querySelector("h2"), panel.querySelector("#map-panel-body")];
  let opener = null;
  let drawn = null;

  function open(mark, draw, row = null, quietly = false) {
    opener?.removeAttribute("aria-expanded");
    opener = mark;
    opener?.setAttribute("aria-expanded", "true");
    drawn = draw;
    draw();
    panel.hidden = false;
    panel.scrollTop = 0;
    if (!quietly) panel.focus({ preventScroll: true });
    told.opened(row);
  }

  function close() {
    if (panel.hidden) return;
    const inside = panel.contains(document.activeElement);
    panel.hidden = true;
    drawn = null;
    opener?.removeAttribute("aria-expanded");
    if (inside) (opener?.isConnected ? opener : frame).focus({ preventScroll: true });
    opener = null;
    told.opened(null);
  }

  frame.querySelector("#map-close").addEventListener("click", close);
  frame.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    event.preventDefault();
    close();
  });

  return {
    close,
    /** Titles have come. */
    renew: () => drawn?.(),
    /** `quietly`: the focus stays where it is. */
    showRows(rows, mark, quietly = false) {
      if (rows.length === 1) open(mark, () => one(rows[0]), rows[0], quietly);
      else open(mark, () => several(rows), null, quietly);
    },
    /** `region`: {name, count, covered, address}. */
    showRegion(region) {
      open(null, () => {
        heading.textContent = region.name;
        const lines = [el("p", {}, el("strong", {}, region.count))];
        if (region.covered) lines.push(el("p", {}, region.covered));
        lines.push(el("p", {}, el("a", { href: region.address }, told.words.list)));
        body.replaceChildren(...lines);
      });
    },
  };

  function one(row) {
    heading.textContent = told.title(row) ?? told.words.loading;
    const link = el("a", { class: "btn btn-primary btn-sm", href: told.address(row) }, told.words.open);
    body.replaceChildren(el("p", {}, ...about(row)), link);
  }

  function several(rows) {
    heading.textContent = told.count(rows.length);
    const lines = rows.slice(0, MOST).map((row) => card(told, row));
    const more = rows.length > MOST ? [el("p", {}, el("a", { href: told.list() }, told.more(rows.length - MOST)))] : [];
    body.replaceChildren(el("ul", {}, ...lines), ...more);
  }

  function about(row) {
    const entity = told.entity(row);
    return [...(entity ? [el("strong", {}, entity)] : []), el("span", { class: "map-about" }, told.about(row))];
  }
}

/** A row in a list: its title as a link, its entity, what it is. */
function card(told, row) {
  const lines = [told.entity(row), told.about(row)].filter(Boolean).join(" · ");
  return el("li", {}, el("a", { href: told.address(row) }, told.title(row) ?? told.about(row)), el("span", { class: "map-about" }, lines));
}

/** The cards of the rows in view. */
export function showCards(told, rows) {
  const section = document.getElementById("map-seen");
  section.hidden = !rows.length;
  section.querySelector("ul").replaceChildren(...rows.slice(0, CARDS).map((row) => card(told, row)));
  document.getElementById("map-cards-more").textContent = rows.length > CARDS ? told.more(rows.length - CARDS) : "";
}
