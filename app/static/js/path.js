// The pages of a questionnaire as one person walks them: the twin of app/fill/path.py.
// `definition` is what /compila/definizione gives, `reached` what reach.js finds.
// Not for: whether a question is asked (reach.js), or drawing.
// Holds always: pages are addressed by step and number; a page none of whose questions is reached is passed over.

const SHEETS = { practice: "pratiche", centre: "centri" };
const ITEM = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const SHEET = new RegExp(`^/compila/(pratiche|centri)/(${ITEM})(?:/(\\d+))?$`);
const STEP = /^\/compila\/([^/]+)(?:\/(\d+))?$/;

export const OVERVIEW = "/compila";
export const CHECK = "/compila/verifica";
export const SHORT = "/compila/breve";

export const stepAddress = (step, number = 1) => `/compila/${step.code}${number > 1 && !step.repeat ? `/${number}` : ""}`;
export const sheetAddress = (step, item, number = 1) => `/compila/${SHEETS[step.repeat.sheet]}/${item}${number > 1 ? `/${number}` : ""}`;

const codesOf = (page) => [...page.asked, ...page.offered];

/** {step, number, item} of the page at this path: item null outside of sheets, number 0 for a list of sheets; or null.
 *  `steps`: {STEP: [{id}]}, so that a sheet's step is found by its item. */
export function placeOf(definition, path, steps = {}) {
  const sheet = SHEET.exec(path);
  if (sheet) {
    const [, kind, item, number = "1"] = sheet;
    const alike = definition.steps.filter((step) => step.repeat && SHEETS[step.repeat.sheet] === kind);
    const step = alike.find(({ code }) => steps[code]?.some(({ id }) => id === item));
    return step && step.pages[number - 1] ? { step, number: Number(number), item } : null;
  }
  const [, code, number = "1"] = STEP.exec(path) ?? [];
  const step = definition.steps.find((one) => one.code === code);
  if (!step || !step.pages[number - 1]) return null;
  return { step, number: step.repeat ? 0 : Number(number), item: null };
}

export const isAsked = (page, reached, item = null) => codesOf(page).some((code) => reached.isReached(item ? `${item}/${code}` : code));

/** Every page of the path in order, as [step, number]; a repeated step counts once, with its list. */
function walked(definition, reached) {
  return definition.steps.filter(({ code }) => reached.steps.includes(code)).flatMap((step) => {
    if (step.repeat) return [[step, 1]];
    return step.pages.flatMap((page, index) => (isAsked(page, reached) ? [[step, index + 1]] : []));
  });
}

const order = (definition, step, number) => definition.steps.indexOf(step) * 1000 + number;

/** Where "Salva e continua" leads: the next page with a reached question, and after the last one the check. */
export function nextAddress(definition, reached, step, number) {
  const here = order(definition, step, step.repeat ? 1 : number);
  const next = walked(definition, reached).find(([other, page]) => order(definition, other, page) > here);
  return next ? stepAddress(...next) : CHECK;
}

/** The page before this one on the path; null on the first. */
export function previousAddress(definition, reached, step, number) {
  const here = order(definition, step, step.repeat ? 1 : number);
  const before = walked(definition, reached).findLast(([other, page]) => order(definition, other, page) < here);
  return before ? stepAddress(...before) : null;
}

/** The last page before the check. */
export function lastAddress(definition, reached) {
  const last = walked(definition, reached).at(-1);
  return last ? stepAddress(...last) : OVERVIEW;
}

/** [part, parts]: which of the step's pages this is, of those that are asked. */
export function partOf(step, number, reached) {
  const numbers = step.pages.flatMap((page, index) => (isAsked(page, reached) ? [index + 1] : []));
  return [Math.max(1, numbers.indexOf(number) + 1), numbers.length];
}

/** Where an answer is given, with the fragment that reaches it; of a key such as "C01" or "<item>/P01". */
export function questionAddress(definition, key) {
  const [code, item] = key.split("/").reverse();
  const step = definition.steps.find((one) => one.questions.includes(code));
  const number = step.pages.findIndex((page) => codesOf(page).includes(code)) + 1;
  return `${item ? sheetAddress(step, item, number) : stepAddress(step, number)}#q-${code}`;
}

/** Whether this is the page whose answer decides what follows. */
export const isFirst = (definition, { step, number, item }) => item === null && number === 1 && step === definition.steps[0];
