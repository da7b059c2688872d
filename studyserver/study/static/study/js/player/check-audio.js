// For the checks before the trials: a running context, sounds that are played to their end, error messages, and a form
// that is held back until they are done.

import { Silent, wake, watch } from "./audio-clock.js";
import { LATE, Sounds } from "./sounds.js";
import { announce, say } from "../common/sentences.js";

let context = null;

/** The running audio context: a new one after one that gave no sound. Rejects with Silent. */
export async function awakeContext() {
  try {
    context ??= new AudioContext();
  } catch {
    throw new Silent("taken"); // the device has none left
  }
  await wake(context);
  return context;
}

/** The decoded sound at `address`, and a running context. */
export async function fetchSound(address) {
  const late = setTimeout(() => showTrouble(say("late")), LATE);
  try {
    const awake = await awakeContext();
    return { context: awake, buffer: await new Sounds(awake).get(address) };
  } finally {
    clearTimeout(late);
  }
}

/** Resolves when a source has been played to its end; rejects with Silent when the sound stops before. */
export async function playedToEnd(source) {
  const awake = source.context;
  const begun = awake.currentTime;
  let unwatch;
  await new Promise((resolve, reject) => {
    const silent = (sentence) => reject(new Silent(sentence));
    unwatch = watch(awake, () => silent("still"));
    source.onended = () => (awake.currentTime > begun ? resolve() : silent("still"));
    awake.onstatechange = () => awake.state === "running" || silent("taken");
  }).finally(() => unwatch());
}

/** Show a sentence in the page's notice; an empty one hides it. */
export function showTrouble(sentence) {
  const notice = document.getElementById("trouble");
  notice.textContent = sentence;
  notice.hidden = !sentence;
  if (sentence) notice.scrollIntoView({ block: "nearest" });
}

/** Hold a check's form back; returns a function that shows what is missing, or lets the form go if that is empty. */
export function hold(form) {
  const next = document.getElementById(`${form.id}-next`);
  const reason = document.getElementById(`${form.id}-reason`);
  form.addEventListener("submit", (event) => {
    if (next.getAttribute("aria-disabled") === "false") return;
    event.preventDefault();
    announce(reason.textContent);
  });
  return (missing) => {
    next.setAttribute("aria-disabled", missing !== "");
    reason.textContent = missing;
  };
}

/** Show why there was no sound; the next attempt begins with a new context. */
export function explainSilence(error) {
  showTrouble(say(error.sentence ?? "unloadable"));
  if (!(error instanceof Silent)) return;
  context?.close().catch(() => {});
  context = null;
}
