// What the fields of a form mean: the twin of app/questionnaire/answers, as far as conditions and checks need it.
// For: telling blank, n.d., unreadable, wrong and right apart, and giving what conditions see.
// Not for: storing a value or saying what is wrong with it: the server reads the same fields again, and its word counts.
// Holds always: nothing is thrown; the same fields are blank, wrong or right, and seen by conditions, as on the server.
import { ABSENT } from "./conditions.js";
import { dayOf, momentOf, numberOf } from "./writings.js";

/** What was typed cannot be understood. */
const UNREADABLE = Symbol("unreadable");
const NA = Symbol("na");

const UNSTORABLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/gu;
const storable = (text) => text.replace(/\r\n?|[\u2028\u2029\x85]/gu, "\n").replace(UNSTORABLE, "");
const tidy = (texts) => texts.join(" ").normalize("NFC").trim().replace(/\s+/gu, " ");
const tidyLines = (texts) => texts.join("\n").normalize("NFC").split("\n").map((line) => line.trimEnd()).join("\n").trim();
const length = (text) => [...text].length;
const within = (question, number) => !(number < question.min) && !(number > question.max);
const given = (parts) => Object.fromEntries(Object.entries(parts).filter(([, part]) => part));
const some = (parts) => (Object.keys(parts).length ? parts : null);

function fits(question, text) {
  try {
    return question.pattern === undefined || new RegExp(`^(?:${question.pattern})$`, "u").test(text);
  } catch {
    return true; // a pattern that only Python reads: the server judges
  }
}

