// The check without a line: what is missing or wrong, as links to where it is mended. Sending waits for the line.
// Not for: every answer to read again, which the server's page shows.
// Holds always: what stands here is what the server would find for the same answers; it alone decides.
import { lastAddress, questionAddress, stepAddress } from "./path.js";
import { review } from "./reach.js";
import { titleOf } from "./shell_sheets.js";
import { words } from "./says.js";

export async function draw(draft) {
  const found = review(draft.definition, draft.fields, draft.items);
  const rows = lackingRows(draft, found);
  const section = document.querySelector("[data-lacking]");
  const list = section.querySelector("ul");
  const template = list.querySelector("template");
  for (const row of rows) {
    const line = template.content.firstElementChild.cloneNode(true);
    line.querySelector("[data-sheet]").textContent = row.sheet ? `${row.sheet}: ` : "";
    Object.assign(line.querySelector("a"), { href: row.url, textContent: row.text });
    line.querySelector("[data-why]").textContent = row.why;
    list.append(line);
  }
  section.hidden = !rows.length;
  document.querySelector("[data-complete]").hidden = rows.length > 0;
  document.querySelector("a.page-back").href = lastAddress(draft.definition, draft.reached);
  return null;
}

function lackingRows(draft, found) {
  const say = words();
  const why = new Map([...found.missing.map((key) => [key, say.text("missing")]), ...found.wrong.map((key) => [key, say.text("wrong")])]);
  for (const { key, message } of found.broken) if (!why.has(key)) why.set(key, message);
  const rows = draft.reached.keys.filter((key) => why.has(key)).map((key) => {
    const [code, item] = key.split("/").reverse();
    const step = draft.definition.steps.find((one) => one.questions.includes(code));
    const sheet = item ? titleOf(draft.fields, step, draft.items[step.code].find(({ id }) => id === item), say.text("untitled")) : "";
    return { sheet, text: draft.definition.questions[code].label, why: why.get(key), url: questionAddress(draft.definition, key) };
  });
  for (const { step: code, count, min } of found.items) {
    const step = draft.definition.steps.find((one) => one.code === code);
    rows.push({ sheet: "", text: step.title, why: say.text(count < min ? "few" : "many"), url: stepAddress(step) });
  }
  return rows;
}
