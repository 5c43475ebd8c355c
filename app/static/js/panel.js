// What a person can do about the draft: the choice of keeping a copy, the panel with sending and the file, leaving with unsent
// work.
//
// Not for: what the status line says (draft.js).
// Holds always: signing out never drops unsent work without a word; a file is loaded only after its content has been shown.
import { exportBackup, importBackup, refusalOf } from "./backup.js";
import { addTexts, draft, flush, keepAll, letGo, say, sync } from "./draft.js";
import * as store from "./store.js";

const LEAVING = 15_000;
const FILES = "[data-draft-do=download], [data-draft-do=choose], [data-draft-leave=download]";
const line = document.getElementById("draft-status");
const byId = (id) => document.getElementById(id);
let chosen = null;
let fetching = null;

/** The markup of the panel and the dialog, fetched once. Rejects without a line, where the browser has not kept it. */
export function ready() {
  fetching ??= fetch(line.dataset.panel, { redirect: "error" })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`panel: ${answer.status}`))))
    .then(({ markup }) => {
      const parsed = new DOMParser().parseFromString(markup, "text/html");
      const content = parsed.querySelector("[data-texts]");
      byId("draft-panel").replaceChildren(content);
      document.body.append(parsed.getElementById("draft-leave"));
      addTexts(JSON.parse(content.dataset.texts));
      if (line.dataset.keep === "never") for (const one of document.querySelectorAll(FILES)) one.remove();
      wire();
    })
    .catch((error) => {
      fetching = null;
      throw error;
    });
  return fetching;
}

const many = (name, count) => say(count === 1 ? `${name}_one` : `${name}_many`, { count });

// The panel ---------------------------------------------------------------------------------------------------------------

/** Open or close the panel below the line. */
export async function togglePanel() {
  await ready();
  const button = byId("draft-more");
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  byId("draft-panel").hidden = !open;
  if (open) await fillPanel();
}

async function fillPanel() {
  if (byId("draft-panel").hidden) return;
  const count = await store.waiting(draft.id);
  const others = (await waitingOfOthers()).map((row) => say("waits_other", { label: row.label }));
  byId("draft-waits").textContent = [count ? many("waits", count) : say("nothing_waits"), ...others].join(" ");
  line.querySelector('[data-draft-do="send"]').hidden = count === 0;
}

async function waitingOfOthers() {
  const others = (await store.responses()).filter((row) => row.response !== draft.id);
  const counts = await Promise.all(others.map((row) => store.waiting(row.response)));
  return others.filter((_row, place) => counts[place] > 0);
}

const DEEDS = {
  send: async () => {
    const outcome = await (await sync()).flush(LEAVING);
    inform(outcome === "ok" && !(await store.waiting(draft.id)) ? say("sent") : say("not_sent"));
  },
  download: async () => {
    await keepAll();
    await download(draft.id);
    inform(say("downloaded"));
  },
  choose: () => byId("draft-file").click(),
  load: async () => {
    const count = await importBackup(draft.id, chosen);
    showImport("");
    inform(say("file_loaded", { count }));
    await (await sync()).send();
    if (document.querySelector("form[data-draft]")) location.reload();
  },
  forget: () => showImport(""),
};

function inform(text) {
  byId("draft-says").textContent = text;
}

/** Give a response's draft as a file. */
async function download(id) {
  const backup = await exportBackup(id);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(backup, null, 1)], { type: "application/json" }));
  link.download = say("file", { entity: backup.entity, date: backup.saved_at.slice(0, 10) });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Show what a file holds before it is loaded; refuse one that does not belong here. */
async function preview(file) {
  showImport("");
  inform("");
  let backup = null;
  try {
    backup = JSON.parse(await file.text());
  } catch {
    return inform(say("file_unreadable"));
  }
  const refusal = await refusalOf(draft.id, backup);
  if (refusal) return inform(say(`file_${refusal}`, { label: backup.label ?? "" }));
  const date = new Date(backup.saved_at).toLocaleString(`${document.documentElement.lang}-GB`, { dateStyle: "long", timeStyle: "short" });
  const values = { label: backup.label, date, count: backup.operations.length };
  if (!backup.operations.length) return inform(say("file_empty", values));
  chosen = backup;
  showImport(say("file_preview", values));
}

