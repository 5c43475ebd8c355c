// The view of the map: where it looks, how it is moved by mouse, fingers, wheel, keys and buttons, and the marks on it.
// Not for: what is found (map.js) or said of it (map_panel.js).
// Holds always: a mark is a button with a name; the focus is never lost when marks change; nothing is set in a style attribute.

import { groupRows } from "./map_rows.js";

const ITALY = { west: 450, north: 330, east: 10_150, south: 13_050 };
const CLOSEST = 48; // times the scale at which the country fits
const STEP = 90; // pixels
const MARGIN = 120;
const [NARROW, BUTTONS] = [500, 52]; // in a narrow frame the buttons stand below the country
const MOVED = 5;
const AFTER = 40; // milliseconds: names are read aloud, so they may follow the frame
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", "+": "in", "=": "in", "-": "out", "−": "out", 0: "all" };
const STEPS = { left: [-STEP, 0], right: [STEP, 0], up: [0, -STEP], down: [0, STEP] };

const numbers = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: "always" });

/** The view in a frame. `on`: {name(group), kind(row), choose(group, mark), moved(view)}. */
export function createView(frame, on) {
  const land = frame.querySelector("#map-land");
  const layer = frame.querySelector("#map-marks");
  const moving = [layer, frame.querySelector("#map-names")];
  const marks = new Map();
  const state = { x: 0, y: 0, scale: 1, whole: 1, wide: 0, high: 0, points: null, rows: [], groups: new Map(), from: null, places: [] };

  function measure() {
    const { width, height } = frame.getBoundingClientRect();
    [state.wide, state.high] = [width, height];
    state.below = width < NARROW ? BUTTONS : 0;
    state.whole = Math.min(width / (ITALY.east - ITALY.west), (height - state.below) / (ITALY.south - ITALY.north));
  }

  function look(x, y, scale) {
    state.scale = Math.min(Math.max(scale, state.whole * 0.9), state.whole * CLOSEST);
    state.x = Math.min(Math.max(x, ITALY.west), ITALY.east);
    state.y = Math.min(Math.max(y, ITALY.north), ITALY.south);
    const [wide, high] = [state.wide / state.scale, state.high / state.scale];
    land.setAttribute("viewBox", `${state.x - wide / 2} ${state.y - high / 2} ${wide} ${high}`);
    const from = state.from;
    if (!from) return;
    const grown = state.scale / from.scale;
    const [right, down] = [(from.x - state.x) * state.scale, (from.y - state.y) * state.scale];
    for (const one of moving) {
      one.style.transformOrigin = `${state.wide / 2}px ${state.high / 2}px`;
      one.style.transform = `translate(${right}px, ${down}px) scale(${grown})`;
    }
  }

  function settle() {
    state.from = { x: state.x, y: state.y, scale: state.scale };
    for (const one of moving) one.style.transform = "";
    if (state.points) draw();
    on.moved(state);
  }

  /** Marks of the groups that are seen; those that stay are moved, so that the focus stays with them. */
  function draw() {
    const level = Math.round(Math.log2(state.scale / state.whole));
    if (!state.groups.has(level)) state.groups.set(level, groupRows(state.points, state.rows, state.whole * 2 ** level));
    const focused = layer.contains(document.activeElement) ? document.activeElement : null;
    const shown = new Set();
    state.places = [];
    for (const group of state.groups.get(level)) {
      const [left, top] = [(group.x - state.x) * state.scale + state.wide / 2, (group.y - state.y) * state.scale + state.high / 2];
      if (left < -MARGIN || top < -MARGIN || left > state.wide + MARGIN || top > state.high + MARGIN) continue;
      const key = `${level}:${group.key}`;
      state.places.push([left, top, radiusOf(group)]);
      shown.add(key);
      let mark = marks.get(key);
      if (!mark) {
        mark = document.createElement("button");
        mark.type = "button";
        marks.set(key, mark);
      }
      dress(mark, group);
      mark.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
      const hidden = left < 0 || top < 0 || left > state.wide || top > state.high;
      mark.tabIndex = hidden ? -1 : 0;
    }
    for (const [key, mark] of marks) {
      if (shown.has(key)) continue;
      mark.remove();
      marks.delete(key);
    }
    inOrder();
    clearTimeout(state.naming);
    state.naming = setTimeout(rename, AFTER);
    if (focused && !focused.isConnected) (nearest() ?? frame).focus({ preventScroll: true });
  }

  /** Tab goes from north to south and from west to east, in bands. */
  function inOrder() {
    const turn = ({ group }) => Math.round((group.y * state.scale) / 80) * 1e6 + group.x * state.scale;
    const order = [...marks.values()].sort((one, other) => turn(one) - turn(other));
    if (order.every((mark, at) => layer.children[at] === mark)) return;
    const focused = layer.contains(document.activeElement) ? document.activeElement : null;
    layer.append(...order);
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  function dress(mark, group) {
    mark.group = group;
    const many = group.rows.length;
    const size = many === 1 ? `map-one map-one-${on.kind(group.rows[0])}` : many < 10 ? "" : many < 100 ? "map-mark-m" : "map-mark-l";
    const dressed = `map-mark ${size}`.trim();
    if (mark.className !== dressed) mark.className = dressed;
    const text = many === 1 ? "" : numbers.format(many);
    if (mark.textContent !== text) mark.textContent = text;
    if (!mark.hasAttribute("aria-label")) mark.setAttribute("aria-label", on.name(group)); // rename() keeps it true
  }

  function rename() {
    for (const mark of marks.values()) {
      const name = on.name(mark.group);
      if (mark.getAttribute("aria-label") !== name) mark.setAttribute("aria-label", name);
    }
  }

  function nearest() {
    const far = ({ group }) => Math.hypot(group.x - state.x, group.y - state.y);
    return [...marks.values()].filter((mark) => mark.tabIndex === 0).sort((one, other) => far(one) - far(other))[0];
  }

  function go(what) {
    if (what === "all") look((ITALY.west + ITALY.east) / 2, (ITALY.north + ITALY.south + state.below / state.whole) / 2, state.whole);
    else if (what in STEPS) look(state.x + STEPS[what][0] / state.scale, state.y + STEPS[what][1] / state.scale, state.scale);
    else look(state.x, state.y, state.scale * (what === "in" ? 2 : 0.5));
    settle();
  }

  /** Zoom so that the place under a point of the frame stays under it. */
  function zoomAt(left, top, scale) {
    const [right, down] = [left - state.wide / 2, top - state.high / 2];
    const [x, y] = [state.x + right / state.scale, state.y + down / state.scale];
    const kept = Math.min(Math.max(scale, state.whole * 0.9), state.whole * CLOSEST);
    look(x - right / kept, y - down / kept, kept);
  }

  function fit(box, padding = 70) {
    const [wide, high] = [Math.max(box.east - box.west, 1), Math.max(box.south - box.north, 1)];
    const room = (length) => Math.max(length - 2 * padding, length / 3);
    look((box.west + box.east) / 2, (box.north + box.south) / 2, Math.min(room(state.wide) / wide, room(state.high) / high));
    settle();
  }

  /** Move the map so that a group does not lie under the panel that tells of it. */
  function uncover(group) {
    const [all, panel] = [frame.getBoundingClientRect(), frame.querySelector("#map-panel").getBoundingClientRect()];
    const [left, top] = [(group.x - state.x) * state.scale + state.wide / 2, (group.y - state.y) * state.scale + state.high / 2];
    if (left < panel.left - all.left - 30 || top < panel.top - all.top - 30 || top > panel.bottom - all.top + 30) return;
    const aside = panel.left - all.left > 200;
    const [x, y] = aside ? [(panel.left - all.left) / 2, state.high / 2] : [state.wide / 2, (panel.top - all.top) / 2];
    look(group.x + (state.wide / 2 - x) / state.scale, group.y + (state.high / 2 - y) / state.scale, state.scale);
    settle();
  }

  listen({ frame, layer, state, look, settle, go, zoomAt, choose: on.choose });
  new ResizeObserver(() => {
    if (!state.from) return;
    const near = state.scale / state.whole;
    measure();
    state.groups.clear();
    look(state.x, state.y, state.whole * near);
    settle();
  }).observe(frame);

  measure();
  return {
    state, fit, go, uncover,
    isClosest: () => state.scale >= state.whole * CLOSEST * 0.99,
    show(points, rows) {
      [state.points, state.rows] = [points, rows];
      state.groups.clear();
      if (state.from) {
        draw();
        on.moved(state);
      } else go("all");
    },
    rename,
    /** Where the marks are that are seen: [[left, top, radius]], in pixels of the frame. */
    places: () => state.places,
    /** The mark that stands for a row, if it is seen. */
    markOf: (row) => [...marks.values()].find((mark) => mark.group.rows.includes(row)) ?? null,
  };
}

/** Half of a mark's size in pixels, as map.css has it. */
function radiusOf({ rows: { length: many } }) {
  return many === 1 ? 12 : many < 10 ? 14 : many < 100 ? 17 : 22;
}

function listen({ frame, layer, state, look, settle, go, zoomAt, choose }) {
  const fingers = new Map();
  let start = null;
  let dragged = false;
  let wheel = 0;
  const place = (event) => {
    const box = frame.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const begin = () => {
    const held = [...fingers.values()];
    const [left, top] = [0, 1].map((axis) => held.reduce((sum, finger) => sum + finger[axis], 0) / held.length);
    const apart = held.length > 1 ? Math.hypot(held[0][0] - held[1][0], held[0][1] - held[1][1]) : 0;
    return { left, top, apart, x: state.x, y: state.y, scale: state.scale };
  };
  frame.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.closest(".map-panel, .map-controls")) return;
    fingers.set(event.pointerId, place(event));
    if (fingers.size === 1) dragged = false;
    start = begin();
  });
  frame.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, place(event));
    const now = begin();
    if (!dragged && fingers.size === 1 && Math.hypot(now.left - start.left, now.top - start.top) < MOVED) return;
    if (!dragged) {
      dragged = true;
      frame.setPointerCapture(event.pointerId);
      frame.classList.add("map-dragged");
    }
    look(start.x - (now.left - start.left) / start.scale, start.y - (now.top - start.top) / start.scale, start.scale);
    if (start.apart && now.apart) zoomAt(now.left, now.top, start.scale * (now.apart / start.apart));
  });
  const end = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (fingers.size) {
      start = begin();
      return;
    }
    frame.classList.remove("map-dragged");
    if (dragged) settle();
  };
  frame.addEventListener("pointerup", end);
  frame.addEventListener("pointercancel", end);
  frame.addEventListener("click", (event) => {
    if (dragged) {
      dragged = false;
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
  layer.addEventListener("click", (event) => {
    const mark = event.target.closest(".map-mark");
    if (mark) choose(mark.group, mark);
  });
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  frame.addEventListener("wheel", (event) => {
    if (event.target.closest(".map-panel") || !(event.ctrlKey || event.metaKey || frame.contains(document.activeElement))) return;
    event.preventDefault();
    zoomAt(...place(event), state.scale * 2 ** (-event.deltaY / (event.ctrlKey ? 120 : 400)));
    clearTimeout(wheel);
    wheel = setTimeout(settle, 120);
  }, { passive: false });
  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(".map-panel")) return;
    const what = KEYS[event.key];
    if (!what) return;
    event.preventDefault();
    go(what);
  });
  frame.querySelector("#map-controls").addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) go(button.dataset.do);
  });
}
