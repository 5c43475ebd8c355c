// What the buttons of a list of sheets ask for, as operations for the outbox: the twin of app/fill/sheets.py.
// Not for: drawing the list (shell_sheets.js).
// Holds always: a form means here what the server would read in its address.
import { newId } from "./store.js";

const DEED = /^\/compila\/([^/]+)\/schede(?:\/([^/]+)\/([^/]+))?$/;

const parts = (form) => DEED.exec(new URL(form.action).pathname) ?? [];

/** "duplica", "sposta", "elimina", "ripristina"; undefined where the form adds a sheet, or is another one. */
export const actionOf = (form) => parts(form)[3];

/** The operation that a form of the list asks for, or null. */
export function operationOf(form) {
  const [, step, item, action] = parts(form);
  if (!step) return null;
  if (!action) return { op: "add", item: newId(), step };
  const operations = {
    duplica: { op: "duplicate", item: newId(), source: item },
    sposta: { op: "move", item, before: new FormData(form).get("before") || null },
    elimina: { op: "delete", item },
    ripristina: { op: "restore", item },
  };
  return operations[action] ?? null;
}
