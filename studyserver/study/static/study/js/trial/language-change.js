// Changes the language during a trial, once everything entered is stored, and only if the server answers.

import { postForm } from "../common/http.js";
import { announce, say } from "../common/sentences.js";

/** Wait for `keep()` before the page is loaded in the chosen language; the address `renewal` renews the CSRF token. */
export function listenForLanguage(keep, renewal) {
  const form = document.querySelector("form.language");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation(); // forms.js would send it once only
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
