// What a form's inputs hold, question by question: CODE and CODE.sub, as the server names them (app/fill/forms.py).
// Not for: what the fields mean (answers.js), or keeping them (store.js).
// Holds always: what is put in comes out again; only controls of the named question are touched.

const nameOf = (code, sub) => (sub ? `${code}.${sub}` : code);
const controls = (form, name) => [...form.elements].filter((one) => one.name === name);
const isTick = (control) => control.type === "radio" || control.type === "checkbox";

/** {sub: [texts]} as the form holds them; blank texts are left out. */
export function readFields(form, code, subfields) {
  const fields = {};
  for (const sub of subfields) {
    const texts = controls(form, nameOf(code, sub)).filter((one) => !isTick(one) || one.checked).map((one) => one.value);
    const written = texts.filter((text) => text.trim());
    if (written.length) fields[sub] = written;
  }
  return fields;
}

/** Put fields into the form; what they do not name is emptied. */
export function fillFields(form, code, subfields, fields) {
  for (const sub of subfields) {
    const texts = fields[sub] ?? [];
    controls(form, nameOf(code, sub)).forEach((control, index) => {
      if (isTick(control)) control.checked = texts.includes(control.value);
      else control.value = texts[index] ?? "";
    });
  }
}

/** Whether two answers are written alike. */
export function sameFields(one, other) {
  const plain = (fields) => JSON.stringify(Object.entries(fields ?? {}).filter(([, texts]) => texts.some((text) => text.trim())).sort());
  return plain(one) === plain(other);
}
