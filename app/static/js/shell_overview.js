// The summary without a line: each step and sheet with its state, and where to go on.
// Not for: what the server alone knows (who else works, receipts, who answers for whom).
// Holds always: the states are those of the server's summary for the same answers.
import { CHECK, questionAddress, sheetAddress, stepAddress } from "./path.js";
import { enqueue } from "./store.js";
import { operationOf } from "./deeds.js";
import { titleOf } from "./shell_sheets.js";
import { says, words } from "./says.js";
import { review, shortPath } from "./reach.js";

/** The tag of a step's or a sheet's state, from what review() counted. */
export function stateOf(counted) {
  return words().state(stateName(counted));
}

function stateName(counted) {
  if (!counted) return "not_required";
  if (counted.wrong) return "to_review";
  if (!counted.missing) return "complete";
  return counted.answered ? "in_progress" : "not_started";
}

export async function draw(draft) {
  const found = review(draft.definition, draft.fields, draft.items);
  const list = document.querySelector("[data-shell-draws=overview] .task-list");
  const template = list.querySelector("template");
  draft.definition.steps.forEach((step, index) => list.append(task(template, stepRow(draft, found, step), `task-${index}`)));
  document.querySelector("[data-resume]").href = resume(draft, found);
  for (const form of document.querySelectorAll("[data-shell-draws=overview] form")) {
    const code = form.getAttribute("action").split("/")[2];
    form.hidden = !draft.reached.steps.includes(code);
    form.addEventListener("submit", (event) => add(event, draft));
  }
  if (location.hash === "#conservata") says("saved");
  return null;
}

async function add(event, draft) {
  event.preventDefault();
  const operation = operationOf(event.target);
  await enqueue(draft.response.response, operation);
  location.assign(sheetAddress(draft.definition.steps.find(({ code }) => code === operation.step), operation.item));
}

function stepRow(draft, found, step) {
  const say = words();
  const asked = draft.reached.steps.includes(step.code);
  const live = step.repeat ? (draft.items[step.code] ?? []).filter((row) => !row.removed) : [];
  const counted = found.states.get(step.code);
  const none = asked && step.repeat && !live.length && !step.repeat.min;
  const sheets = live.map((row) => ({
    title: titleOf(draft.fields, step, row, say.text("untitled")),
    url: sheetAddress(step, row.id),
    state: stateName(found.states.get(row.id)),
    note: lacking(found.states.get(row.id)),
  }));
  return {
    title: step.title,
    url: asked ? stepAddress(step) : null,
    state: none ? "optional" : repeatedState(step, sheets) ?? stateName(asked ? counted : null),
    note: none ? say.text("none") : step.repeat ? "" : lacking(counted),
    sheets: asked ? sheets : [],
  };
}

/** The state of a repeated step from those of its sheets. */
function repeatedState(step, sheets) {
  if (!step.repeat || !sheets.length) return null;
  const states = sheets.map(({ state }) => state);
  if (states.includes("to_review") || sheets.length > step.repeat.max) return "to_review";
  return sheets.length >= step.repeat.min && states.every((state) => state === "complete") ? "complete" : "in_progress";
}

function lacking(counted) {
  if (!counted?.missing) return "";
  return counted.missing === 1 ? words().text("lacking-one") : words().text("lacking-many", counted.missing);
}

function task(template, row, id) {
  const line = template.content.firstElementChild.cloneNode(true);
  const [link, state, note] = [line.querySelector("a"), line.querySelector(".task-state"), line.querySelector(".task-note")];
  state.replaceChildren(words().state(row.state));
  state.id = `${id}-state`;
  note.id = `${id}-note`;
  note.textContent = row.note;
  note.hidden = !row.note;
  link.textContent = row.title;
  link.setAttribute("aria-describedby", row.note ? `${state.id} ${note.id}` : state.id);
  if (row.url) link.href = row.url;
  else link.replaceWith(row.title);
  if (row.sheets?.length) {
    const below = document.createElement("ul");
    below.className = "task-list";
    row.sheets.forEach((sheet, index) => below.append(task(template, sheet, `${id}-${index}`)));
    line.append(below);
  }
  return line;
}

function resume(draft, found) {
  if (shortPath(draft.definition, draft.reached)) return "/compila/breve";
  const lacks = new Set([...found.missing, ...found.wrong, ...found.broken.map(({ key }) => key)]);
  const first = draft.reached.keys.find((key) => lacks.has(key));
  return first ? questionAddress(draft.definition, first) : CHECK;
}
