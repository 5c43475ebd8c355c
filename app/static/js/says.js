// The words of a shell: what it says of itself, and what is put into its lists; all of them come with the page.
// Not for: the line that says where a draft stands (draft.js).
// Holds always: no word is written here.

/** Show one thing that a shell may say of itself (fill/shell_state.html), and hide those that no longer hold. */
export function says(what, hide = []) {
  for (const name of ["wait", ...hide]) document.querySelector(`[data-shell-says="${name}"]`)?.setAttribute("hidden", "");
  const said = document.querySelector(`[data-shell-says="${what}"]`);
  said?.removeAttribute("hidden");
}

/** The words and tags that the page brings for what is drawn here (fill/shell_words.html). */
export function words() {
  const found = document.querySelector("template[data-words]").content;
  return {
    text: (name, num) => found.querySelector(`[data-word="${name}"]`).textContent.trim().replace("{num}", num),
    state: (name) => found.querySelector(`[data-state="${name}"]`).firstElementChild.cloneNode(true),
  };
}
