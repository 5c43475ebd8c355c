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

/** "Stampa": <button type="button" hidden data-print>Stampa</button>. */
function offerPrint(button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

focusErrorSummary();
document.querySelectorAll("[data-reveal]").forEach(offerReveal);
document.querySelectorAll("[data-print]").forEach(offerPrint);