const LABEL = "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}_-]{0,61}[\\p{L}\\p{N}])?";
const DOMAIN = `(?:${LABEL}\\.)+[\\p{L}\\p{Nl}\\p{No}]{2,63}`;
const ATOM = "[\\p{L}\\p{N}_!#$%&'*+/=?^`{|}~\\-]+";
const EMAIL = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${DOMAIN}$`, "u");
const URL_FORM = new RegExp(`^(?:https?://)?${DOMAIN}(?::[0-9]{1,5})?(?:[/?#][^\\s<>"]*)?$`, "iu");
const PHONE = /^\+?[0-9 ()./-]+(?:\s?(?:int|interno)\.?\s?[0-9]{1,5})?$/iu;
const LONGEST = { email: 254, phone: 40, url: 500, name: 150, office: 200 };
const FORMS = {
  email: (text) => EMAIL.test(text) && length(text.split("@")[0]) <= 64,
  phone(text) {
    const digits = text.split(/int/iu)[0].replace(/[^0-9]/gu, "").length;
    return PHONE.test(text) && digits >= 5 && digits <= 15;
  },
  url: (text) => URL_FORM.test(text),
};
const isRightPart = (part, text) => length(text) <= LONGEST[part] && (FORMS[part]?.(text) ?? true);
const hasNeeds = (needs, value) => needs.every((group) => group.some((part) => part in value));

const text = (limit, tidied) => ({
  read: (question, typed) => tidied(typed[""]) || null,
  judge(question, value) {
    const points = length(value);
    return points <= (question.max ?? limit) && !(points < question.min) && fits(question, value);
  },
});

const number = (decimals, places) => ({
  read: (question, typed) => numberOf(typed[""].join(" "), places ?? question.decimals ?? decimals) ?? UNREADABLE,
  judge: within,
});

const address = (part) => ({ read: (question, typed) => tidy(typed[""]) || null, judge: (question, value) => isRightPart(part, value) });

const contact = (names, needs) => ({
  read: (question, typed) => some(given(Object.fromEntries(names.map((part) => [part, tidy(typed[part] ?? [])])))),
  judge: (question, value) =>
    Object.entries(value).every(([part, typed]) => isRightPart(part, typed)) && hasNeeds(question.needs ?? needs, value),
  meaning: Object.keys,
});

/** Whether the text beside "Altro" and the choice of "Altro" go together, among the options that hold now. */
function textFits(question, value, options) {
  const other = question.text_option;
  if (!options.includes(other)) return true;
  return value.codes.includes(other) === Boolean(value.text) && length(value.text) <= 300;
}

const single = {
  naWins: true,
  read(question, typed) {
    const written = tidy(typed.text ?? []);
    const code = typed[""]?.[0] ?? (written && question.text_option);
    if (!code) return null;
    return question.options.includes(code) ? { codes: [code], text: written } : UNREADABLE;
  },
  judge: (question, value, options) => options.includes(value.codes[0]) && textFits(question, value, options),
  meaning: (value) => value.codes[0],
};

const multi = {
  read(question, typed) {
    const written = tidy(typed.text ?? []);
    const chosen = new Set(typed[""]);
    const alone = (question.exclusive ?? []).some((code) => chosen.has(code));
    if (written && question.text_option && !alone) chosen.add(question.text_option);
    const codes = question.options.filter((code) => chosen.has(code));
    if (codes.length !== chosen.size) return UNREADABLE;
    return codes.length || written ? { codes, text: written } : null;
  },
  judge(question, value, options) {
    const { codes } = value;
    const alone = codes.some((code) => question.exclusive?.includes(code));
    if (codes.some((code) => !options.includes(code)) || (alone && codes.length > 1)) return false;
    if (codes.length > question.max || (codes.length < question.min && !alone)) return false;
    return textFits(question, value, options);
  },
  meaning: (value) => value.codes,
};

const WORDS = { yes: true, 1: true, true: true, "sì": true, si: true, no: false, 0: false, false: false };
const yesno = {
  naWins: true,
  read(question, typed) {
    const word = tidy([typed[""][0]]).toLowerCase();
    return Object.hasOwn(WORDS, word) ? WORDS[word] : UNREADABLE;
  },
};

const amounts = {
  read(question, typed) {
    const read = Object.values(typed).map((texts) => numberOf(texts.join(" "), 2));
    return read.includes(null) ? UNREADABLE : read;
  },
  judge: (question, value) => value.every((amount) => within(question, amount)),
  // In cents, which doubles add without an error.
  meaning: (value) => value.reduce((sum, amount) => sum + Math.round(amount * 100), 0) / 100,
};

const date = {
  read: (question, typed) => dayOf(tidy(typed[""])) ?? UNREADABLE,
  judge: within,
};

const period = {
  read(question, typed) {
    const value = {};
    for (const end of ["from", "to"]) if (end in typed) value[end] = momentOf(tidy(typed[end]));
    if ("state" in typed) value.state = question.options.includes(typed.state[0]) ? typed.state[0] : null;
    return Object.values(value).includes(null) ? UNREADABLE : some(value);
  },
  judge(question, { from, to }) {
    return !(from && to) || from.slice(0, to.length) <= to.slice(0, from.length);
  },
  meaning: (value) => value.state ?? "",
};

const coded = (form) => ({
  naWins: true,
  read(question, typed) {
    const code = typed[""][0].trim();
    return form.test(code) ? code : UNREADABLE;
  },
});

const municipalities = {
  read(question, typed) {
    const codes = [...new Set(typed[""].map((code) => code.trim()))];
    return codes.length <= 1000 && codes.every((code) => /^[0-9]{6}$/u.test(code)) ? codes : UNREADABLE;
  },
  judge: (question, value) => value.length <= (question.max ?? 1000) && !(value.length < question.min),
};

const ITALY = { latitude: [35e6, 47.5e6], longitude: [6e6, 19e6] };

/** Decimal degrees as millionths, half to even as the server rounds; null if they are none. */
function microdegrees(typed) {
  const found = /^([+-]?)([0-9]{1,3})(?:[.,]([0-9]{1,20}))?$/u.exec(typed.replaceAll("−", "-").replace(/°$/u, "").trimEnd());
  if (!found) return null;
  const [, sign, whole, rest = ""] = found;
  const micro = Number(whole + rest.slice(0, 6).padEnd(6, "0"));
  const left = Number(`0.${rest.slice(6) || 0}`);
  const up = left > 0.5 || (left === 0.5 && micro % 2);
  return (sign === "-" ? -1 : 1) * (up ? micro + 1 : micro);
}

const place = {
  read(question, typed) {
    const degrees = Object.keys(ITALY).filter((axis) => axis in typed).map((axis) => [axis, tidy(typed[axis])]);
    const pair = /^([+-]?[0-9]{1,3}\.[0-9]+)\s*[,; ]\s*([+-]?[0-9]{1,3}\.[0-9]+)$/u.exec(degrees[0]?.[1] ?? "");
    if (pair && degrees.length === 1 && degrees[0][0] === "latitude") degrees.splice(0, 1, ["latitude", pair[1]], ["longitude", pair[2]]);
    const value = given({ address: tidy(typed.address ?? []) });
    for (const [axis, written] of degrees) value[axis] = microdegrees(written);
    if ("reserved" in typed) value.reserved = true;
    return Object.values(value).includes(null) ? UNREADABLE : some(value);
  },
  judge(question, value) {
    if (length(value.address ?? "") > 300 || "latitude" in value !== "longitude" in value) return false;
    const lies = ([axis, [least, most]]) => !(value[axis] < least) && !(value[axis] > most);
    return Object.entries(ITALY).every(lies) && hasNeeds(question.needs ?? [], value);
  },
  meaning: Object.keys,
};

const rating = {
  read(question, typed) {
    const value = {};
    if (typed[""]) {
      const chosen = typed[""][0].trim();
      if (!/^(?:0|-?[1-9][0-9]*)$/u.test(chosen) || Number(chosen) < (question.min ?? 1) || Number(chosen) > (question.max ?? 5)) return UNREADABLE;
      value.rating = Number(chosen);
    }
    const comment = tidyLines(typed.comment ?? []);
    return some(comment ? { ...value, comment } : value);
  },
  judge: (question, value) => length(value.comment ?? "") <= 2000 && !(question.required && !("rating" in value)),
  meaning: (value) => value.rating ?? 0,
};

const TYPES = {
  text: text(250, tidy), textarea: text(4000, tidyLines), integer: number(0, 0), decimal: number(2), money: number(2, 2), amounts,
  date, period, single, multi, yesno, email: address("email"), phone: address("phone"), url: address("url"),
  contact: contact(["email", "phone", "url"], [["email", "phone"]]),
  person: contact(["name", "office", "email", "phone"], [["name"], ["email", "phone"]]),
  municipality: coded(/^[0-9]{6}$/u), municipalities, entity: coded(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}$/u), place, rating,
};

