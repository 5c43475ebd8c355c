// Makes this computer ready for work without a line: the service worker, the shells of the draft's questionnaire, new releases.
// draft.js imports it once the page is usable.
// Not for: what the worker does (sw.js), or the draft itself (store.js).
// Holds always: no worker without the consent "offline"; a new release takes over only when somebody agrees or nothing waits to
// be sent; signing out leaves nothing here.
import { consent, definition, enqueue, listen, response, responses, setting, waiting } from "./store.js";
import { sheetAddress } from "./path.js";

const WORKER = "/sw.js";
const PATIENCE = 20_000;
const NAMED = new Set(["municipality", "municipalities", "entity"]);

/** The worker's answer to a message. */
function ask(worker, message) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => (data.done ? resolve(data) : reject(new Error(data.error)));
    setTimeout(() => reject(new Error("the worker does not answer")), PATIENCE);
    worker.postMessage(message, [port2]);
  });
}

/** The same of the worker in charge; where another takes over meanwhile, that one is asked again. */
async function askActive(message) {
  const { active } = await navigator.serviceWorker.ready;
  const replaced = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", () => resolve(null), { once: true }));
  return (await Promise.race([ask(active, message), replaced])) ?? askActive(message);
}

let readying = null;

/** Keep what this page's response needs. `line`: #draft-status. Says by data-offline on it how far it is: "ready" or "failed". */
export async function readyOffline(line) {
  if (!("serviceWorker" in navigator)) return;
  if ((await consent()) !== "offline") return void (await forgetWorker());
  if (line.dataset.offline === "ready") return;
  readying ??= prepare(line).then(() => { line.dataset.offline = "ready"; }, () => {
    line.dataset.offline = "failed"; // without it the page works as before; the next page tries again
  }).finally(() => { readying = null; });
  await readying;
}

async function prepare(line) {
  const id = Number(line.dataset.response);
  const registration = await navigator.serviceWorker.register(WORKER, { updateViaCache: "none" });
  watchReleases(registration);
  await setting("active", () => id);
  const { list } = await askActive(await opening(line));
  await keepDefinition(line.dataset.definition, list.definition);
  if (await needsNames(id, line.dataset.definition)) await askActive({ type: "names", ...about(line) });
  document.addEventListener("submit", (event) => keepDeed(event, id), true);
}

/** A deed of the list of sheets whose line has gone waits in the outbox, and the page that follows is the kept one. */
async function keepDeed(event, id) {
  if (navigator.onLine || event.defaultPrevented || !/\/schede(\/|$)/.test(event.target.action)) return;
  event.preventDefault();
  const { operationOf } = await import("./deeds.js");
  const operation = operationOf(event.target);
  if (!operation) return;
  await enqueue(id, operation);
  const { definition: digest } = await response(id);
  const step = (await definition(digest)).steps.find(({ code }) => code === operation.step);
  if (step) location.assign(sheetAddress(step, operation.item));
  else location.reload();
}

/** The questionnaire as reach.js reads it, kept once for each address that it has. */
async function keepDefinition(digest, address) {
  if ((await setting("definition")) === address && (await definition(digest))) return;
  const answer = await fetch(address, { redirect: "manual" });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  await definition(digest, await answer.json());
  await setting("definition", () => address);
}

async function opening(line) {
  const keep = [];
  for (const one of await responses()) if (await waiting(one.response)) keep.push(one.definition);
  return { type: "open", keep, ...about(line) };
}

const about = (line) => ({ definition: line.dataset.definition, language: document.documentElement.lang });

/** Whether the path, as far as it is known, asks for a municipality, or has sheets that do. */
async function needsNames(id, digest) {
  if (document.querySelector(".registry-search")) return true;
  const [{ answers }, { reach }, { steps, questions, ...rest }] = await Promise.all([import("./onward.js"), import("./reach.js"), definition(digest)]);
  const { fields, items } = await answers(id);
  const reached = reach({ steps, questions, ...rest }, fields, items);
  const asks = (code) => NAMED.has(questions[code].type);
  return steps.some((step) => step.questions.some((code) => asks(code) && (step.repeat ? reached.steps.includes(step.code) : reached.isReached(code))));
}

/** Forget the worker and all that it kept, as when somebody signs out or says that the computer is shared. */
export async function forgetWorker() {
  if (!("serviceWorker" in navigator)) return;
  for (const name of await caches.keys()) if (name.startsWith("ricognizione-")) await caches.delete(name);
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
}

// New releases --------------------------------------------------------------------------------------------------------------

async function unsent() {
  let number = 0;
  for (const one of await responses()) number += await waiting(one.response);
  return number;
}

function watchReleases(registration) {
  let agreed = false;
  const offer = async (worker) => {
    if (!navigator.serviceWorker.controller) return; // the first one takes nothing over
    const renew = () => ask(worker, { type: "renew" }).catch(() => {});
    if ((await unsent()) === 0) return void renew();
    showOffer(() => {
      agreed = true;
      renew();
    });
    listen(async () => worker.state === "installed" && (await unsent()) === 0 && renew());
  };
  const follow = (worker) => worker?.addEventListener("statechange", () => worker.state === "installed" && offer(worker));
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    document.getElementById("new-release")?.setAttribute("hidden", "");
    if (agreed) location.reload();
  });
  registration.addEventListener("updatefound", () => follow(registration.installing));
  if (registration.waiting) offer(registration.waiting);
  follow(registration.installing);
}

function showOffer(agree) {
  const offer = document.getElementById("new-release");
  if (!offer) return;
  offer.hidden = false;
  offer.querySelector("button").addEventListener("click", agree, { once: true });
}
