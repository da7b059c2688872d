// Sliders of trials and questionnaires: no answer before they are touched, and the number beside them.

/** Mark a slider as touched: until then it has no value, from then on even its middle is an answer. */
export function touch(input) {
  delete input.dataset.unset;
  input.removeAttribute("aria-valuetext");
}

/** The slider's number in the language of the page, with as many decimals as its steps need. */
export function numberOf(input) {
  const digits = Math.min(20, Number(input.dataset.decimals));
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
  return Number(input.value).toLocaleString(document.documentElement.lang, format);
}

/** Call `moved()` while a slider is moved, and `changed(input)` afterwards. */
export function listenToRange(input, moved, changed) {
  input.addEventListener("input", moved);
  input.addEventListener("change", () => changed(input));
  // A press exactly on the middle moves nothing but is an answer.
  input.addEventListener("pointerup", () => (moved(), changed(input)));
  input.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow") || ["Home", "End", "PageUp", "PageDown"].includes(event.key)) moved();
  });
  input.addEventListener("keyup", () => changed(input));
}