function read(question, fields) {
  const typed = {};
  for (const subfield of question.subfields) {
    const texts = (fields?.[subfield] ?? []).map(storable).filter((one) => one.trim());
    if (texts.length) typed[subfield] = texts;
  }
  const names = Object.keys(typed);
  if (!names.length) return null;
  if (!("na" in typed)) return TYPES[question.type].read(question, typed);
  return names.length === 1 || (TYPES[question.type].naWins && names.every((name) => name === "" || name === "na")) ? NA : UNREADABLE;
}

/** Judges the fields of a question: "blank", "na", "wrong" or "right", and what conditions see of them (else ABSENT).
 *  `options`: the codes that may be chosen now, where another answer decides which (optionsOf in reach.js). */
export function judged(question, fields, options = question.options) {
  const value = read(question, fields);
  if (value === null) return { state: "blank", value: ABSENT };
  if (value === NA) return { state: "na", value: ABSENT };
  const { judge, meaning } = TYPES[question.type];
  if (value === UNREADABLE || (judge && !judge(question, value, options))) return { state: "wrong", value: ABSENT };
  return { state: "right", value: meaning ? meaning(value) : value };
}

/** What conditions see of the fields of a question: a text, a number, a boolean, a list of texts, or ABSENT. */
export const conditionValue = (question, fields, options) => judged(question, fields, options).value;
