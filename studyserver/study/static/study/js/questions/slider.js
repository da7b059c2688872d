// What trials and questionnaires share about sliders: no answer before they are moved, and the number beside them.

/** A slider has no position until it is touched; then the middle counts as well as any other. */
export function touch(input) {
  delete input.dataset.unset;
  input.removeAttribute("aria-valuetext");
}

/** The position in the language of the page, with the decimals that tell positions apart. */
export function numberOf(input) {
  const digits = Math.min(20, Number(input.dataset.decimals));
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
  return Number(input.value).toLocaleString(document.documentElement.lang, format);
}

/** Hear a slider while it is moved (`moved()`), and when it has been (`changed(input)`). */
export function listenToRange(input, moved, changed) {
  input.addEventListener("input", moved);
  input.addEventListener("change", () => changed(input));
  // A press on the very middle moves nothing, and is an answer all the same.
  input.addEventListener("pointerup", () => (moved(), changed(input)));
  input.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow") || ["Home", "End", "PageUp", "PageDown"].includes(event.key)) moved();
  });
  input.addEventListener("keyup", () => changed(input));
}
