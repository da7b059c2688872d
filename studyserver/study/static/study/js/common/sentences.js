// Sentences for the annotator, translated by the server and carried in the page.

const dataset = document.getElementById("words")?.dataset ?? {};

/** The sentence under `name`, with every {placeholder} filled in. */
export function say(name, values = {}) {
  return (dataset[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** Tell users of screen readers what has changed elsewhere on the page. */
export function announce(sentence) {
  const region = document.getElementById("announcements");
  if (region) region.textContent = sentence;
}

/** The page works: take away what says that it does not, see includes/not_ready.html. */
export function alive() {
  document.getElementById("not-ready")?.remove();
}
