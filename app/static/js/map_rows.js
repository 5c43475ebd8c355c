// The rows of the map: what came over the wire, which of it is looked for, and what stands together at a scale.
// Twin of app/practices/finding.py for all filters but the text, whose rows the server finds; written by app/practices/map_data.py.
// Not for: drawing. Pure: no document, no network.
// Holds always: values of one filter widen, filters narrow one another; a row is in one group and once.

const CELL = 60; // pixels: the least that two groups are apart, more or less
const NEAR = 42;

/** The columns as they are used: {codes, x, y (of places), rows (of places: [first, after]), place (of rows, -1: none), columns}. */
export function readPoints(file) {
  const [x, y] = [running(file.x), running(file.y)];
  const codes = file.codes ? file.codes.split(" ") : [];
  const place = new Int32Array(codes.length).fill(-1);
  let at = 0;
  file.rows.forEach((many, number) => { for (const end = at + many; at < end; at += 1) place[at] = number; });
  return { codes, x, y, place, columns: file.columns };
}

function running(steps) {
  let sum = 0;
  return Int32Array.from(steps, (step) => (sum += step));
}

/** Values of a row in a filter's column. */
export function valuesOf(points, parameter, row) {
  const { values, sets, of } = points.columns[parameter];
  return sets[of[row]].map((at) => values[at]);
}

/** The rows that are looked for, ascending. `wanted`: parameter → values, none: whatever; `within`: a Set of rows, or null. */
export function findRows(points, wanted, within = null) {
  const tests = [];
  for (const [parameter, asked] of Object.entries(wanted)) {
    if (!asked.length) continue;
    const { values, sets, of } = points.columns[parameter];
    const good = new Set(asked.map((value) => values.indexOf(value)));
    tests.push([Uint8Array.from(sets, (set) => (set.some((at) => good.has(at)) ? 1 : 0)), of]);
  }
  let found = within === null ? Array.from(points.codes.keys()) : [...within].sort((one, other) => one - other);
  for (const [fits, of] of tests) found = found.filter((row) => fits[of[row]]);
  return found;
}

/** Value → how many of the rows have it in a filter of one value; "-" for none. */
export function countBy(points, parameter, rows) {
  const { values, sets, of } = points.columns[parameter];
  const counted = new Uint32Array(sets.length);
  for (const row of rows) counted[of[row]] += 1;
  return new Map(sets.map((set, at) => [values[set[0]] ?? "-", counted[at]]));
}

/** Rows that stand together at a scale (pixels a unit): [{key, x, y, rows}], the same wherever the map is looked at from. */
export function groupRows(points, rows, scale) {
  const cells = new Map();
  const size = CELL / scale;
  for (const row of rows) {
    const place = points.place[row];
    if (place < 0) continue;
    const [x, y] = [points.x[place], points.y[place]];
    const [column, line] = [Math.floor(x / size), Math.floor(y / size)];
    const key = column * 100_000 + line;
    let cell = cells.get(key);
    if (!cell) cells.set(key, (cell = { key, column, line, sumX: 0, sumY: 0, rows: [] }));
    cell.sumX += x;
    cell.sumY += y;
    cell.rows.push(row);
  }
  return joined(cells, NEAR / scale);
}

function joined(cells, near) {
  const gone = new Set();
  const order = [...cells.values()].sort((one, other) => other.rows.length - one.rows.length || one.key - other.key);
  for (const cell of order) {
    if (gone.has(cell.key)) continue;
    for (const [right, down] of AROUND) {
      const other = cells.get((cell.column + right) * 100_000 + cell.line + down);
      if (!other || gone.has(other.key) || other.rows.length > cell.rows.length) continue;
      if (Math.hypot(middle(cell, "sumX") - middle(other, "sumX"), middle(cell, "sumY") - middle(other, "sumY")) >= near) continue;
      gone.add(other.key);
      cell.sumX += other.sumX;
      cell.sumY += other.sumY;
      cell.rows.push(...other.rows);
    }
  }
  const kept = order.filter((cell) => !gone.has(cell.key));
  return kept.map((cell) => ({ key: cell.key, x: middle(cell, "sumX"), y: middle(cell, "sumY"), rows: cell.rows }));
}

const AROUND = [[-1, -1], [0, -1], [1, -1], [-1, 0], [1, 0], [-1, 1], [0, 1], [1, 1]];
const middle = (cell, sum) => cell[sum] / cell.rows.length;

/** The box {west, north, east, south} of rows on the plane; null where none has a position. */
export function boxOf(points, rows) {
  let box = null;
  for (const row of rows) {
    const place = points.place[row];
    if (place < 0) continue;
    const [x, y] = [points.x[place], points.y[place]];
    box ??= { west: x, north: y, east: x, south: y };
    box.west = Math.min(box.west, x);
    box.east = Math.max(box.east, x);
    box.north = Math.min(box.north, y);
    box.south = Math.max(box.south, y);
  }
  return box;
}
