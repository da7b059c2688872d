// Copies the completion code to the clipboard.

import { say } from "../common/sentences.js";

const button = document.getElementById("copy");

async function copy() {
  const code = document.getElementById("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Without HTTPS or permission: copy the selection.
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
  document.getElementById("copied").textContent = say("copied");
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", copy);
}
