// Another language in the middle of a trial: only once everything entered is kept, and only where the server answers.

import { postForm } from "../common/http.js";
import { announce, say } from "../common/sentences.js";

/** Before the page is loaded again in the language chosen, wait for `keep()`; `renewal` renews the CSRF token. */
export function listenForLanguage(keep, renewal) {
  const form = document.querySelector("form.language");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation(); // it may be sent again
    try {
      await keep();
      await postForm(form, renewal);
      location.reload();
    } catch {
      announce(say("languageLater"));
      form.querySelector(".form-note").textContent = say("languageLater");
    }
  });
}
