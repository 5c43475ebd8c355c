// What a page does a little better with JavaScript; each page works without it.
// Holds always: nothing here changes what a form sends.

/** The error summary takes the focus, so that a screen reader starts with it. */
function focusErrorSummary() {
  document.querySelector("[data-focus]")?.focus();
}

/** "Mostra" beside a password: <button type="button" hidden data-reveal="ID" data-hide="Nascondi">Mostra</button>. */
function offerReveal(button) {
  const input = document.getElementById(button.dataset.reveal);
  if (!input) return;
  const [show, hide] = [button.textContent, button.dataset.hide];
  button.hidden = false;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? show : hide;
    button.setAttribute("aria-pressed", String(!shown));
  });
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}

/** Characters left, under a long text: <p role="status" hidden data-count="ID" data-limit="2000" data-left="…" data-over="…">.
 *  Counted as the server counts them (code points, a line break is one), said after a pause so as not to interrupt. */
function countCharacters(line) {
  const box = document.getElementById(line.dataset.count);
  if (!box) return;
  let pause = 0;
  const count = () => {
    const left = Number(line.dataset.limit) - [...box.value.trim()].length;
    const text = `${left < 0 ? line.dataset.over : line.dataset.left} ${Math.abs(left).toLocaleString(document.documentElement.lang)}`;
    line.toggleAttribute("data-beyond", left < 0);
    if (line.textContent !== text) line.textContent = text;
    line.hidden = false;
  };
  box.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(count, 700);
  });
}

/** "Stampa": <button type="button" hidden data-print>Stampa</button>. */
function offerPrint(button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

/** "Esci" on a page that is not the questionnaire's: where work waits on this computer, the summary asks what to do with it. */
function askBeforeLeaving(form) {
  form.addEventListener("submit", async (event) => {
    if (document.getElementById("draft-status")?.dataset.response) return; // draft.js asks
    event.preventDefault();
    const waits = await import("./store.js").then((store) => store.waiting()).catch(() => 0);
    if (waits) location.assign(form.dataset.signOut);
    else form.submit();
  });
}

focusErrorSummary();
document.querySelectorAll("[data-sign-out]").forEach(askBeforeLeaving);
document.querySelectorAll("[data-reveal]").forEach(offerReveal);
document.querySelectorAll("[data-print]").forEach(offerPrint);
document.querySelectorAll("[data-count]").forEach(countCharacters);
