// Fetches a sound of the checks and tells when the browser does not let it start.

import { Sounds } from "./sounds.js";

const PATIENCE = 2_000; // ms

/** The decoded sound at `address`, the audio context being awake; `onSilent` is told if it does not wake. */
export async function awaken(context, address, onSilent) {
  const patience = setTimeout(onSilent, PATIENCE);
  await context.resume();
  clearTimeout(patience);
  return new Sounds(context).get(address);
}

/** Show a sentence in the notice of the page. */
export function trouble(sentence) {
  const notice = document.getElementById("trouble");
  notice.textContent = sentence;
  notice.hidden = !sentence;
}
