// "Copia" and "Condividi" beside the address of a page, where the browser can; the address can be read and selected without.
// Holds always: nothing is sent anywhere but where the person chooses.

/** <button type="button" hidden data-copy="ID" data-done="Copiato">Copia</button>; what was done is said in #ID-detto. */
function offerCopy(button) {
  const box = document.getElementById(button.dataset.copy);
  const said = document.getElementById(`${button.dataset.copy}-detto`);
  button.hidden = false;
  button.addEventListener("click", () => {
    box.select();
    if (document.execCommand("copy")) said.textContent = button.dataset.done; // the other way is switched off (Permissions-Policy)
    button.focus();
  });
}

/** <button type="button" hidden data-share="https://…">Condividi</button>, where the device has a way to share. */
function offerShare(button) {
  if (!navigator.share) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.share({ title: document.title, url: button.dataset.share }).catch(() => {}); // they thought better of it
  });
}

document.querySelectorAll("[data-copy]").forEach(offerCopy);
document.querySelectorAll("[data-share]").forEach(offerShare);
