// Where "Salva e continua" leads without a line, on a shell and on a page of the server whose line has gone.
// Not for: keeping what was typed, which comes first (draft.js).
// Holds always: the address is the one that the server would lead to for the same answers.
import { OVERVIEW, SHORT, isFirst, nextAddress, placeOf, sheetAddress, stepAddress } from "./path.js";
import { answersOf, definition, itemsOf, response } from "./store.js";
import { reach, shortPath } from "./reach.js";

export const LEFT = `${OVERVIEW}#conservata`;

/** What is answered now: `kept` as store.js gives it, `fields` as reach.js reads them, the sheets. */
export async function answers(id) {
  const kept = await answersOf(id);
  return { kept, fields: new Map([...kept].map(([key, answer]) => [key, answer.fields])), items: await itemsOf(id) };
}

/** The address after this place. `draft`: {response, definition}; `pressed`: the value of the button. */
export async function onward(draft, place, pressed) {
  if (pressed === "esci" || !place) return LEFT;
  const { step, number, item } = place;
  if (item) return pressed === "dettagli" ? sheetAddress(step, item, number + 1) : stepAddress(step);
  const { fields, items } = await answers(draft.response.response);
  const reached = reach(draft.definition, fields, items);
  if (isFirst(draft.definition, place) && shortPath(draft.definition, reached)) return SHORT;
  return nextAddress(draft.definition, reached, step, number);
}

/** The address after this page of the server, for the button that was pressed; null where this computer could not show it. */
export async function onwardHere(id, form, button) {
  const known = await response(id);
  const questionnaire = known && (await definition(known.definition));
  if (!questionnaire || !navigator.serviceWorker?.controller) return null;
  const place = placeOf(questionnaire, location.pathname, await itemsOf(id));
  const code = searchedFor(form, button);
  if (!code) return onward({ response: known, definition: questionnaire }, place, button?.value);
  const asked = new URLSearchParams({ cerca: code, testo: form.elements[`${code}.search`].value });
  return `${location.pathname}?${asked}#q-${code}`;
}

/** The question whose search was asked for: by its button, or by a name that was typed and not looked for. */
function searchedFor(form, button) {
  if (button?.name === "search") return button.value;
  const boxes = button?.value === "esci" ? [] : form.querySelectorAll('input[name$=".search"]');
  const codes = [...boxes].filter(({ value }) => value.trim()).map(({ name }) => name.replace(/\.search$/, ""));
  return codes.find((code) => form.elements[`${code}.search`].value.trim() !== form.elements[`${code}.searched`]?.value.trim());
}
