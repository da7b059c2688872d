// The sound of the checks: an audio context that is awake, sounds that are played to their end, and what is the matter.

import { Silent, wake, watch } from "./audio-clock.js";
import { LATE, Sounds } from "./sounds.js";
import { say } from "../common/sentences.js";

let context = null;

/** The audio context, awake: another one after one that gave no sound. Rejects with Silent. */
export async function awaken() {
  try {
    context ??= new AudioContext();
  } catch {
    throw new Silent("taken"); // the device has no more of them to give
  }
  await wake(context);
  return context;
}

/** The decoded sound at `address`, and a context that is awake. */
export async function fetched(address) {
  const late = setTimeout(() => trouble(say("late")), LATE);
  try {
    const awake = await awaken();
    return { context: awake, buffer: await new Sounds(awake).get(address) };
  } finally {
    clearTimeout(late);
  }
}

/** Resolves when a source has been played to its end; rejects with Silent when the sound is taken away before. */
export async function played(source) {
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

/** Show a sentence in the notice of the page; an empty one hides it. */
export function trouble(sentence) {
  const notice = document.getElementById("trouble");
  notice.textContent = sentence;
  notice.hidden = !sentence;
  if (sentence) notice.scrollIntoView({ block: "nearest" });
}

/** Say why there was no sound; the next attempt begins with another context. */
export function explain(error) {
  trouble(say(error.sentence ?? "unloadable"));
  if (!(error instanceof Silent)) return;
  context?.close().catch(() => {});
  context = null;
}
