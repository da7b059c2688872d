// The page of trials: shows one after the other without reloading, and the state of sending in words.

import { Examples } from "../player/sound-examples.js";
import { getJSON, Refused, Unreachable } from "../common/http.js";
import { listenForKeys } from "../trial/keys.js";
import { listenForLanguage } from "../trial/language-change.js";
import { keepPage, Shelf } from "../answers/offline.js";
import { Player } from "../player/player.js";
import { Queue } from "../answers/queue.js";
import { Sounds } from "../player/sounds.js";
import { Store } from "../answers/store.js";
import { Trial } from "../trial/trial.js";
import { announce, removeNotReady, say } from "../common/sentences.js";

const page = document.getElementById("trials");
const addresses = { ...page.dataset };
const context = new AudioContext({ latencyHint: "interactive" });
const player = new Player(context);
const shelf = new Shelf(addresses.participation);
const sounds = new Sounds(context, shelf);
const onTrouble = (sentence) => trial?.trouble(sentence, "sound");
const examples = new Examples(page, { context, clips: player, sounds, onTrouble });
const tabs = "BroadcastChannel" in window ? new BroadcastChannel(addresses.participation) : null;
const soundsOf = (root) => [...root.querySelectorAll("[data-sound]")].map((element) => element.dataset.sound);
const examplesOf = (root) => [...root.querySelectorAll("[data-example]")].map((element) => element.dataset.example);

const RETRY = 3_000; // ms
const MOST_AHEAD = 12; // trials, enough for a minute or more without network

let trial = null;
let showing = Promise.resolve();
let looking = Promise.resolve();
let ahead = []; // the markup of the trials that come next, in order
let store;
let queue;
let retry = 0;

