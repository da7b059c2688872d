// Sentences for the annotator. The server translates them and sends them in the page.

const dataset = document.getElementById("words")?.dataset ?? {};

/** The sentence under `name`, with every {placeholder} filled in. */
export function say(name, values = {}) {
  return (dataset[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** Announce a change elsewhere on the page to users of screen readers. */
export function announce(sentence) {
  const region = document.getElementById("announcements");
  if (region) region.textContent = sentence;
}

/** Remove the message that the page is not ready, once it works; see includes/not_ready.html. */
export function removeNotReady() {
  document.getElementById("not-ready")?.remove();
}
