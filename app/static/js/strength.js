// How strong a new password is, in words, while it is typed: under the rules, which stand there without JavaScript too.
// Not for: deciding. The server does (app/accounts/passwords.py), which also knows the list of common passwords.
// Holds always: the password goes nowhere; what is said is said after a pause, so as not to interrupt a screen reader.

const PAUSE = 700;
const GOOD_BITS = 60;
const FAIR_BITS = 40;
const FEWEST_SIGNS = 4;
const FEWEST_BESIDE = 3;
const ALPHABETS = [[/\p{Ll}/u, 26], [/\p{Lu}/u, 26], [/\d/, 10], [/\s/, 4], [/[^\p{L}\d\s]/u, 20]];

/** Letters without accents, case and spaces, as the server compares them with the entity's words. */
function folded(text) {
  return text.normalize("NFKD").replace(/[\p{M}\s]/gu, "").toLowerCase();
}

/** What stands beside the entity's words, digits and the usual separators. */
function beside(password, words) {
  let rest = folded(password);
  for (const word of ["comunedi", "comune", ...words.map(folded)].sort((a, b) => b.length - a.length)) {
    if (word) rest = rest.replaceAll(word, "");
  }
  return rest.replace(/[0-9._!-]/g, "");
}

/** Bits of a password whose signs are drawn from the alphabets that it uses; a sign that follows its like or its neighbour counts little. */
function bits(password) {
  const signs = [...password];
  const size = ALPHABETS.reduce((sum, [kind, count]) => sum + (kind.test(password) ? count : 0), 0) || 1;
  const telling = signs.filter((sign, place) => {
    const step = place ? sign.codePointAt(0) - signs[place - 1].codePointAt(0) : 9;
    return Math.abs(step) > 1;
  });
  return (telling.length + (signs.length - telling.length) / 4) * Math.log2(size) * (new Set(signs).size < signs.length / 3 ? 0.5 : 1);
}

/** "short", "weak", "fair" or "good". */
export function strengthOf(password, shortest, words = []) {
  const normal = password.normalize("NFKC");
  if ([...normal].length < shortest) return "short";
  if (new Set(normal.toLowerCase()).size < FEWEST_SIGNS || beside(normal, words).length < FEWEST_BESIDE) return "weak";
  const found = bits(normal);
  if (found < FAIR_BITS) return "weak";
  return found < GOOD_BITS ? "fair" : "good";
}

/** <p role="status" hidden data-strength="ID" data-shortest="10" data-words="Agliè|001001" data-short="…" data-weak="…" data-fair="…" data-good="…">. */
function tellStrength(line) {
  const input = document.getElementById(line.dataset.strength);
  if (!input) return;
  let pause = 0;
  const tell = () => {
    const words = line.dataset.words.split("|").filter(Boolean);
    const typed = input.value;
    line.textContent = typed ? line.dataset[strengthOf(typed, Number(line.dataset.shortest), words)] : "";
  };
  line.hidden = false;
  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(tell, PAUSE);
  });
}

document.querySelectorAll("[data-strength]").forEach(tellStrength);
