// Keeps what is typed, as it is typed, and says where it is. The entry of every page of the entity.
//
// Not for: sending (sync.js), the panel and the dialog (panel.js), pages without a line (offline.js).
// Holds always: "Salvato" is said only when the server has said so, "su questo computer" only when the disk has; a field that
// somebody is editing is never changed under their hands; without scripts, or where this one fails, the form works as ever.
import * as store from "./store.js";

const PAUSE = 2000;
const BATCH = 250;
const FLUSH = 3000;
const SLOW = 3000;
const LATER = 2500;
const SYNC_AGAIN = 10_000;
const WITHOUT_LINE = new Set(["network", "fault", "strange"]);
export const OF_THE_PAGE = new Set(["base", "scelta", "seen", "search", "searched"]);

export const line = document.getElementById("draft-status");
const form = document.querySelector("form[data-draft]");
const texts = line ? JSON.parse(line.dataset.texts) : {};
export const draft = { id: 0, entity: "", label: "", url: "", token: "" };
const state = { typing: 0, waiting: 0, refused: 0, outcome: "ok", since: 0, sent: null, late: false, conflicts: [], stays: false, behind: false };
const questions = new Map();
let leaving = false;
let keeping = Promise.resolve();

/** A text with its places filled: say("saved_at", {time}). */
export function say(name, values = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
}

/** More texts, for what comes later. */
export function addTexts(more) {
  Object.assign(texts, more);
}

// The line that says where everything is ----------------------------------------------------------------------------------

let shownKind = "saved";

function kindNow() {
  if (!state.waiting && !state.typing) return state.late ? "late" : state.conflicts.length ? "decision" : "saved";
  const stuck = state.outcome !== "ok" || state.refused === state.waiting || Date.now() - state.since > SLOW;
  if (state.typing || !stuck) return "saving";
  return store.where() === "disk" ? "here" : "unsaved";
}

function show() {
  const kind = kindNow();
  const stuck = kind === "here" || kind === "unsaved";
  const why = stuck || state.stays ? reason() : "";
  const trouble = store.storageTrouble() && stuck ? say(store.storageTrouble()) : stuck && kind === "unsaved" ? say("keep_open") : "";
  line.dataset.state = kind;
  const reasons = [why, trouble || (state.stays ? say("stays") : "")].filter(Boolean).join(" ");
  put("draft-text", `${kind === "saved" || kind === "decision" ? savedText() : say(kind)}${reasons && "."}`);
  put("draft-why", reasons);
  offerLink(stuck && { signed_out: "sign_in_link", operator_unknown: "operator_link" }[state.outcome]);
  document.getElementById("draft-decision").hidden = !state.conflicts.length;
  announce(kind, why);
  line.dispatchEvent(new CustomEvent("draft-shown"));
}

function reason() {
  if (state.refused && state.refused === state.waiting) return say("refused");
  if (state.outcome === "operator_unknown") return say("operator");
  return say(state.outcome in texts ? state.outcome : "fault", { label: draft.label });
}

