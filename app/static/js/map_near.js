// What the map shows from a certain scale on: the provinces with their shades, and the names of Regions and provinces.
// Loaded when somebody comes nearer for the first time. Not for: marks (map_view.js).
// Holds always: no name lies on another or under a mark, one that has no room is left out; names and shades are for the eye, the
// page's tables say the same.

const REGIONS = 1.9; // times the whole country's scale
const PROVINCES = 4;
const [LETTER, LINE, PAD] = [7.6, 20, 10]; // pixels: of a letter, more or less, of a line, around a name
const SHARE = 0.55; // of a name's width: the least that its area is wide
const TRIES = [0, -22, 22, -44, 44, -66, 66];

/** Draws in a frame. `shapes`: the address of the provinces' shapes; a promise of {draw(view, marks)}, rejected without them. */
export async function createNear(frame, shapes) {
  const answer = await fetch(shapes);
  if (!answer.ok) throw new Error(String(answer.status));
  const paths = await answer.json();
  const [layer, names] = [frame.querySelector("#map-provinces"), frame.querySelector("#map-names")];
  const rows = new Map([...document.querySelectorAll("#map-province-table [data-province]")].map((row) => [row.dataset.province, row]));
  for (const [sign, path] of Object.entries(paths)) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
    made.setAttribute("d", path);
    made.setAttribute("class", `map-area map-province map-shade-${rows.get(sign)?.dataset.shade ?? "unknown"}`);
    layer.append(made);
  }
  const provinces = Object.entries(paths).map(([sign, path]) => ({ name: nameIn(rows.get(sign)) ?? sign, ...middleOf(path) }));
  const regions = [...frame.querySelectorAll("#map-regions [data-region]")].map((link) => {
    const row = document.querySelector(`#map-table [data-region="${link.dataset.region}"]`);
    return { name: nameIn(row) ?? "", ...middleOf(link.querySelector("path").getAttribute("d")) };
  });
  for (const all of [regions, provinces]) all.sort((one, other) => other.area - one.area);

  return {
    /** `view`: {x, y, scale, whole, wide, high}; `marks`: [[left, top, radius]], in pixels of the frame. */
    draw(view, marks) {
      const near = view.scale / view.whole;
      layer.setAttribute("display", near >= PROVINCES ? "inline" : "none");
      const shown = near >= PROVINCES ? provinces : near >= REGIONS ? regions : [];
      names.replaceChildren(...placed(shown, view, marks).map(({ name, left, top }) => {
        const made = document.createElement("span");
        made.className = "map-name";
        made.textContent = name;
        made.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px) translate(-50%, -50%)`;
        return made;
      }));
    },
  };
}

const nameIn = (row) => row?.querySelector("th").textContent;

/** The names that have room, the largest area first, and where: [{name, left, top}]. */
function placed(areas, view, marks) {
  const taken = marks.map(([left, top, radius]) => ({ left: left - radius, right: left + radius, top: top - radius, bottom: top + radius }));
  const found = [];
  for (const { name, x, y, wide, high } of areas) {
    const half = (name.length * LETTER + PAD) / 2;
    if (wide * view.scale < half * 2 * SHARE) continue;
    const [left, top] = [(x - view.x) * view.scale + view.wide / 2, (y - view.y) * view.scale + view.high / 2];
    for (const down of TRIES) {
      if (Math.abs(down) * 3 > high * view.scale) break;
      const box = { left: left - half, right: left + half, top: top + down - LINE / 2, bottom: top + down + LINE / 2 };
      if (box.left < 0 || box.top < 0 || box.right > view.wide || box.bottom > view.high || taken.some((one) => meets(one, box))) continue;
      taken.push(box);
      found.push({ name, left, top: top + down });
      break;
    }
  }
  return found;
}

const meets = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** The middle, width, height and area of the largest piece of an area's path: "M4162 4021l36 4 …z". */
function middleOf(path) {
  let largest = { area: -1 };
  for (const piece of path.split("M").slice(1)) {
    const steps = piece.match(/-?\d+/g).map(Number);
    let [x, y] = steps;
    const corners = [[x, y]];
    for (let at = 2; at + 1 < steps.length; at += 2) corners.push([(x += steps[at]), (y += steps[at + 1])]);
    let [twice, sumX, sumY] = [0, 0, 0];
    corners.forEach(([left, top], at) => {
      const [right, bottom] = corners[(at + 1) % corners.length];
      const cross = left * bottom - right * top;
      twice += cross;
      sumX += (left + right) * cross;
      sumY += (top + bottom) * cross;
    });
    const area = Math.abs(twice / 2);
    if (area <= largest.area) continue;
    const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
    const size = { wide: Math.max(...xs) - Math.min(...xs), high: Math.max(...ys) - Math.min(...ys) };
    largest = { area, x: sumX / (3 * twice), y: sumY / (3 * twice), ...size };
  }
  return largest;
}
