// A shell comes to life: the page that the service worker kept is filled from what this computer keeps (store.js).
// Not for: pages that come from the server; keeping shells (sw.js); sending (sync.js).
// Holds always: nothing is shown of a draft that is not this computer's; what is typed is kept before a page is left; whatever
// fails says so on the page, and throws nothing away.
import { definition as keptDefinition, openStore, responses, setting } from "./store.js";
import { answers } from "./onward.js";
import { placeOf } from "./path.js";
import { reach } from "./reach.js";
import { says } from "./says.js";

const PROBE = "/sw.js";
const PROBE_SECONDS = 20;
const DRAWN_BY = [
  ["form[data-shell]", "./shell_page.js"],
  ["[data-sheets]", "./shell_sheets.js"],
  ["[data-shell-draws=overview]", "./shell_overview.js"],
  ["[data-shell-draws=check]", "./shell_check.js"],
];

/** The draft that a shell shows: the response that was open last. */
async function openDraft() {
  if ((await openStore()) !== "disk") return null;
  const known = await responses();
  const active = await setting("active");
  const response = known.find((one) => one.response === active) ?? known.at(-1);
  if (!response) return null;
  const questionnaire = await questionnaireOf(response.definition);
  return questionnaire && { response, definition: questionnaire, ...(await answers(response.response)) };
}

async function questionnaireOf(digest) {
  const kept = await keptDefinition(digest);
  if (kept) return kept;
  const address = document.querySelector("[data-definition-address]")?.dataset.definitionAddress;
  const response = address?.includes(digest) ? await fetch(address).catch(() => null) : null;
  return response?.ok ? response.json() : null;
}

async function start() {
  const draft = await openDraft();
  if (!draft) return says("missing");
  draft.reached = reach(draft.definition, draft.fields, draft.items);
  draft.place = placeOf(draft.definition, location.pathname, draft.items);
  document.querySelector("[data-shell-entity]").textContent = draft.response.label ?? "";
  const [, module] = DRAWN_BY.find(([selector]) => document.querySelector(selector)) ?? [];
  const reason = module ? await (await import(module)).draw(draft) : null;
  if (reason) return says(reason);
  says("offline");
  if (!draft.response.takesAnswers || new Date(draft.response.deadline) < new Date()) says("closed");
  document.body.classList.remove("shell-waits");
  if (location.hash) document.querySelector(`#${CSS.escape(location.hash.slice(1))}`)?.scrollIntoView();
  await keepFrom(draft.response);
}

/** From here on the page is kept and sent as any other (draft.js); the token comes with the server's first refusal. */
async function keepFrom({ response, entity, label, definition, version }) {
  const { start: keep } = await import("./draft.js");
  const url = document.getElementById("draft-status").dataset.sync;
  await keep({ id: response, entity, label, definition, version, url, token: "" });
}

/** Say when the line is back, and offer the server's page at the same address. */
function watchTheLine() {
  const again = async () => {
    if (!navigator.onLine || document.visibilityState === "hidden") return;
    const answer = await fetch(PROBE, { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (answer?.ok) says("line", ["offline"]);
  };
  addEventListener("online", again);
  document.addEventListener("visibilitychange", again);
  setInterval(again, PROBE_SECONDS * 1000);
}

for (const link of document.querySelectorAll("[data-shell-again]")) link.href = location.href;
watchTheLine();
start().catch((error) => {
  says("missing");
  throw error;
});
