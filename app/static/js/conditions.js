// Evaluates the tree of a condition: the twin of app/questionnaire/conditions/evaluation.py; what it means stands in that package.
// Not for: parsing a condition, or knowing what an answer is (answers.js).
// Holds always: nothing is thrown and nothing changed; for the same tree and values the outcome is the server's.

/** Outcomes that are neither true nor false. A lookup gives a name's value (text, number, boolean, list of texts) or ABSENT. */
export const ABSENT = Symbol("absent");
export const DEFECT = Symbol("defect");

const kindOf = (value) => (Array.isArray(value) ? "list" : typeof value);
const isOrdered = (kind) => kind === "number" || kind === "string";
const worse = (left, right) =>
  left === DEFECT || right === DEFECT ? DEFECT : left === ABSENT || right === ABSENT ? ABSENT : undefined;

/** Below, at or above zero as `left` stands before, at or after `right` by code points, as Python compares them. */
function order(left, right) {
  const [a, b] = [[...left], [...right]];
  const at = a.findIndex((point, index) => point !== b[index]);
  if (at < 0) return a.length - b.length;
  return at < b.length ? a[at].codePointAt(0) - b[at].codePointAt(0) : 1;
}

const junction = (absorbing) => (node, lookup) => {
  let outcome = !absorbing;
  for (const part of node.slice(1)) {
    const found = value(part, lookup);
    if (found === absorbing) return absorbing;
    if (found !== !absorbing) outcome = outcome === DEFECT || found !== ABSENT ? DEFECT : ABSENT;
  }
  return outcome;
};

const binary = (operate) => (node, lookup) => {
  const [left, right] = [value(node[1], lookup), value(node[2], lookup)];
  return worse(left, right) ?? operate(left, right, kindOf(left), kindOf(right));
};

const comparison = (compare, flags = false) => binary((left, right, kind, other) => {
  if (kind !== other || !(isOrdered(kind) || (flags && kind === "boolean"))) return DEFECT;
  return kind === "string" ? compare(order(left, right), 0) : compare(left, right);
});

/** To four decimals, half up, as the server rounds after + - *; beyond the range of doubles as it is. */
function rounded(number) {
  const scaled = number * 10000 + 0.5;
  return Number.isFinite(scaled) ? Math.floor(scaled) / 10000 : number;
}

const arithmetic = (calculate) => binary((left, right, kind, other) =>
  kind === "number" && other === "number" ? rounded(calculate(left, right)) : DEFECT);

const DISPATCH = {
  or: junction(true),
  and: junction(false),
  not(node, lookup) {
    const found = value(node[1], lookup);
    return typeof found === "boolean" ? !found : found === ABSENT ? ABSENT : DEFECT;
  },
  "==": comparison((left, right) => left === right, true),
  "!=": comparison((left, right) => left !== right, true),
  "<": comparison((left, right) => left < right),
  "<=": comparison((left, right) => left <= right),
  ">": comparison((left, right) => left > right),
  ">=": comparison((left, right) => left >= right),
  in: binary((element, container, kind, other) => {
    if (!isOrdered(kind) || other !== "list" || container.some((member) => kindOf(member) !== kind)) return DEFECT;
    return container.includes(element);
  }),
  "+": arithmetic((left, right) => left + right),
  "-": arithmetic((left, right) => left - right),
  "*": arithmetic((left, right) => left * right),
  neg(node, lookup) {
    const found = value(node[1], lookup);
    return typeof found === "number" ? -found : found === ABSENT ? ABSENT : DEFECT;
  },
  value: (node) => node[1],
  list: (node) => node.slice(1),
  name: (node, lookup) => lookup(node[1]),
  answered: (node, lookup) => lookup(node[1]) !== ABSENT,
  size(node, lookup) {
    const found = lookup(node[1]);
    return Array.isArray(found) || typeof found === "string" ? [...found].length : found === ABSENT ? ABSENT : DEFECT;
  },
};

const value = (node, lookup) => DISPATCH[node[0]](node, lookup);

/** Judges a condition: true, false, ABSENT or DEFECT. */
export function outcome(tree, lookup) {
  if (tree[1].some((name) => lookup(name) === ABSENT)) return ABSENT;
  const found = value(tree[2], lookup);
  return typeof found === "boolean" || found === ABSENT ? found : DEFECT;
}

/** Whether what depends on the condition is asked: ABSENT is false; a defect of the definition leaves it visible. */
export function evaluate(tree, lookup) {
  const found = outcome(tree, lookup);
  return found === true || found === DEFECT;
}

/** Whether a check fails: only a clear false does; with an absent answer, or a defect, it is not applied. */
export const isBroken = (tree, lookup) => outcome(tree, lookup) === false;