function savedText() {
  if (!state.sent) return say("saved");
  const language = `${document.documentElement.lang}-GB`; // English as in Europe: hours up to 24, the day before the month
  const today = state.sent.toDateString() === new Date().toDateString();
  if (today) return say("saved_at", { time: state.sent.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" }) });
  return say("saved_on", { date: state.sent.toLocaleDateString(language, { day: "numeric", month: "long" }) });
}

function offerLink(name) {
  const found = document.getElementById("draft-link");
  if (!name) return found?.remove();
  if (found?.textContent === say(name)) return;
  const link = Object.assign(found ?? document.createElement("a"), { id: "draft-link", target: "_blank", rel: "noopener" });
  link.textContent = say(name);
  document.getElementById("draft-why").after(" ", link);
  const target = name === "sign_in_link" ? `${line.dataset.signIn}?ente=${encodeURIComponent(draft.entity)}` : line.dataset.operator;
  link.href = `${target}${target.includes("?") ? "&" : "?"}next=${encodeURIComponent(line.dataset.overview)}`;
}

function put(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
}

/** Only changes of state are read out, and "saving" is none. */
function announce(kind, why) {
  if (kind === "saving" || `${kind}${why}` === shownKind) return;
  shownKind = `${kind}${why}`;
  put("draft-live", `${say(kind)}. ${why}`);
}

/** Say something once, politely. */
export function tellOnce(text) {
  put("draft-live", text);
}

async function count() {
  const rows = await store.waitingRows(draft.id);
  const before = state.waiting;
  state.waiting = rows.length;
  state.refused = rows.filter((row) => row.refused).length;
  if (!before && state.waiting) {
    state.since = Date.now();
    setTimeout(show, SLOW + 100);
  }
  show();
}

// The form ----------------------------------------------------------------------------------------------------------------

/** What a question's inputs hold, as a form would post them: {"": [texts], sub: [texts]}. */
export function readFields(from, name) {
  const fields = {};
  for (const [input, text] of new FormData(from)) {
    if (input !== name && !input.startsWith(`${name}.`)) continue;
    const sub = input.slice(name.length + 1);
    if (!OF_THE_PAGE.has(sub)) (fields[sub] ??= []).push(text);
  }
  return fields;
}

/** Fields as they are compared: what a form posts and what a server fills differ in empty boxes and ends of lines. */
export const canonical = (fields) =>
  JSON.stringify(Object.entries(fields)
    .map(([sub, given]) => [sub, given.map((text) => text.replace(/\r\n?/g, "\n").trim()).filter(Boolean)])
    .filter(([, given]) => given.length)
    .sort(([a], [b]) => (a < b ? -1 : 1)));

const keyOf = (name) => (form.dataset.item ? `${form.dataset.item}/${name}` : name);
export const now = (question) => canonical(readFields(form, question.name));

/** Watch the form: its questions as they stand are what the server has. Called again by offline.js once it has filled them. */
export function watch() {
  const watched = questions.size > 0;
  questions.clear();
  for (const element of form.querySelectorAll("[data-question]")) {
    const name = element.dataset.question;
    const base = form.elements[`${name}.base`];
    const question = { name, element, base, key: keyOf(name), timer: 0, typing: false, mine: new Set(), seen: [] };
    question.kept = now(question);
    questions.set(name, question);
  }
  if (watched) return;
  form.addEventListener("input", (event) => of(event, typed));
  form.addEventListener("change", (event) => of(event, keep));
  form.addEventListener("focusout", (event) => of(event, keep).then(() => state.behind && setTimeout(takeOver)));
}

async function of(event, what) {
  const question = questions.get(event.target.closest("[data-question]")?.dataset.question);
  const sub = question && event.target.name.slice(question.name.length + 1);
  if (question && !OF_THE_PAGE.has(sub)) await what(question);
}

function typed(question) {
  clearTimeout(question.timer);
  setTyping(question, now(question) !== question.kept);
  // Where two answers already wait for a decision, a third is kept only when the field is left.
  if (question.typing && !state.conflicts.includes(question.key)) question.timer = setTimeout(keep, PAUSE, question);
}

function setTyping(question, typing) {
  state.typing += Number(typing) - Number(question.typing);
  question.typing = typing;
  if (typing) state.stays = false;
  show();
}

/** Put a question's fields into the outbox, if they changed since. Resolves once they are kept. */
function keep(question) {
  clearTimeout(question.timer);
  const fields = readFields(form, question.name);
  const text = canonical(fields);
  if (text === question.kept) return Promise.resolve(setTyping(question, false));
  const before = question.kept;
  question.kept = text;
  setTyping(question, true);
  keeping = keeping.then(() => enqueue(question, fields)).catch((error) => {
    question.kept = before;
    state.outcome = "fault";
    console.error(error);
  }).then(() => setTyping(question, now(question) !== question.kept));
  return keeping;
}

async function enqueue(question, fields) {
  const op = { op: "set", question: question.name, item: form.dataset.item || null, seen: question.seen, fields };
  if (question.base) op.base = Number(question.base.value) || 0;
  question.mine.add(await store.enqueue(draft.id, op));
  if (store.where() === "disk") panel().then((one) => one.askToStay()).catch(() => {});
  await count();
  setTimeout(() => sync().then((one) => one.send()).catch(() => {}), BATCH);
}

/** Keep all that is typed on the page. */
export async function keepAll() {
  for (const question of questions.values()) if (now(question) !== question.kept) keep(question);
  await keeping;
}

// What has become of it ---------------------------------------------------------------------------------------------------

/** A revision of ours is what the page shows from now on, so that the form's own post is no second person; and of two values of
 *  ours that are in dispute, the later takes the earlier's place. */
function rebase(settled) {
  for (const { op_id, key, outcome, base, seen } of settled) {
    const question = [...questions.values()].find((one) => one.key === key);
    if (!question?.mine.delete(op_id)) continue;
    question.seen = seen;
    if (outcome === "applied" && question.base) question.base.value = base;
  }
}

/** Lay over the page what waits since an earlier visit, and what others have changed. */
async function takeOver() {
  if (!form || !questions.size) return;
  const { layOnPage } = await import("./arrivals.js");
  state.behind = await layOnPage([...questions.values()], await store.answersOf(draft.id), state.conflicts);
}

// Sending -----------------------------------------------------------------------------------------------------------------

let starting = null;
let failed = 0;

/** The one that sends, loaded when there is something to send. */
export function sync() {
  starting ??= import(failed ? `./sync.js?${failed}` : "./sync.js").then(({ startSync }) => startSync(draft, hear)).catch((error) => {
    starting = null;
    failed += 1; // browsers remember that a module could not be loaded
    state.outcome = "network";
    setTimeout(() => state.waiting && sync().then((one) => one.send()).catch(() => {}), SYNC_AGAIN);
    show();
    throw error;
  });
  return starting;
}

async function hear({ outcome, settled, reply, late }) {
  if (outcome) state.outcome = outcome;
  if (outcome === "ok") state.stays = false;
  if (late) state.late = true;
  if (settled) {
    rebase(settled);
    if (settled.some((one) => one.outcome === "applied")) Object.assign(state, { sent: new Date(), late: false });
    if (reply) await afterReply(reply);
  }
  await count();
}

async function afterReply(reply) {
  for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = reply.token;
  state.conflicts = reply.changes.conflicts;
  const concerned = [...questions.values()].some(({ key, base }) =>
    state.conflicts.includes(key) || reply.changes.answers[key]?.revision > Number(base?.value ?? 0));
  if (concerned) await takeOver();
}

/** Whether something is nowhere but in this page. */
export const onlyHere = () => state.typing > 0 || (state.waiting > 0 && store.where() === "memory");

/** Send all now, typed or waiting; wait for it at most this long. */
export async function flush(milliseconds = FLUSH) {
  await keepAll();
  const one = await sync().catch(() => null);
  return one ? one.flush(milliseconds) : "network";
}

/** "Salva e continua", and any other form of the page: what waits goes first, so that the post meets no revision of its own
 *  and nothing is submitted without it. Where it does not go, the page stays; pressed again, the form is sent as it is. */
function submit(event) {
  const posted = event.target;
  const changed = [...questions.values()].some((question) => now(question) !== question.kept);
  if (event.defaultPrevented || posted.method !== "post" || posted.dataset.signOut !== undefined) return;
  if (leaving || (navigator.onLine && !changed && !state.typing && !state.waiting)) return letGo();
  event.preventDefault();
  if (posted.dataset.busy) return;
  posted.dataset.busy = "1";
  const pressedAgain = state.stays && state.outcome !== "network";
  flush().catch((error) => console.error(error)).then(async (outcome) => {
    delete posted.dataset.busy;
    if (pressedAgain || !outcome || outcome === "ok" || outcome === "slow") return goOn(posted, event.submitter);
    if (WITHOUT_LINE.has(outcome) && posted === form && (await goOnWithoutLine(event.submitter))) return undefined;
    return stay();
  });
}

/** Where this computer can show the next page by itself, go there; what was typed is kept and waits. */
async function goOnWithoutLine(submitter) {
  if (store.where() !== "disk" || line.dataset.offline !== "ready") return false;
  const address = await import("./onward.js").then((one) => one.onwardHere(draft.id, form, submitter)).catch(() => null);
  if (!address) return false;
  letGo();
  location.assign(address);
  return true;
}

function goOn(posted, submitter) {
  letGo();
  posted.requestSubmit(submitter);
}

function stay() {
  state.stays = true;
  show();
  line.scrollIntoView({ block: "nearest" });
  document.getElementById("draft-more").focus();
}

// Beginning ---------------------------------------------------------------------------------------------------------------

const panel = () => import("./panel.js");

function listenToPage() {
  if (!document.querySelector("[data-shell]")) document.addEventListener("submit", submit);
  addEventListener("beforeunload", (event) => {
    if (!leaving && onlyHere()) event.preventDefault();
  });
  addEventListener("pagehide", () => { keepAll(); });
  addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted) sync().then((one) => one.pull());
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keepAll());
  // The line is back before what sends could be loaded; once it is, it listens by itself.
  addEventListener("online", () => !starting && state.waiting && sync().then((one) => one.send()).catch(() => {}));
  document.getElementById("draft-more").addEventListener("click", () => panel().then((one) => one.togglePanel()));
  document.querySelector("form[data-sign-out]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    panel().then((one) => one.signOut(event.target)).catch(() => (state.waiting || state.typing ? stay() : event.target.submit()));
  });
  for (const button of document.querySelectorAll("[data-draft-consent]")) {
    button.addEventListener("click", () => panel().then((one) => one.choose(button)));
  }
  store.listen(async (message) => {
    if (message.type === "changed" && message.response === draft.id) {
      rebase(message.settled ?? []);
      state.conflicts = (await store.response(draft.id))?.conflicts ?? state.conflicts;
      await takeOver();
    }
    await count();
  });
}

