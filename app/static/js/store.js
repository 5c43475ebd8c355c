// What this computer keeps of a draft: the server's last word, and the operations that the server has not confirmed yet.
//
// Not for: the network (sync.js), the page (draft.js), or files (backup.js).
// Holds always: an operation leaves the outbox only when the server has said what became of it; a write that resolves is on
// the disk (durability "strict"), unless `where()` says "memory"; nothing of an answer is written to the disk before somebody
// has said that this computer is theirs (consent "offline").
import { deleteDB, openDB } from "../vendor/idb.js";

const NAME = "ricognizione";
const KEYS = { responses: "response", answers: ["response", "key"], items: ["response", "step"], outbox: "seq", definitions: "digest", settings: "key" };
const ALL = Object.keys(KEYS);
const MOST_OPERATIONS = 100;
const MOST_CHARACTERS = 200_000;
const OPEN_SECONDS = 4;

let disk = null;
let opening = null;
let said = null; // the consent
let trouble = "";
let memory = emptyMemory();
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null;

/** Tell the other tabs: type "changed" (the outbox or the answers) or "state" (consent, sign-in), with more fields as given. */
export function tell(type, response, more = {}) {
  channel?.postMessage({ type, response, ...more });
}

/** Be told by the other tabs. */
export function listen(hear) {
  channel?.addEventListener("message", (event) => hear(event.data));
}
listen((message) => message.consent !== undefined && opening && openAgain());

/** An id that nobody else makes, also where the page is not served by https. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The key of the answer that an operation is about, or null. */
export const keyOf = (op) => (op.question ? (op.item ? `${op.item}/${op.question}` : op.question) : null);

// Where things are kept ---------------------------------------------------------------------------------------------------

/** The same stores without a disk: rows in Maps, one transaction after the other. */
function emptyMemory() {
  let last = Promise.resolve();
  let seq = 1_000_000; // beyond those of the disk, whose rows may come to stand here
  const stores = {};
  for (const [name, path] of Object.entries(KEYS)) {
    const rows = new Map();
    const key = (row) => JSON.stringify(Array.isArray(path) ? path.map((part) => row[part]) : row[path]);
    stores[name] = {
      get: (one) => rows.get(JSON.stringify(one)),
      getAll: (range) => [...rows.values()].filter((row) => !range || range.includes(path.map((part) => row[part]))),
      put: (row) => void rows.set(key(name === "outbox" ? (row.seq ??= seq++) && row : row), row),
      delete: (one) => void rows.delete(JSON.stringify(one)),
    };
  }
  const run = (work) => (last = last.catch(() => {}).then(() => work(stores)));
  return { stores, run };
}

function upgrade(database) {
  for (const [name, keyPath] of Object.entries(KEYS)) database.createObjectStore(name, { keyPath, autoIncrement: name === "outbox" });
}

/** Staff who fills in by telephone leaves nothing on the computer: the page says so, and the disk is not even opened. */
const never = () => document.getElementById("draft-status")?.dataset.keep === "never";

async function openDisk() {
  if (never()) return void (said = "shared");
  try {
    const late = new Promise((_resolve, reject) => setTimeout(() => reject(new Error("blocked")), OPEN_SECONDS * 1000));
    disk = await Promise.race([openDB(NAME, 1, { upgrade, blocking: close, terminated: close }), late]);
    said = (await disk.get("settings", "consent"))?.value ?? null;
  } catch {
    trouble = "unavailable";
  }
}

function close() {
  disk?.close();
  disk = opening = null;
}

/** Another tab has changed the choice. */
async function openAgain() {
  close();
  const before = memory;
  await openStore();
  if (where() === "disk") await adopt(before);
}

/** Open what there is. Resolves with where things are kept now: "disk" or "memory". */
export async function openStore() {
  opening ??= openDisk();
  await opening;
  return where();
}

/** "disk" where this computer may keep drafts and can; else "memory": gone with the page. */
export const where = () => (disk && said === "offline" && !trouble ? "disk" : "memory");

/** Why nothing is kept here although it may be: "" (it is), "unavailable" (private window, blocked) or "full". */
export const storageTrouble = () => trouble;

