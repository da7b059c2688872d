// The sound check: the annotator counts a few tones, some of them faint. It can be repeated and never blocks.

import { awakeContext, explainSilence, hold, playedToEnd, showTrouble } from "../player/check-audio.js";
import { removeNotReady, say } from "../common/sentences.js";

const LOUD = 0.1; // amplitude; a tone at this level is as loud as the clips (-23 LUFS)
const FAINT = 0.012;
const LENGTH = 0.3; // s
const PAUSE = 0.25;
const RAMP = 0.02;
const PITCHES = [440, 494, 554, 587, 659, 740, 880]; // Hz
const ENOUGH = 2; // wrong counts, or failures to play, after which the annotator may continue

const button = document.getElementById("play-tones");
const form = document.getElementById("check");
const tellMissing = hold(form);
const verdict = document.getElementById("verdict");
const result = { outcome: "not heard", attempts: 0, played: "", answered: "", output_sample_rate: 0 };

let tones = 0; // how many were played last; 0 before the first time and while a new set plays
let playing = false;
let mayContinue = false;
let silences = 0; // how often there was no sound

const choose = (list) => list[Math.floor(Math.random() * list.length)];

/** Schedule the tones on the audio clock; resolves when the last has ended. */
function sound(context, count) {
  const faint = new Set();
  while (faint.size < Math.floor(count / 2)) faint.add(1 + Math.floor(Math.random() * (count - 1)));
  let begin = context.currentTime + 0.1;
  let last;
  for (let index = 0; index < count; index++) {
    const level = Number(button.dataset.level) * (faint.has(index) ? FAINT : LOUD);
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(level, begin + RAMP);
    gain.gain.setValueAtTime(level, begin + LENGTH - RAMP);
    gain.gain.linearRampToValueAtTime(0, begin + LENGTH);
    last = new OscillatorNode(context, { frequency: choose(PITCHES) });
    last.connect(gain).connect(context.destination);
    last.start(begin);
    last.stop(begin + LENGTH);
    begin += LENGTH + PAUSE;
  }
  return playedToEnd(last);
}

async function play() {
  if (playing) return;
  playing = true;
  tones = 0;
  verdict.hidden = true;
  for (const input of form.querySelectorAll("input[name=count]")) input.checked = false;
  refresh();
  const count = choose([3, 4, 5, 6].filter((number) => !result.played.trim().endsWith(String(number))));
  try {
    const context = await awakeContext();
    button.dataset.sounding = "";
    await sound(context, count);
    showTrouble("");
    tones = count;
    result.output_sample_rate = context.sampleRate;
  } catch (error) {
    mayContinue ||= ++silences >= ENOUGH;
    explainSilence(error);
  }
  delete button.dataset.sounding;
  playing = false;
  refresh();
}

function show(sentence, good = false) {
  verdict.classList.toggle("good", good);
  verdict.textContent = sentence;
  verdict.hidden = false;
}

function refresh() {
  tellMissing(mayContinue ? "" : say(playing ? "tonesPlaying" : tones ? "tonesAnswer" : "tonesFirst"));
}

function answer(event) {
  if (!tones) return;
  const heard = Number(event.target.value);
  const right = heard === tones;
  result.attempts += 1;
  result.played += `${tones} `;
  result.answered += `${heard} `;
  result.outcome = right ? "passed" : "failed";
  mayContinue ||= right || result.attempts >= ENOUGH;
  show(say(right ? "tonesRight" : mayContinue ? "tonesAnyway" : "tonesWrong"), right);
  if (!right) tones = 0;
  refresh();
}

button.addEventListener("click", play);
form.addEventListener("change", answer);
form.addEventListener("submit", () => {
  form.elements.result.value = JSON.stringify({ ...result, played: result.played.trim(), answered: result.answered.trim() });
});
button.disabled = false; // before this a tap would be lost
removeNotReady();
