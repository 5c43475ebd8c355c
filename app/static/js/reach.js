// Which steps and questions are asked, and what is missing: the twin of app/questionnaire/reach.py and review.py.
// `definition` is what /compila/definizione gives; `fields` a Map from answer key ("C01", "<item>/P01") to {sub: [texts]}, as the
// inputs of the forms hold them; `items` from step code to [{id, removed}] in order.
// Not for: the words of a problem, except those of a broken check; the server says the others when the line is back.
// Holds always: an answer off the path is ignored by every later condition; a name means the answer in the same item first,
// then the response's own; the same fields and items have the same path and lack the same as on the server.
import { ABSENT, evaluate, isBroken } from "./conditions.js";
import { conditionValue, judged } from "./answers.js";

export { conditionValue };

export const answerKey = (code, item) => (item ? `${item}/${code}` : code);

const looking = (inner, outer) => (name) => inner.get(name) ?? outer.get(name) ?? ABSENT;
const NOTHING = new Map();
const idsOf = (items, step) => (items[step] ?? []).filter((item) => !item.removed).map((item) => item.id);

/** The codes that may be chosen now: those of `options_by` for the answer it depends on, all while that is absent. */
export function optionsOf(question, lookup) {
  const [control, branches] = question.options_by ?? [];
  const answer = control && lookup(control);
  return typeof answer === "string" && Object.hasOwn(branches, answer) ? branches[answer] : question.options;
}

/** The path: `steps` and `keys` in order, `isReached(key)`, and `lookup(item)` as conditions see names there. */
export function reach(definition, fields, items) {
  const mentioned = new Set(definition.mentioned);
  const outer = new Map();
  const inside = new Map();
  const [steps, keys] = [[], []];

  const walk = (step, item, values) => {
    const lookup = looking(values, outer);
    for (const code of step.questions) {
      const question = definition.questions[code];
      if (question.show_if && !evaluate(question.show_if, lookup)) continue;
      const key = answerKey(code, item);
      keys.push(key);
      if (!mentioned.has(code) || question.display) continue;
      const value = conditionValue(question, fields.get(key), optionsOf(question, lookup));
      if (value !== ABSENT) values.set(code, value);
    }
  };

  for (const step of definition.steps) {
    if (step.show_if && !evaluate(step.show_if, looking(NOTHING, outer))) continue;
    const before = keys.length;
    if (step.repeat) {
      for (const id of idsOf(items, step.code)) {
        inside.set(id, new Map());
        walk(step, id, inside.get(id));
      }
    } else walk(step, null, outer);
    if (step.repeat || keys.length > before) steps.push(step.code);
  }
  const known = new Set(keys);
  return { steps, keys, isReached: (key) => known.has(key), lookup: (item) => looking(inside.get(item) ?? NOTHING, outer) };
}

/** The short path on which the answers are ("nothing", "elsewhere"); null on the whole questionnaire. */
export function shortPath(definition, reached) {
  const found = Object.entries(definition.short_paths).find(([, condition]) => evaluate(condition, reached.lookup()));
  return found?.[0] ?? null;
}

/** What is missing and what is wrong, by key and in order.
 *  `missing`: required, reached and unanswered; `wrong`: answered so that it cannot be taken; `broken`: [{key, message}] of checks
 *  that fail; `items`: [{step, count, min, max}] where there are too few or too many; `complete`: nothing of all this;
 *  `states`: {answered, missing, wrong} counted for each reached step and item, by step code and item id. */
export function review(definition, fields, items) {
  const reached = reach(definition, fields, items);
  const found = { reached, missing: [], wrong: [], broken: [], items: [], states: new Map() };
  for (const step of definition.steps.filter(({ code }) => reached.steps.includes(code))) {
    if (!step.repeat) {
      found.states.set(step.code, reviewPart(definition, fields, step, null, found));
      continue;
    }
    const ids = idsOf(items, step.code);
    const { min, max } = step.repeat;
    if (ids.length < min || ids.length > max) found.items.push({ step: step.code, count: ids.length, min, max });
    const parts = ids.map((id) => [id, reviewPart(definition, fields, step, id, found)]);
    for (const [id, state] of parts) found.states.set(id, state);
    const total = (name) => parts.reduce((sum, [, state]) => sum + state[name], 0);
    found.states.set(step.code, { answered: total("answered"), missing: total("missing"), wrong: total("wrong") });
  }
  found.complete = !(found.missing.length + found.wrong.length + found.broken.length + found.items.length);
  return found;
}

function reviewPart(definition, fields, step, item, found) {
  const lookup = found.reached.lookup(item);
  const state = { answered: 0, missing: 0, wrong: 0 };
  for (const code of step.questions) {
    const question = definition.questions[code];
    const key = answerKey(code, item);
    if (question.display || !found.reached.isReached(key)) continue;
    const answer = judged(question, fields.get(key), optionsOf(question, lookup)).state;
    if (answer === "blank") {
      if (!question.required) continue;
      state.missing += 1;
      found.missing.push(key);
      continue;
    }
    state.answered += 1;
    if (answer === "wrong") found.wrong.push(key);
    const checks = [...(question.checks ?? []), ...definition.checks.filter(({ at }) => at === code)];
    const failed = checks.filter(({ condition }) => isBroken(condition, lookup));
    found.broken.push(...failed.map(({ message }) => ({ key, message })));
    if (answer === "wrong" || failed.length) state.wrong += 1;
  }
  return state;
}