/** Do `work(stores)` as one transaction: all of it is kept, or none. */
async function transact(names, mode, work, again = true) {
  if ((await openStore()) === "memory") return memory.run(work);
  let transaction = null;
  try {
    transaction = disk.transaction(names, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    return (await Promise.all([work(stores), transaction.done]))[0];
  } catch (error) {
    if (!(error instanceof DOMException) || error.name === "DataError") throw error; // a fault of ours, not of the disk
    if (!transaction && again) {
      close(); // the browser has closed the database meanwhile
      return transact(names, mode, work, false);
    }
    await fallBack([error.name, transaction?.error?.name].includes("QuotaExceededError") ? "full" : "unavailable");
    return memory.run(work);
  }
}

/** The disk takes no more: go on in memory with all that it holds, so that sending and the backup still work. */
async function fallBack(why) {
  trouble = why;
  for (const name of ALL) for (const row of await disk?.getAll(name).catch(() => []) ?? []) memory.stores[name].put(row);
}

// Settings ----------------------------------------------------------------------------------------------------------------

/** "offline": this computer may keep drafts; "shared": it may not; null: nobody has said. */
export async function consent() {
  await openStore();
  return said;
}

/** Keep the choice. "offline": what waits in memory goes to the disk; "shared": what is on the disk is kept by this page only. */
export async function setConsent(value) {
  await openStore();
  const before = memory;
  if (value !== "offline" && where() === "disk") {
    for (const name of ALL) for (const row of await disk.getAll(name)) memory.stores[name].put(row);
  }
  said = value;
  if (disk && value === "offline") {
    trouble = "";
    await disk.put("settings", { key: "consent", value });
    await adopt(before);
  } else if (disk) {
    await wipeDisk(value);
  }
  tell("state", null, { consent: value });
}

/** What waited in memory goes to the disk; the server's state is asked for anew, whole. */
async function adopt(from) {
  const rows = from.stores.outbox.getAll();
  const states = from.stores.responses.getAll();
  memory = emptyMemory();
  await transact(["outbox", "responses"], "readwrite", async ({ outbox, responses }) => {
    for (const { seq: _seq, ...row } of rows) await outbox.put(row);
    for (const row of states) if (!(await responses.get(row.response))) await responses.put({ ...row, version: 0 });
  });
}

async function wipeDisk(value) {
  const transaction = disk.transaction(ALL, "readwrite", { durability: "strict" });
  for (const name of ALL) transaction.objectStore(name).clear();
  if (value) transaction.objectStore("settings").put({ key: "consent", value });
  await transaction.done;
}

/** A setting of this computer as `change(what it was)` makes it, in one step; without `change` it is only read. */
export async function setting(key, change) {
  return transact(["settings"], change ? "readwrite" : "readonly", async ({ settings }) => {
    const value = (await settings.get(key))?.value ?? null;
    if (!change) return value;
    await settings.put({ key, value: change(value) });
    return (await settings.get(key)).value;
  });
}

/** Forget everything, the choice too. */
export async function wipe() {
  await openStore();
  memory = emptyMemory();
  said = null;
  if (!disk) return;
  await wipeDisk(null);
  close();
  await Promise.race([deleteDB(NAME), new Promise((resolve) => setTimeout(resolve, 1000))]);
}

/** The questionnaire of a digest, or null; `given`: keep it. */
export async function definition(digest, given) {
  return transact(["definitions"], given ? "readwrite" : "readonly", async ({ definitions }) => {
    if (given) await definitions.put({ digest, definition: given });
    return (await definitions.get(digest))?.definition ?? null;
  });
}

// What the server says ----------------------------------------------------------------------------------------------------

/** What is known of a response: {response, entity, label, definition, version, takesAnswers, deadline, conflicts}, or null. */
export async function response(id) {
  return transact(["responses"], "readonly", async ({ responses }) => (await responses.get(id)) ?? null);
}

/** All responses that this computer knows. */
export async function responses() {
  return transact(["responses"], "readonly", (stores) => stores.responses.getAll());
}

/** Keep what a page says of its response: {response, entity, label, definition, …}. On the disk the version stays that of the
 *  last reply, so that all answers come; in memory it is the page's, for nothing but the page is read. */
export async function know({ version, ...row }) {
  return transact(["responses"], "readwrite", async ({ responses }) => {
    const known = (await responses.get(row.response)) ?? { version: where() === "disk" ? 0 : version, conflicts: [] };
    await responses.put({ ...known, ...row });
  });
}

/** Keep a reply: version, answers, sheets, conflicts. False where the server is older than this computer (it was restored):
 *  then all that is known of it is forgotten, and must be asked for again from version 0. */
export async function remember(reply) {
  const id = reply.response;
  const fresh = await transact(["responses", "answers", "items"], "readwrite", async ({ responses, answers, items }) => {
    const known = (await responses.get(id)) ?? { response: id, version: 0 };
    const older = reply.version < known.version;
    if (older) for (const row of await ofResponse(answers, id)) await answers.delete([id, row.key]);
    for (const [key, answer] of Object.entries(reply.changes.answers)) {
      const before = await answers.get([id, key]);
      if (!before || before.revision <= answer.revision) await answers.put({ response: id, key, ...answer });
    }
    for (const row of await ofResponse(items, id)) await items.delete([id, row.step]);
    for (const [step, rows] of Object.entries(reply.changes.items)) await items.put({ response: id, step, rows });
    const { entity, definition, deadline } = reply;
    const state = { entity, definition, deadline, takesAnswers: reply.takes_answers, conflicts: reply.changes.conflicts };
    await responses.put({ ...known, ...state, version: older ? 0 : reply.version });
    return !older;
  });
  tell("changed", id);
  return fresh;
}

/** The rows of one response in a store whose keys are [response, …]. */
const ofResponse = (store, id) => store.getAll(IDBKeyRange.bound([id], [id, []]));

/** KEY → {fields, revision, who, at, pending}: the server's state with what waits laid over it; where something waits, `base`
 *  is the revision that its author saw. */
export async function answersOf(id) {
  const { layAnswers } = await import("./overlay.js");
  return transact(["answers", "outbox"], "readonly", async ({ answers, outbox }) =>
    layAnswers(await ofResponse(answers, id), (await rowsOf(outbox, id)).map((row) => row.op)));
}

/** {STEP: [{id, removed, label, revision}]}: the sheets with what waits laid over them. */
export async function itemsOf(id) {
  const { layItems } = await import("./overlay.js");
  return transact(["items", "outbox"], "readonly", async ({ items, outbox }) =>
    layItems(await ofResponse(items, id), (await rowsOf(outbox, id)).map((row) => row.op)));
}

// What waits --------------------------------------------------------------------------------------------------------------

const rowsOf = async (outbox, id) => (await outbox.getAll()).filter((row) => row.response === id);

/** Put an operation into the outbox and give its op_id. `op.base` is what the person saw; without one, what this computer
 *  knows. A `set` takes the place of the last one of its answer, unless that is being sent, or its sheet was copied, deleted or
 *  brought back since: then it follows it (`after`), as one in a copy follows the copying. */
export async function enqueue(id, op) {
  const op_id = await transact(["responses", "answers", "items", "outbox"], "readwrite", async (stores) => {
    const rows = await rowsOf(stores.outbox, id);
    const made = (row) => row.op.op === "duplicate" && row.op.item === op.item;
    const last = op.op === "set" ? rows.findLast((row) => keyOf(row.op) === keyOf(op) || made(row)) : undefined;
    if (last?.op.op === "set" && !last.save_id && !rows.some((row) => row.seq > last.seq && parts(row.op, op.item))) {
      const renewed = last.refused ? { op_id: newId(), base: op.base ?? last.op.base } : {};
      const row = { ...last, refused: "", op: { ...last.op, ...renewed, fields: op.fields } };
      await stores.outbox.put(row);
      return row.op.op_id;
    }
    const entity = (await stores.responses.get(id))?.entity ?? "";
    const row = { response: id, entity, save_id: null, refused: "", after: last?.op.op_id ?? null };
    row.op = { op_id: newId(), ...op, ...(await baseFor(stores, id, op, last)) };
    await stores.outbox.put(row);
    return row.op.op_id;
  });
  tell("changed", id);
  return op_id;
}

/** Whether an operation stands between two changes of a sheet, so that the later cannot go before it. */
const parts = (op, item) => item && !op.question && op.op !== "move" && [op.item, op.source].includes(item);

async function baseFor(stores, id, op, last) {
  if (!["set", "resolve", "delete"].includes(op.op)) return {};
  if (last?.op.base !== undefined && !last.refused) return { base: last.op.base };
  if (op.base !== undefined) return { base: op.base };
  if (op.op !== "delete") return { base: (await stores.answers.get([id, keyOf(op)]))?.revision ?? 0 };
  const answers = (await ofResponse(stores.answers, id)).filter((row) => row.key.startsWith(`${op.item}/`));
  const items = (await ofResponse(stores.items, id)).flatMap(({ rows }) => rows.filter((row) => row.id === op.item));
  return { base: Math.max(0, ...answers.map((row) => row.revision), ...items.map((row) => row.revision)) };
}

/** The next save to send, the same until it is settled: {save_id, operations}, or null. `most`: operations in a new one. */
export async function nextSave(id, most = MOST_OPERATIONS) {
  return transact(["outbox"], "readwrite", async ({ outbox }) => {
    const rows = (await rowsOf(outbox, id)).filter((row) => !row.refused);
    const begun = rows.find((row) => row.save_id)?.save_id;
    const chosen = begun ? rows.filter((row) => row.save_id === begun) : firstOf(rows, most);
    if (!chosen.length) return null;
    const save_id = begun ?? newId();
    if (!begun) for (const row of chosen) await outbox.put({ ...row, save_id });
    return { save_id, operations: chosen.map((row) => row.op) };
  });
}

function firstOf(rows, most) {
  let size = 0;
  const end = rows.findIndex((row, at) => (at > 0 && (size += JSON.stringify(row.op).length) > MOST_CHARACTERS) || at >= most);
  return end < 0 ? rows : rows.slice(0, end);
}

/** Take a save apart that was too large and of which nothing was stored. */
export async function release(id, save_id) {
  return transact(["outbox"], "readwrite", async ({ outbox }) => {
    for (const row of await rowsOf(outbox, id)) if (row.save_id === save_id) await outbox.put({ ...row, save_id: null });
  });
}

/** Drop what the server has said something of: stored, in conflict, kept as late. What it refused stays, unless its author has
 *  written another since, and is not sent again by itself. An operation that waited for another of the same answer gets the
 *  revision that this one has now, or names what it takes the place of (`seen`) where this one is in dispute. Gives what is
 *  settled: [{op_id, key, outcome, base, seen}]. */
export async function settle(id, reply) {
  const outcomes = new Map();
  for (const outcome of ["applied", "conflicts", "kept"]) for (const op_id of reply[outcome] ?? []) outcomes.set(op_id, outcome);
  for (const one of reply.refused ?? []) outcomes.set(one.op_id, one.reason);
  const seqs = [];
  const settled = await transact(["outbox", "answers"], "readwrite", async ({ outbox, answers }) => {
    const rows = await rowsOf(outbox, id);
    const found = [];
    for (const row of rows.filter((one) => one.save_id === reply.save_id && outcomes.has(one.op.op_id))) {
      const outcome = outcomes.get(row.op.op_id);
      const followers = rows.filter((one) => one.after === row.op.op_id);
      const done = ["applied", "conflicts", "kept"].includes(outcome) || followers.some((one) => keyOf(one.op) === keyOf(row.op));
      await (done ? outbox.delete(row.seq) : outbox.put({ ...row, save_id: null, refused: outcome }));
      if (done) seqs.push(row.seq);
      const baseOf = (op) => (outcome === "applied" ? revisionNow(answers, id, op, reply.version) : op.base);
      const seen = outcome === "conflicts" ? [reply.version] : [];
      for (const next of followers) {
        await outbox.put({ ...next, after: null, op: { ...next.op, base: await baseOf(next.op), seen } });
      }
      const base = await baseOf(row.op);
      found.push({ op_id: row.op.op_id, key: keyOf(row.op), outcome, base, seen });
    }
    return found;
  });
  if (trouble && disk) await Promise.all(seqs.map((seq) => disk.delete("outbox", seq).catch(() => {})));
  tell("changed", id, { settled });
  return settled;
}

/** The revision of an answer after a save of ours, never beyond this save's own version: a colleague may have written since,
 *  and that nobody here has seen. */
async function revisionNow(answers, id, op, version) {
  const known = keyOf(op) && (await answers.get([id, keyOf(op)]));
  return known ? Math.min(known.revision, version ?? known.revision) : op.base;
}

/** How many operations the server has not confirmed; those that it refused count: they are nowhere else. Without an id: of all
 *  responses that this computer knows. */
export async function waiting(id) {
  return transact(["outbox"], "readonly", async ({ outbox }) => (await (id ? rowsOf(outbox, id) : outbox.getAll())).length);
}

/** What waits, as {op, refused, save_id}, in order. */
export async function waitingRows(id) {
  return transact(["outbox"], "readonly", ({ outbox }) => rowsOf(outbox, id));
}

/** Put operations back that a file held, those that wait already left out. Gives how many were new. */
export async function restore(id, entity, operations) {
  const fresh = await transact(["outbox"], "readwrite", async ({ outbox }) => {
    const known = new Set((await rowsOf(outbox, id)).map((row) => row.op.op_id));
    const rows = operations.filter((op) => !known.has(op.op_id));
    for (const op of rows) await outbox.put({ response: id, entity, save_id: null, refused: "", after: null, op });
    return rows.length;
  });
  tell("changed", id);
  return fresh;
}
