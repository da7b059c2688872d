// The level page: a looped noise and a slider; the annotator may continue once the noise has been heard.

import { explainSilence, fetchSound, hold, showTrouble } from "../player/check-audio.js";
import { Silent, watch } from "../player/audio-clock.js";
import { removeNotReady, say } from "../common/sentences.js";

const button = document.getElementById("play-noise");
const slider = document.getElementById("volume");
const form = document.getElementById("level");
const tellMissing = hold(form);
const FADE = 0.02; // s

let noise = null; // { source, volume, unwatch } while it sounds
let starting = false;

const gain = () => 10 ** (slider.value / 20);

function describe() {
  const share = (slider.value - slider.min) / (slider.max - slider.min);
  slider.setAttribute("aria-valuetext", `${Math.round(100 * share)} %`);
}

async function play() {
  if (starting) return;
  starting = true;
  await fetchSound(button.dataset.sound).then(start, explainSilence);
  starting = false;
}

function start({ context, buffer }) {
  const volume = new GainNode(context, { gain: 0 });
  const source = new AudioBufferSourceNode(context, { buffer, loop: true });
  source.connect(volume).connect(context.destination);
  volume.gain.setTargetAtTime(gain(), context.currentTime, FADE);
  source.start();
  noise = { source, volume, unwatch: watch(context, () => lose("still"), hear) };
  context.onstatechange = () => context.state === "running" || lose("taken");
  button.dataset.sounding = "";
  button.ariaLabel = say("pause");
}

/** The noise sounds: the audio clock advances. */
function hear() {
  showTrouble("");
  form.elements.output_sample_rate.value = noise.source.context.sampleRate;
  tellMissing("");
}

function lose(why) {
  if (!noise) return;
  stop();
  explainSilence(new Silent(why));
}

function stop() {
  const { source, volume, unwatch } = noise;
  noise = null;
  unwatch();
  volume.gain.setTargetAtTime(0, source.context.currentTime, FADE);
  source.stop(source.context.currentTime + 5 * FADE);
  delete button.dataset.sounding;
  button.ariaLabel = say("play");
}

button.addEventListener("click", () => (noise ? stop() : play()));
slider.addEventListener("input", () => {
  describe();
  noise?.volume.gain.setTargetAtTime(gain(), noise.source.context.currentTime, FADE);
});
describe();
button.disabled = false; // before this a tap would be lost
removeNotReady();
