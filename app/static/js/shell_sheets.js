// The list of a step's sheets without a line: add, duplicate, move, delete and restore, through the outbox.
// Not for: what stands in a sheet (shell_page.js).
// Holds always: the list is drawn from the store after each deed; the focus stays where the person is.
import { nextAddress, previousAddress, sheetAddress } from "./path.js";
import { answers } from "./onward.js";
import { says } from "./says.js";
import { answerKey, reach, review } from "./reach.js";
import { actionOf, operationOf } from "./deeds.js";
import { enqueue } from "./store.js";
import { stateOf } from "./shell_overview.js";

const DONE = ["duplica", "sposta", "elimina", "ripristina"];

/** What a sheet is called: the answer that names it, else what the server said, else that it has no name yet. */
export const titleOf = (fields, step, { id, label }, untitled) => fields.get(answerKey(step.repeat.label_from, id))?.[""]?.[0] || label || untitled;

export async function draw(draft) {
  const { step } = draft.place ?? {};
  if (!step?.repeat || !draft.reached.steps.includes(step.code)) return "unasked";
  redraw(draft);
  document.querySelector("main").addEventListener("submit", (event) => {
    event.preventDefault();
    act(draft, event.target);
  });
  return null;
}

async function act(draft, form) {
  const operation = operationOf(form);
  if (!operation) return;
  await enqueue(draft.response.response, operation);
  if (operation.op === "add") return void location.assign(sheetAddress(draft.place.step, operation.item));
  const label = form.querySelector("button").textContent.trim();
  Object.assign(draft, await answers(draft.response.response));
  draft.reached = reach(draft.definition, draft.fields, draft.items);
  redraw(draft);
  const action = actionOf(form);
  says(action, DONE.filter((one) => one !== action));
  const same = [...document.querySelectorAll("main form button")].find((one) => one.textContent.trim() === label && !one.closest("[hidden]"));
  (same ?? document.querySelector(".sheet-list .sheet-name a") ?? document.querySelector("main")).focus();
}

function redraw(draft) {
  const { definition, fields, items, place: { step } } = draft;
  const rows = items[step.code] ?? [];
  const live = rows.filter((row) => !row.removed);
  const removed = rows.filter((row) => row.removed);
  const found = review(definition, fields, items);
  const list = document.querySelector("[data-sheets]");
  const bin = document.querySelector("[data-removed]");
  fillList(list, live.map((row, index) => (line) => {
    line.querySelector(".tag").replaceWith(stateOf(found.states.get(row.id)));
    const [up, down] = line.querySelectorAll('form[action$="/sposta"]');
    up.hidden = index === 0;
    down.hidden = index === live.length - 1;
    if (index) up.elements.before.value = live[index - 1].id;
    down.elements.before.value = live[index + 2]?.id ?? "";
    name(line, step, row, fields);
  }));
  fillList(bin.querySelector("ul"), removed.map((row) => (line) => name(line, step, row, fields)));
  list.hidden = !live.length;
  bin.hidden = !removed.length;
  document.querySelector("[data-no-sheets]").hidden = live.length > 0;
  const full = live.length >= Number(list.dataset.most);
  document.querySelector("[data-full]").hidden = !full;
  document.querySelector('form[action$="/schede"]').hidden = full;
  const place = document.querySelector("[data-place]");
  const { steps } = draft.reached;
  place.textContent = place.dataset.place.replace("{place}", steps.indexOf(step.code) + 1).replace("{places}", steps.length);
  document.querySelector(".page-actions a.btn").href = nextAddress(definition, draft.reached, step, 1);
  const before = previousAddress(definition, draft.reached, step, 1);
  Object.assign(document.querySelector("a.page-back"), { href: before ?? "/compila", hidden: !before });
}

/** One clone of the list's template for each row, whose words are put in by its own function. */
function fillList(list, drawers) {
  const template = list.querySelector("template");
  for (const line of [...list.children]) if (line !== template) line.remove();
  for (const drawLine of drawers) {
    const line = template.content.firstElementChild.cloneNode(true);
    drawLine(line);
    list.append(line);
  }
}

function name(line, step, row, fields) {
  const place = line.querySelector(".sheet-name");
  const link = place.querySelector("a");
  const title = titleOf(fields, step, row, (link ?? place).textContent.trim());
  (link ?? place).textContent = title;
  if (link) link.href = sheetAddress(step, row.id);
  for (const form of line.querySelectorAll("form")) {
    form.action = form.getAttribute("action").replace(/[0-9a-f-]{36}/, row.id);
    form.querySelector(".visually-hidden").textContent = ` ${title}`;
  }
}
