// What waits, laid over what the server has said: how answers and sheets stand on this computer. Pure.
//
// Not for: judging: what the server makes of it, its reply says.

/** The key of the answer that an operation is about, or null. */
const keyOf = (op) => (op.question ? (op.item ? `${op.item}/${op.question}` : op.question) : null);

/** KEY → {fields, revision, who, at, pending, base?, op_id?} from the rows of `answers` and the waiting operations, in their order. */
export function layAnswers(rows, operations) {
  const known = new Map(rows.map(({ key, response: _response, ...answer }) => [key, { ...answer, pending: false }]));
  for (const op of operations) {
    if (op.op === "set" || (op.op === "resolve" && op.decision === "edited")) {
      known.set(keyOf(op), { revision: 0, ...known.get(keyOf(op)), fields: op.fields ?? {}, pending: true, base: op.base, op_id: op.op_id });
    } else if (op.op === "duplicate") {
      copyAnswers(known, op.source, op.item);
    }
  }
  return known;
}

function copyAnswers(known, source, item) {
  for (const [key, answer] of [...known]) {
    if (key.startsWith(`${source}/`)) known.set(item + key.slice(source.length), { ...answer, revision: 0, pending: true, base: 0 });
  }
}

/** {STEP: [{id, removed, label, revision}]} from the rows of `items` and the waiting operations. */
export function layItems(rows, operations) {
  const steps = Object.fromEntries(rows.map(({ step, rows: items }) => [step, items.map((item) => ({ ...item }))]));
  for (const op of operations) if (!op.question) ARRANGE[op.op]?.(steps, op);
  return steps;
}

const listOf = (steps, id) => Object.values(steps).find((items) => items.some((item) => item.id === id));
const placeOf = (items, id) => items.findIndex((item) => item.id === id);
const fresh = (op, label = "") => ({ id: op.item, removed: false, label, revision: 0 });

function mark(steps, op, removed) {
  const item = listOf(steps, op.item)?.find((one) => one.id === op.item);
  if (item) item.removed = removed;
}

const ARRANGE = {
  add: (steps, op) => listOf(steps, op.item) || (steps[op.step] ??= []).push(fresh(op)),
  duplicate: (steps, op) => {
    const items = listOf(steps, op.source);
    if (!items || listOf(steps, op.item)) return;
    const at = placeOf(items, op.source);
    items.splice(at + 1, 0, fresh(op, items[at].label));
  },
  move: (steps, op) => {
    const items = listOf(steps, op.item);
    if (!items) return;
    const [moving] = items.splice(placeOf(items, op.item), 1);
    const at = placeOf(items, op.before);
    items.splice(at < 0 ? items.length : at, 0, moving);
  },
  delete: (steps, op) => mark(steps, op, true),
  restore: (steps, op) => mark(steps, op, false),
  resolve: (steps, op) => op.decision && mark(steps, op, op.decision === "delete"),
};
