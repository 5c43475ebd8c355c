// Numbers and dates as Italians type them: the twin of app/questionnaire/answers/numbers.py and dates.py, where the rules stand.
// Not for: limits of a question (answers.js), or saying what to write instead.
// Holds always: null for what cannot be read for certain; nothing is guessed.

const CURRENCY = /^(?:€|eur\b|euro\b)\s*|\s*(?:€|\beur|\beuro)$/giu;
const SPACED = /^[0-9]{1,3}(?:[ '’\u00a0\u2009\u202f][0-9]{3})+(?![0-9])/u;
const GROUPS = { ".": /^[0-9]{1,3}(?:\.[0-9]{3})+$/u, ",": /^[0-9]{1,3}(?:,[0-9]{3})+$/u };

/** Cuts digits with signs into [digits before, digits after] the decimal sign. */
function parted(body, decimals) {
  const [dots, commas] = [body.split(".").length - 1, body.split(",").length - 1];
  if (dots && commas) {
    const sign = body.lastIndexOf(",") > body.lastIndexOf(".") ? "," : ".";
    const other = sign === "," ? "." : ",";
    const [whole, rest] = [body.slice(0, body.lastIndexOf(sign)), body.slice(body.lastIndexOf(sign) + 1)];
    return whole.includes(sign) || !GROUPS[other].test(whole) ? null : [whole.replaceAll(other, ""), rest];
  }
  const sign = dots ? "." : ",";
  if (dots + commas === 0) return [body, ""];
  if (dots + commas > 1) return GROUPS[sign].test(body) ? [body.replaceAll(sign, ""), ""] : null;
  const [whole, rest] = body.split(sign);
  const couldBeThousands = rest.length === 3 && /^[1-9][0-9]{0,2}$/u.test(whole);
  if (couldBeThousands && sign === ".") return [whole + rest, ""];
  return couldBeThousands && decimals < 3 ? null : [whole, rest];
}

/** The number that was typed, with at most so many decimals; null if it is none, has more, or can be read in two ways. */
export function numberOf(typed, decimals) {
  const trimmed = typed.trim();
  if ([...trimmed].length > 60) return null;
  const signed = trimmed.replace(CURRENCY, "").replace(/[−–]/gu, "-");
  const minus = signed.startsWith("-");
  const body = signed.replace(/^-/u, "").replace(/^\+/u, "").trimStart().replace(SPACED, (match) => match.replace(/[^0-9]/gu, ""));
  const parts = /^[0-9.,]*[0-9]$/u.test(body) && parted(body, decimals);
  if (!parts) return null;
  const [whole, rest] = [parts[0].replace(/^0+/u, ""), parts[1]];
  if ((rest.length > decimals && (decimals || /[^0]/u.test(rest))) || whole.length > 12) return null;
  const number = Number(`${whole || 0}.${rest.slice(0, decimals) || 0}`);
  return minus && number ? -number : number;
}

const MONTHS = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split(" ");

/** [year, month, day] as digits, what was not typed undefined; null if it is no known writing. */
function numbersOf(text) {
  const iso = /^([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?$/u.exec(text);
  if (iso) return iso.slice(1);
  const italian = /^(?:(?:([0-9]{1,2})[/. -])?([0-9]{1,2})[/. -])?([0-9]{4})$/u.exec(text);
  if (italian) return italian.slice(1).reverse();
  const words = /^(?:([0-9]{1,2})[°º]?\s+)?([a-z]{3,9})\.?\s+([0-9]{4})$/iu.exec(text);
  const month = words && MONTHS.findIndex((name) => [name, name.slice(0, 3)].includes(words[2].toLowerCase()));
  return words && month >= 0 ? [words[3], String(month + 1), words[1]] : null;
}

/** A day, a month or a year that was typed (white space already tidy) as ISO 8601; null if there is no such one. */
export function momentOf(typed) {
  const [year, month, day] = numbersOf(typed.replaceAll(" /", "/").replaceAll("/ ", "/")) ?? [];
  if (year === undefined || year < 1900 || year > 2100) return null;
  const [m, d] = [Number(month ?? 1), Number(day ?? 1)];
  if (m < 1 || m > 12 || d < 1 || d > new Date(Date.UTC(year, m, 0)).getUTCDate()) return null;
  return [year, month, day].filter((part) => part !== undefined).map((part) => part.padStart(2, "0")).join("-");
}

/** The same of a whole day only. */
export function dayOf(typed) {
  const moment = momentOf(typed);
  return moment?.length === 10 ? moment : null;
}
