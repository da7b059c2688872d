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
