// A page that needs its scripts says that it is not ready until they run: see includes/not_ready.html.

/** The page works now. */
export function alive() {
  document.getElementById("not-ready")?.remove();
}
