// The sound of the checks: an audio context that is awake, sounds that are played to their end, and what is the matter.

import { Silent, wake, watch } from "./clock.js";
import { LATE, Sounds } from "./sounds.js";
import { say } from "./words.js";

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

/** Resolves when the clock has gone on since a source was started; rejects with Silent if it does not. */
export function sounding({ context: awake }) {
  const begun = awake.currentTime;
  return new Promise((resolve, reject) => {
    const stop = watch(awake, () => (clearInterval(look), reject(new Silent("still"))));
    const look = setInterval(() => {
      if (awake.currentTime <= begun) return;
      clearInterval(look);
      stop();
      resolve();
    }, 20);
  });
}

/** Resolves when a source has been played to its end; rejects with Silent when the sound is taken away before. */
export function played(source) {
  const { context: awake } = source;
  const begun = awake.currentTime;
  const over = new AbortController();
  const ended = new Promise((resolve, reject) => {
    const silent = (sentence) => reject(new Silent(sentence));
    const stop = watch(awake, () => silent("still"));
    over.signal.addEventListener("abort", stop);
    source.onended = () => (awake.currentTime > begun ? resolve() : silent("still"));
    const check = () => awake.state !== "running" && silent("taken");
    awake.addEventListener("statechange", check, { signal: over.signal });
  });
  return ended.finally(() => over.abort());
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