function showState({ state, reason }) {
  const element = document.getElementById("state");
  if (element.dataset.state !== state && (state === "offline" || state === "stopped" || element.dataset.state === "offline")) {
    announce(reason || say(state));
  }
  element.dataset.state = state;
  element.textContent = reason || say(state);
  trial?.tellWait(state);
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** Show a trial and focus its heading; one call after the other, never two at once. */
function show(root, options) {
  showing = showing.catch(() => {}).then(() => replace(root, options));
  return showing;
}

async function replace(root, { takeFocus = true, waits = false } = {}) {
  if (root.dataset.trial === trial?.token) return waits || trial.reopen();
  trial?.destroy();
  trial = null;
  if (page.firstElementChild !== root) page.replaceChildren(root);
  // The server may have made this page before it knew that the trial was left, here or in another tab.
  if (!waits && (await store.hasLeft(root.dataset.trial))) return void goOn();
  keep([root], Number(root.dataset.position));
  const place = ahead.findIndex((one) => one.dataset.trial === root.dataset.trial);
  ahead = place < 0 ? [] : ahead.slice(place + 1);
  examples.stop();
  sounds.keep([root, ...ahead].flatMap((one) => [...soundsOf(one), ...examplesOf(one)]));
  document.getElementById("position").textContent = root.dataset.progress;
  document.getElementById("progress").value = Number(root.dataset.position) - 1;
  document.title = root.dataset.title;
  trial = await Trial.bind(root, { player, sounds, store, queue, onNext: leave });
  trial.onAnswer = (event) => tabs?.postMessage({ answer: event });
  if (waits) trial.wait(queue.state);
  if (takeFocus) trial.takeFocus();
  lookAhead();
}

/** Keep trials as they came, for a reload without the server; drop those before `position`. */
function keep(roots, position) {
  const trials = roots.map((root) => ({
    position: Number(root.dataset.position),
    trial: root.dataset.trial,
    html: root.outerHTML,
    sounds: soundsOf(root),
    feedback: "feedback" in root.dataset,
  }));
  const kept = store.keepTrials(trials, position);
  kept.then((gone) => shelf.remove(gone.flatMap((one) => one.sounds))).catch(() => {}); // no room
}

/** Fetch the next trials ahead: their markup and their sounds; those of the very next trial are also decoded. */
function lookAhead() {
  looking = looking.then(fetchAhead).catch(() => {}); // what is missing is fetched when it is needed
  looking.then(collectSounds);
}

async function fetchAhead() {
  const last = ahead.at(-1) ?? trial?.root;
  const number = MOST_AHEAD - ahead.length;
  if (!last || number <= 0 || Number(last.dataset.position) >= document.getElementById("progress").max) return;
  const coming = await comingAfter(last, number);
  if (last === (ahead.at(-1) ?? trial?.root)) ahead.push(...coming);
}

/** The trials that follow another: from the server or, while it cannot be reached, from the store. */
async function comingAfter({ dataset }, number) {
  try {
    const { trials } = await getJSON(`${addresses.next}?after=${dataset.trial}&number=${number}`);
    const roots = trials.map(parse);
    keep(roots);
    return roots;
  } catch (error) {
    if (ahead.length) throw error;
    return (await store.trialsAfter(Number(dataset.position))).map(({ html }) => parse(html));
  }
}

async function collectSounds() {
  if (trial) await Promise.allSettled(soundsOf(trial.root).map((address) => sounds.get(address)));
  if (ahead.length) await Promise.allSettled(soundsOf(ahead[0]).map((address) => sounds.get(address)));
  const further = [...(trial ? examplesOf(trial.root) : []), ...ahead.flatMap(soundsOf), ...ahead.flatMap(examplesOf)];
  await sounds.collect([...new Set(further)]).catch(() => {});
}

/** From a trial that may be left to the next one. */
async function leave(left, listening) {
  try {
    await queue.finish(left.token, listening);
  } catch {
    return left.reopen(say("unkept"));
  }
  tabs?.postMessage({ left: left.token });
  // The feedback on a practice trial comes from the server with the event "finished"; the queue tries until it comes.
  if (ahead.length && !("feedback" in left.root.dataset)) return show(ahead[0]);
  if (trial === left) left.tellWait(queue.state);
}

/** Show what is next by the server: a trial, or another page. */
async function showCurrent() {
  await queue.flush();
  if (trial?.telling) return; // shows feedback; Next continues
  const { html, address } = await getJSON(addresses.current);
  if (address) return location.assign(address);
  const root = parse(html);
  if (!(await store.isDue(root.dataset.trial))) throw new Unreachable("The server does not know yet how far we are.");
  return show(root);
}

async function goOn() {
  clearTimeout(retry);
  try {
    await showCurrent();
  } catch (error) {
    if (error instanceof Refused) return location.reload();
    await showKept().catch(() => {});
    retry = setTimeout(goOn, RETRY); // the server decides as soon as it answers
  }
}

/** Show the trial that is next as far as this browser knows. */
async function showKept() {
  const kept = await store.keptTrial();
  if (kept && kept.trial !== trial?.token) return show(parse(kept.html), { waits: kept.waits });
  const notice = document.getElementById("without-trial");
  if (notice) notice.textContent = say("unconnected");
}

function listenToQueue() {
  queue.addEventListener("state", (event) => showState(event.detail));
  queue.addEventListener("finished", ({ detail }) => {
    if (detail.feedback && detail.trial === trial?.token) trial.tell(detail.feedback, goOn);
    else if (detail.trial === trial?.token || detail.address) goOn();
    else lookAhead();
  });
  queue.addEventListener("refused", async ({ detail }) => {
    if (detail.incomplete) await goOn();
    trial?.reopen(detail.reason);
    announce(detail.reason);
  });
}

/** Follow other tabs of the same participation. */
function listenToTabs() {
  tabs?.addEventListener("message", ({ data }) => {
    if (data.answer?.trial === trial?.token) trial?.mirror(data.answer);
    if (data.left && data.left === page.firstElementChild?.dataset.trial) {
      player.pause();
      trial?.trouble(say("elsewhere"));
      setTimeout(goOn, 500);
    }
  });
}

/** The level that the annotator has chosen during the trials, where the study allows it. */
const levelNoted = async () => ("volume" in addresses ? store.noted("level") : undefined);

async function start() {
  store = await Store.open(addresses.participation);
  player.setLevel(Number((await levelNoted()) ?? addresses.level));
  await store.raiseSequence(Number(addresses.sequence));
  queue = await Queue.open(store, { ...addresses, renewal: addresses.next });
  listenToQueue();
  listenToTabs();
  queue.flush(); // sends what a reload left, and shows the state
  listenForKeys(() => (trial?.resting ? null : trial));
  listenForLanguage(() => trial?.keep(), addresses.next);
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  const root = page.querySelector(".trial");
  if (root) await show(root, { takeFocus: false });
  removeNotReady();
  if (!root) await goOn();
  await Promise.allSettled(soundsOf(page).map((address) => sounds.get(address))); // the first sound comes first
  keepPage(addresses.worker).catch(() => {});
}

start().catch((error) => {
  if (store) throw error; // the message that the page is not ready stays
  removeNotReady();
  document.getElementById("cannot-store").hidden = false;
  document.getElementById("state").hidden = true;
});
