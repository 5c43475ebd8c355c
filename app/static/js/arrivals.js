// What comes from elsewhere onto a page that is open: work of an earlier visit, answers of others, decisions to take.
//
// Not for: keeping or sending (draft.js, sync.js).
// Holds always: a field in use stays as it is, and with it the revision that its editor saw; whatever changes is said.
import { canonical, line, now, OF_THE_PAGE, say, tellOnce } from "./draft.js";

/** Put fields into a question's inputs. False where one of them is not on the page (a municipality that was searched). */
export function writeFields(element, name, fields) {
  const missing = new Set((fields[""] ?? []).filter(Boolean));
  for (const input of element.querySelectorAll("input, textarea, select")) {
    if (input.name !== name && !input.name.startsWith(`${name}.`)) continue;
    const sub = input.name.slice(name.length + 1);
    if (OF_THE_PAGE.has(sub)) continue;
    const given = fields[sub] ?? [];
    if (input.type === "radio" || input.type === "checkbox") input.checked = given.includes(input.value);
    else input.value = given[0] ?? "";
    if (sub === "") missing.delete(input.type === "radio" || input.type === "checkbox" ? input.value : given[0]);
  }
  return missing.size === 0;
}

/** Lay answers (`store.answersOf`) over the questions of the page. True where one has to wait until its field is left. */
export async function layOnPage(questions, answers, conflicts) {
  const done = { changed: 0, behind: false };
  for (const question of questions) {
    const answer = answers.get(question.key);
    if (conflicts.includes(question.key)) dispute(question);
    else if (answer?.pending) layPending(question, answer);
    else if (answer && answer.revision > Number(question.base?.value ?? 0)) layChanged(question, answer, done);
  }
  if (done.changed) tellOnce(say("changed_some", { count: done.changed }));
  return done.behind;
}

/** Whether somebody's cursor stands in a text of this question. A tick has nothing unsaved about it. */
function isInUse(question) {
  const active = document.activeElement;
  const written = document.hasFocus() && question.element.contains(active) && !["radio", "checkbox"].includes(active.type);
  return question.typing || written;
}

function layPending(question, answer) {
  if (isInUse(question) || question.mine.size) return;
  writeFields(question.element, question.name, answer.fields);
  if (question.base && answer.base !== undefined) question.base.value = answer.base;
  if (answer.op_id) question.mine.add(answer.op_id);
  question.kept = now(question);
}

function layChanged(question, answer, done) {
  if (canonical(answer.fields) === now(question)) {
    if (question.base) question.base.value = answer.revision;
  } else if (isInUse(question)) {
    done.behind = true;
  } else {
    const whole = writeFields(question.element, question.name, answer.fields);
    if (whole && question.base) question.base.value = answer.revision;
    question.kept = now(question);
    done.changed += 1;
    note(question, whole ? say(answer.who ? "changed_by" : "changed", { who: answer.who }) : say("changed_elsewhere"));
  }
}

function note(question, text, link) {
  const found = question.element.querySelector(".draft-changed");
  const paragraph = found ?? question.element.appendChild(document.createElement("p"));
  paragraph.className = "draft-changed";
  paragraph.replaceChildren(text);
  if (link) paragraph.append(" ", link);
}

function dispute(question) {
  if (question.element.querySelector(".decision")) return;
  const link = document.createElement("a");
  [link.href, link.textContent] = [line.dataset.decide, say("decide")];
  note(question, say("disputed"), link);
}
