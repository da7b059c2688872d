// One trial of the headphone check: three intervals, one answer. Only the server knows the right one.

import { explainSilence, fetchSound, hold, playedToEnd, showTrouble } from "../player/check-audio.js";
import { removeNotReady, say } from "../common/sentences.js";

const button = document.getElementById("play-check");
const form = document.getElementById("headphones");
const tellMissing = hold(form);
const EVERY = 1.5; // s, from the beginning of one interval to that of the next
const points = [...form.querySelectorAll(".point")];

let playing = false;
let heard = false;

function refresh() {
  const ready = heard && form.querySelector("input[name=interval]:checked");
  tellMissing(ready ? "" : say(playing ? "hearToEnd" : heard ? "answerThis" : "hearFirst"));
}

/** Mark the interval that sounds, by the audio clock. */
function follow(context, begin) {
  const now = playing ? Math.floor((context.currentTime - begin) / EVERY) : -1;
  points.forEach((point, index) => point.toggleAttribute("data-sounding", index === now));
  if (playing) requestAnimationFrame(() => follow(context, begin));
}

async function play() {
  if (playing) return;
  playing = true;
  try {
    const { context, buffer } = await fetchSound(button.dataset.sound);
    const volume = new GainNode(context, { gain: Number(button.dataset.level) });
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(volume).connect(context.destination);
    const begin = context.currentTime + 0.05;
    source.start(begin);
    button.dataset.sounding = "";
    refresh();
    follow(context, begin);
    await playedToEnd(source);
    showTrouble("");
    heard = true;
  } catch (error) {
    explainSilence(error);
  }
  playing = false;
  delete button.dataset.sounding;
  refresh();
}

button.addEventListener("click", play);
form.addEventListener("change", refresh);
button.disabled = false; // before this a tap would be lost
removeNotReady();
