// A draft in a file, for when nothing else holds it: made and loaded again, into the right response only.
//
// Not for: choosing the file or showing it (panel.js).
// Holds always: loading adds to what waits and removes nothing; the server judges what was loaded like anything else.
import { answersOf, restore, response, waitingRows } from "./store.js";

const FORMAT = "ricognizione-bozza";
const VERSION = 1;

/** All that this computer knows of a response: what waits, and the answers as this computer has them. */
export async function exportBackup(id) {
  const answers = {};
  for (const [key, { fields, revision }] of await answersOf(id)) answers[key] = { fields, revision };
  const operations = (await waitingRows(id)).map((row) => row.op);
  const { entity, label, definition } = (await response(id)) ?? {};
  const about = { format: FORMAT, backup: VERSION, saved_at: new Date().toISOString() };
  return { ...about, response: id, entity, label, definition, operations, answers };
}

/** Why a file cannot be loaded into this response: "" (it can), "unreadable", or "other" (it is another response's). */
export async function refusalOf(id, backup) {
  const readable = backup?.format === FORMAT && backup.backup === VERSION && Array.isArray(backup.operations);
  const whole = readable && backup.operations.every((op) => typeof op?.op === "string" && typeof op.op_id === "string");
  if (!whole) return "unreadable";
  const known = await response(id);
  return backup.response === id && known && backup.entity === known.entity ? "" : "other";
}

/** Put the operations of a backup into the outbox, those that wait already left out. Gives how many were new. */
export async function importBackup(id, backup) {
  if (await refusalOf(id, backup)) throw new TypeError("not a backup of this response");
  return restore(id, backup.entity, backup.operations);
}