function showImport(text) {
  const box = byId("draft-import");
  box.querySelector("p").textContent = text;
  box.hidden = !text;
  if (text) box.querySelector("button").focus();
  else if (chosen) line.querySelector('[data-draft-do="choose"]').focus();
  if (!text) chosen = null;
}

function wire() {
  for (const button of line.querySelectorAll("[data-draft-do]")) {
    button.addEventListener("click", () => DEEDS[button.dataset.draftDo]());
  }
  byId("draft-file").addEventListener("change", (event) => {
    if (event.target.files[0]) preview(event.target.files[0]);
    event.target.value = "";
  });
  line.addEventListener("draft-shown", fillPanel);
}

// The choice --------------------------------------------------------------------------------------------------------------

/** Keep the answer to "may a copy stay on this computer". */
export async function choose(button) {
  await ready();
  const value = button.dataset.draftConsent;
  const computer = document.querySelector("[data-draft-computer]");
  if (value === "shared" && store.where() === "disk" && (await store.waiting(draft.id)) > 0) {
    const outcome = await flush();
    if (outcome !== "ok") return void (computer && (computer.querySelector("[role=status]").textContent = say("send_first")));
  }
  await store.setConsent(value);
  byId("draft-consent").hidden = true;
  if (!computer?.contains(button)) byId("draft-more").focus();
  if (value === "offline") sync().then((one) => one.pull()).catch(() => {});
  line.dispatchEvent(new CustomEvent("draft-consent", { detail: value }));
  if (computer) await showComputer(true);
}

/** Ask once that the browser does not throw the copy away. */
export async function askToStay() {
  if (!navigator.storage?.persist || (await store.setting("persisted")) !== null) return;
  const granted = await navigator.storage.persist();
  await store.setting("persisted", () => granted);
}

/** The section of /ente: what was chosen, and whether the browser has promised to keep the copy. */
export async function showComputer(now = false) {
  await ready();
  const section = document.querySelector("[data-draft-computer]");
  const [consent, trouble] = [await store.consent(), store.storageTrouble()];
  const persisted = consent === "offline" && !trouble ? await navigator.storage?.persisted?.() : null;
  const promise = persisted === null || persisted === undefined ? "" : say(persisted ? "persisted" : "not_persisted");
  section.querySelector("[data-kept]").textContent = trouble ? say(trouble) : `${say(`kept_${consent ?? "unasked"}`)} ${promise}`;
  for (const button of section.querySelectorAll("[data-draft-consent]")) button.hidden = button.dataset.draftConsent === consent;
  section.querySelector("[role=status]").textContent = "";
  section.hidden = false;
  byId("draft-consent").hidden = true;
  if (now) section.querySelector("h2").focus();
}

// Leaving -----------------------------------------------------------------------------------------------------------------

/** Sign out: at once where everything is on the server, else after a word. Resolves when the form is sent or the person stays. */
export async function signOut(form) {
  await keepAll();
  await ready();
  const others = await waitingOfOthers();
  if (await store.waiting(draft.id)) await flush().catch(() => "network");
  const count = await countAll(others);
  if (count && !(await mayLeave(count, others))) return;
  letGo();
  await store.wipe();
  form.submit();
}

async function countAll(others) {
  const counts = await Promise.all([draft.id, ...others.map((row) => row.response)].map(store.waiting));
  return counts.reduce((sum, one) => sum + one, 0);
}

/** The dialog. True: sent, downloaded or given up; false: the person stays. */
function mayLeave(count, others) {
  const dialog = byId("draft-leave");
  const labels = others.map((row) => say("waits_other", { label: row.label }));
  byId("draft-leave-text").textContent = [many("leave", count), ...labels].join(" ");
  byId("draft-leave-says").textContent = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const press = async (event) => {
      const deed = event.target.closest("[data-draft-leave]")?.dataset.draftLeave;
      if (!deed) return;
      if (deed === "send" && !(await sendAll(others))) return void (byId("draft-leave-says").textContent = say("not_sent"));
      if (deed === "download") for (const id of [draft.id, ...others.map((row) => row.response)]) if (await store.waiting(id)) await download(id);
      dialog.close(deed);
    };
    dialog.addEventListener("click", press);
    dialog.addEventListener("close", () => {
      dialog.removeEventListener("click", press);
      resolve(!["", "stay"].includes(dialog.returnValue));
    }, { once: true });
  });
}

async function sendAll(others) {
  await flush(LEAVING).catch(() => "network");
  return (await countAll(others)) === 0;
}
