// Sends what waits and pulls what others changed: one tab at a time, until the server has said what became of everything.
//
// Not for: what the page shows (draft.js) or how things are kept (store.js).
// Holds always: nothing is taken for success but the JSON of our own server about this very response; whatever else comes — a
// lost line, a redirect, another site's page, an error — leaves the outbox as it is and is tried again, later and later.
import * as store from "./store.js";

const LOCK = "ricognizione-sync";
const ASK_SECONDS = 20;
const FIRST_DELAY = 2;
const LONGEST_DELAY = 120;
const PULL_SECONDS = 90;
const LEASE_SECONDS = 60;
const me = store.newId();

/** What a server's refusal means, by status; "" is read as the reason it gives. */
const REFUSALS = { 401: "signed_out", 403: "", 409: "", 413: "too_large", 400: "malformed" };
const KNOWN = new Set(["signed_out", "csrf", "operator_unknown", "other_entity", "not_open", "too_large", "malformed"]);
/** Tried again only slowly: somebody has to do something first. */
const WAITS_FOR_PEOPLE = new Set(["signed_out", "operator_unknown", "other_entity", "not_open"]);

/** Begin. `draft`: {id, entity, url, token}; `hear(event)`: {outcome}, {settled, reply, late}. Outcomes: "ok", "network",
 *  "fault", "strange", and the server's reasons. */
export function startSync(draft, hear) {
  let running = null;
  let again = false;
  let urged = false;
  let wantsPull = false;
  let tries = 0;
  let timer = 0;
  let contact = 0;

  /** Send what waits; every call ends after a whole look at the outbox. Resolves with the outcome. */
  function send() {
    again = true;
    running ??= run().finally(() => { running = null; });
    return running;
  }

  async function run() {
    clearTimeout(timer);
    let outcome = "ok";
    while (again && outcome === "ok") {
      again = false;
      outcome = await oneAtATime(drain).catch((error) => (console.info(`sync: ${error.name}`), "fault"));
    }
    again = false;
    tries = outcome === "ok" ? 0 : tries + 1;
    if (outcome !== "ok") timer = setTimeout(send, urged ? 0 : 1000 * delay(outcome, tries));
    urged = false;
    hear({ outcome });
    return outcome;
  }

  async function drain() {
    let most;
    for (;;) {
      const save = await store.nextSave(draft.id, most);
      if (!save && !wantsPull) return "ok";
      let outcome = await exchange(save);
      if (save && (outcome === "too_large" || outcome === "malformed")) {
        most = Math.max(1, Math.floor(save.operations.length / 2));
        outcome = await partOrRefuse(save, outcome);
      }
      if (outcome !== "ok") return outcome;
    }
  }

  /** A save that the server takes as a whole or not at all: in parts, down to the operation at fault. */
  async function partOrRefuse(save, reason) {
    if (save.operations.length > 1) await store.release(draft.id, save.save_id);
    else await settle({ save_id: save.save_id, refused: [{ op_id: save.operations[0].op_id, reason }] }, null);
    return "ok";
  }

  async function exchange(save) {
    const since = (await store.response(draft.id))?.version ?? 0;
    let told = await ask(draft, save, since);
    if (told.outcome === "csrf" && told.token) {
      draft.token = told.token;
      told = await ask(draft, save, since);
    }
    if (told.outcome !== "ok") return told.outcome;
    const { reply } = told;
    draft.token = reply.token;
    contact = Date.now();
    wantsPull = !(await store.remember(reply));
    const mine = save && reply.saves.find((one) => one.save_id === save.save_id);
    if (save && !mine) return "strange";
    const settled = await settle(mine ? { version: reply.version, ...mine } : null, reply);
    return save && !settled.length ? "strange" : "ok";
  }

  async function settle(saved, reply) {
    const settled = saved ? await store.settle(draft.id, saved) : [];
    hear({ settled, reply, late: Boolean(saved?.late) });
    return settled;
  }

  /** Ask for what others changed. */
  function pull() {
    wantsPull = true;
    return send();
  }

  /** Send, and wait for it at most this long. Resolves with the outcome, or "slow". Where the line seems to be gone the server is
   *  asked even if nothing waits. */
  function flush(milliseconds) {
    wantsPull ||= !navigator.onLine;
    return Promise.race([send(), new Promise((resolve) => setTimeout(resolve, milliseconds, "slow"))]);
  }

  /** Somebody came back, or the line did: whatever is under way began before, and its answer may be out of date. */
  function lookAgain() {
    if (document.visibilityState !== "visible") return;
    urged = running !== null;
    tries = Math.min(tries, 1);
    if (Date.now() - contact > PULL_SECONDS * 1000) pull();
    else if (tries) send();
  }

  addEventListener("online", () => { tries = 0; urged = running !== null; send(); });
  document.addEventListener("visibilitychange", lookAgain);
  addEventListener("focus", lookAgain);
  setInterval(lookAgain, PULL_SECONDS * 1000);
  store.listen((message) => message.type === "state" && send());
  return { send, pull, flush };
}

function delay(outcome, tries) {
  const seconds = WAITS_FOR_PEOPLE.has(outcome) ? LONGEST_DELAY : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (tries - 1));
  return seconds * (0.75 + Math.random() / 2);
}

/** One request. {outcome: "ok", reply} only where our server answered for this response; else {outcome, token?}. */
async function ask(draft, save, since) {
  const body = save && JSON.stringify({ response: draft.id, entity: draft.entity, since, saves: [save] });
  let answer;
  let told;
  try {
    answer = await fetch(save ? draft.url : `${draft.url}?since=${since}`, {
      method: save ? "POST" : "GET",
      headers: { Accept: "application/json", ...(save && { "Content-Type": "application/json", "X-CSRFToken": draft.token }) },
      body: body || undefined,
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
      signal: AbortSignal.timeout(ASK_SECONDS * 1000),
    });
    if (answer.status >= 500) return { outcome: "fault" };
    if (!answer.headers.get("Content-Type")?.startsWith("application/json")) return { outcome: "strange" };
    told = await answer.json();
  } catch (error) {
    return { outcome: error instanceof SyntaxError ? "strange" : "network" };
  }
  if (answer.status in REFUSALS) {
    const reason = REFUSALS[answer.status] || told?.reason;
    return { outcome: KNOWN.has(reason) ? reason : "strange", token: told?.token };
  }
  if (answer.status !== 200 || !isReply(told)) return { outcome: "strange" };
  return told.response === draft.id && told.entity === draft.entity ? { outcome: "ok", reply: told } : { outcome: "other_entity" };
}

function isReply(told) {
  return Number.isInteger(told?.version) && Array.isArray(told.saves) && typeof told.changes?.answers === "object" && typeof told.token === "string";
}

// One tab at a time -------------------------------------------------------------------------------------------------------

function oneAtATime(work) {
  return navigator.locks ? navigator.locks.request(LOCK, work) : withLease(work);
}

/** Where the browser has no locks: a lease in the store, that ends by itself where its tab has died. */
async function withLease(work) {
  const take = (was) => (was && was.holder !== me && was.until > Date.now() ? was : { holder: me, until: Date.now() + LEASE_SECONDS * 1000 });
  while ((await store.setting("lease", take)).holder !== me) await new Promise((resolve) => setTimeout(resolve, 1000));
  try {
    return await work();
  } finally {
    await store.setting("lease", (was) => (was?.holder === me ? { holder: "", until: 0 } : was));
  }
}