/** Let go of the page without asking; where it stays after all, ask again. */
export function letGo() {
  leaving = true;
  setTimeout(() => { leaving = false; }, 10_000);
}

/** Begin for this response. Pages from the server call it by themselves, offline.js for a shell. */
export async function start(about) {
  Object.assign(draft, about);
  if (form && !questions.size) watch();
  listenToPage();
  await store.openStore();
  await store.know({ response: draft.id, entity: draft.entity, label: draft.label, definition: about.definition, version: about.version });
  const known = await store.response(draft.id);
  await count();
  line.hidden = false;
  document.getElementById("draft-consent").hidden = (await store.consent()) !== null || Boolean(store.storageTrouble());
  if (state.waiting) await takeOver();
  const behind = store.where() === "disk" && known.version < about.version;
  const begin = () => sync().then((one) => (behind ? one.pull() : state.waiting && one.send())).catch(() => {});
  setTimeout(begin, state.waiting ? 0 : LATER);
  if (line.dataset.response) {
    const ready = () => import("./offline_ready.js").then((one) => one.readyOffline(line)).catch(() => {});
    line.addEventListener("draft-consent", ready);
    setTimeout(ready, LATER);
  }
  setTimeout(() => panel().then((one) => one.ready()).catch(() => {}), LATER);
  if (document.querySelector("[data-draft-computer]")) panel().then((one) => one.showComputer());
  if (location.hash === "#esci") panel().then((one) => one.signOut(document.querySelector("form[data-sign-out]")));
  store.tell("state", draft.id); // a tab that waits for a sign-in goes on
}

if (line?.dataset.response && !document.querySelector("[data-shell]")) {
  const { response, entity, label, definition, version, saved, conflicts, sync: url } = line.dataset;
  state.sent = saved ? new Date(saved) : null;
  state.conflicts = Array(Number(conflicts)).fill("");
  const token = document.querySelector("input[name=csrf_token]")?.value ?? "";
  start({ id: Number(response), entity, label, definition, version: Number(version), url, token });
}
