// The volume: a noise in a loop, a slider; the way is free once the noise has been heard.

import { awaken, trouble } from "./check-audio.js";
import { announce, say } from "./words.js";

const button = document.getElementById("play-noise");
const slider = document.getElementById("volume");
const form = document.getElementById("level");
const next = document.getElementById("level-next");
const reason = document.getElementById("level-reason");
const FADE = 0.02; // s

let context;
let volume;
let source = null;
let heard = false;

const gain = () => 10 ** (slider.value / 20);

function describe() {
  const share = (slider.value - slider.min) / (slider.max - slider.min);
  slider.setAttribute("aria-valuetext", `${Math.round(100 * share)} %`);
}

async function play() {
  context ??= new AudioContext();
  let buffer;
  try {
    buffer = await awaken(context, button.dataset.sound, () => trouble(say("silent")));
  } catch {
    trouble(say("unloadable"));
    return;
  }
  trouble("");
  volume ??= new GainNode(context, { gain: 0 });
  volume.connect(context.destination);
  source = new AudioBufferSourceNode(context, { buffer, loop: true });
  source.connect(volume);
  volume.gain.setTargetAtTime(gain(), context.currentTime, FADE);
  source.start();
  button.dataset.sounding = "";
  button.ariaLabel = say("pause");
  heard = true;
  form.elements.output_sample_rate.value = context.sampleRate;
  next.setAttribute("aria-disabled", "false");
  reason.textContent = "";
}

function stop() {
  volume.gain.setTargetAtTime(0, context.currentTime, FADE);
  source.stop(context.currentTime + 5 * FADE);
  source = null;
  delete button.dataset.sounding;
  button.ariaLabel = say("play");
}

button.addEventListener("click", () => (source ? stop() : play()));
slider.addEventListener("input", () => {
  describe();
  volume?.gain.setTargetAtTime(source ? gain() : 0, context.currentTime, FADE);
});
form.addEventListener("submit", (event) => {
  if (heard) return;
  event.preventDefault();
  announce(reason.textContent);
});
describe();
button.disabled = false; // before this a tap would have been lost
