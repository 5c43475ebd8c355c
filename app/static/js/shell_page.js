// A page of questions without a line: filled from the store, shown and hidden as one types, left when all is kept.
// Not for: keeping what is typed (draft.js), or the meaning of an answer (reach.js).
// Holds always: "Salva e continua" leaves only when all that was typed is in the outbox; a hidden question keeps what it holds.
import { OVERVIEW, partOf, previousAddress, sheetAddress, stepAddress } from "./path.js";
import { answerKey, optionsOf, reach } from "./reach.js";
import { writeFields } from "./arrivals.js";
import { keepAll, letGo, readFields } from "./draft.js";
import { onward } from "./onward.js";
import { offerSearch, showChosen, wantsSearch } from "./shell_search.js";

/** Draw the page; a reason why it cannot be shown, or nothing. */
export async function draw(draft) {
  const form = document.querySelector("form[data-shell]");
  const isShort = form.dataset.shell === "breve";
  if (!isShort) {
    if (!draft.place) return "gone";
    const { step, item } = draft.place;
    const sheet = item && draft.items[step.code]?.find(({ id }) => id === item);
    if (item && (!sheet || sheet.removed)) return "gone";
    if (!draft.reached.steps.includes(step.code)) return "unasked";
  }
  const page = new ShellPage(form, draft, isShort ? null : draft.place);
  await page.fill();
  page.show();
  page.head();
  form.action = location.pathname;
  form.addEventListener("input", () => page.show());
  form.addEventListener("change", () => page.show());
  form.addEventListener("submit", (event) => page.submit(event));
  return null;
}

const isWritten = (fields) => Object.values(fields).some((texts) => texts.some((text) => text.trim()));

class ShellPage {
  constructor(form, draft, place) {
    this.form = form;
    this.draft = draft;
    this.place = place;
    this.item = place?.item ?? null;
    this.codes = [...form.querySelectorAll("[data-question]")].map((one) => one.dataset.question);
    if (this.item) form.dataset.item = this.item;
    for (const part of form.querySelectorAll("[data-question]")) part.dataset.type = this.question(part.dataset.question).type;
  }

  question(code) {
    return this.draft.definition.questions[code];
  }

  keyOf(code) {
    return answerKey(code, this.item);
  }

  read(code) {
    return readFields(this.form, code);
  }

  async fill() {
    for (const part of this.form.querySelectorAll("[data-question]")) {
      const code = part.dataset.question;
      const kept = this.draft.kept.get(this.keyOf(code));
      await showChosen(this.form, code, kept?.fields[""] ?? []);
      writeFields(part, code, kept?.fields ?? {});
      const base = this.form.elements.namedItem(`${code}.base`);
      if (base) base.value = (kept?.pending ? kept.base : kept?.revision) ?? 0;
    }
    for (const details of this.form.querySelectorAll("details")) {
      if ([...details.querySelectorAll("[data-question]")].some((one) => isWritten(this.read(one.dataset.question)))) details.open = true;
    }
    const asked = new URLSearchParams(location.search);
    if (this.codes.includes(asked.get("cerca"))) await offerSearch(this.form, asked.get("cerca"), asked.get("testo"));
  }

  /** The path as the page has it now. */
  reachedNow() {
    const fields = new Map(this.draft.fields);
    for (const code of this.codes) fields.set(this.keyOf(code), this.read(code));
    return reach(this.draft.definition, fields, this.draft.items);
  }

  /** Show what is asked now, and of a list that depends on another answer what is offered now. */
  show() {
    const reached = this.reachedNow();
    for (const part of this.form.querySelectorAll("[data-question]")) {
      const code = part.dataset.question;
      part.hidden = !reached.isReached(this.keyOf(code));
      const question = this.question(code);
      if (!question.options_by) continue;
      const offered = optionsOf(question, reached.lookup(this.item));
      for (const control of part.querySelectorAll(`input[name="${code}"]`)) {
        control.closest(".form-check").hidden = !offered.includes(control.value) && !control.checked;
      }
    }
    for (const details of this.form.querySelectorAll("details.disclosure:not(.disclosure-help)")) {
      details.hidden = ![...details.querySelectorAll("[data-question]")].some((one) => !one.hidden);
    }
    this.reached = reached;
  }

  /** Where one is, and what the sheet is called. */
  head() {
    if (!this.place) return;
    const { definition } = this.draft;
    const { step, number, item } = this.place;
    const place = document.querySelector("[data-place]");
    if (place) {
      const [part, parts] = partOf(step, number, this.reached);
      place.textContent = place.dataset.place.replace("{place}", this.reached.steps.indexOf(step.code) + 1).replace("{places}", this.reached.steps.length);
      if (parts > 1 && place.dataset.part) place.textContent += ` · ${place.dataset.part.replace("{part}", part).replace("{parts}", parts)}`;
    }
    const title = item && this.draft.fields.get(answerKey(step.repeat.label_from, item))?.[""]?.[0];
    if (title) {
      for (const line of document.querySelectorAll("[data-sheet-title], .breadcrumb-item.active")) line.textContent = title;
    }
    const back = document.querySelector("a.page-back");
    const before = item ? (number > 1 ? sheetAddress(step, item, number - 1) : stepAddress(step)) : previousAddress(definition, this.reached, step, number);
    if (back) Object.assign(back, { href: before ?? OVERVIEW, hidden: !before });
  }

  async submit(event) {
    event.preventDefault();
    const button = event.submitter;
    const searched = button?.name === "search" ? button.value : button?.value !== "esci" && wantsSearch(this.form, this.codes);
    await keepAll();
    if (searched) return offerSearch(this.form, searched);
    letGo();
    location.assign(await onward(this.draft, this.place, button?.value));
    return undefined;
  }
}
