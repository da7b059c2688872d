// Choosing an excerpt of a track: by dragging over the drawing, by keys, or by typing. The two fields of the form
// hold the selection; everything else follows them, so that the page works without this script too.

const field = document.getElementById("timeline");
const drawing = field.querySelector("svg");
const selection = document.getElementById("selection");
const playhead = document.getElementById("playhead");
const start = document.getElementById("id_start");
const length = document.getElementById("id_seconds");
const said = document.getElementById("said");
const sound = document.getElementById("sound");
const play = document.getElementById("play");

const SECONDS = Number(field.dataset.seconds);
const CURVE = field.dataset.said ? JSON.parse(field.dataset.said) : null;
const SHORTEST = Number(length.min);
const LONGEST = Math.min(Number(length.max), SECONDS);
const EDGE = 10; // pixels beside an edge of the selection in which it is dragged alone
const KEYS = { ArrowLeft: -0.1, ArrowRight: 0.1, ArrowDown: -0.1, ArrowUp: 0.1, PageDown: -5, PageUp: 5 };

const within = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));
const rounded = (value) => Math.round(value * 1000) / 1000;
const selected = () => ({ from: Number(start.value) || 0, seconds: Number(length.value) || 0 });

function select(from, seconds) {
  const long = within(seconds, SHORTEST, LONGEST);
  start.value = rounded(within(from, 0, SECONDS - long));
  length.value = rounded(long);
  show();
}

function show() {
  const { from, seconds } = selected();
  selection.setAttribute("x", (1000 * from) / SECONDS);
  selection.setAttribute("width", (1000 * Math.max(0, Math.min(seconds, SECONDS - from))) / SECONDS);
  const words = `${from.toFixed(1)} to ${(from + seconds).toFixed(1)} s`;
  field.setAttribute("aria-valuenow", from);
  field.setAttribute("aria-valuetext", words);
  said.textContent = CURVE ? `${words}. ${outputNear(from, seconds)}` : `${words}.`;
}

// The model was asked about parts of one length: the one whose middle is nearest is told.
function outputNear(from, seconds) {
  const wanted = from + seconds / 2 - CURVE.seconds / 2;
  let best = 0;
  CURVE.starts.forEach((place, index) => {
    if (Math.abs(place - wanted) < Math.abs(CURVE.starts[best] - wanted)) best = index;
  });
  return `Output for ${CURVE.target} around its middle: ${CURVE.outputs[best]}.`;
}

// Dragging

let drag = null;

function secondsAt(event) {
  const box = drawing.getBoundingClientRect();
  return within(((event.clientX - box.left) / box.width) * SECONDS, 0, SECONDS);
}

field.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  const { from, seconds } = selected();
  const at = secondsAt(event);
  const near = (EDGE / drawing.getBoundingClientRect().width) * SECONDS;
  if (Math.abs(at - from) < near) drag = { kind: "start", end: from + seconds };
  else if (Math.abs(at - from - seconds) < near) drag = { kind: "end" };
  else if (at > from && at < from + seconds) drag = { kind: "move", offset: at - from };
  else drag = { kind: "new", anchor: at };
  Object.assign(drag, { at, long: seconds, moved: false });
  field.setPointerCapture(event.pointerId);
});

field.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const at = secondsAt(event);
  const { from, seconds } = selected();
  drag.moved ||= Math.abs(at - drag.at) * drawing.getBoundingClientRect().width > 4 * SECONDS;
  if (!drag.moved) return;
  if (drag.kind === "start") {
    const first = within(at, Math.max(0, drag.end - LONGEST), drag.end - SHORTEST);
    select(first, drag.end - first);
  } else if (drag.kind === "end") select(from, within(at - from, SHORTEST, SECONDS - from));
  else if (drag.kind === "move") select(at - drag.offset, seconds);
  else select(Math.min(at, drag.anchor), Math.abs(at - drag.anchor));
});

function drop(event) {
  // A click moves the selection there, with the length that it has.
  if (drag && !drag.moved && drag.kind === "new") select(secondsAt(event), drag.long);
  drag = null;
}

field.addEventListener("pointerup", drop);
field.addEventListener("pointercancel", () => { drag = null; });

// Keys

field.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { from, seconds } = selected();
  const step = KEYS[event.key];
  if (step) select(from + step * (event.shiftKey && Math.abs(step) < 1 ? 10 : 1), seconds);
  else if (event.key === "Home") select(0, seconds);
  else if (event.key === "End") select(SECONDS - seconds, seconds);
  else if (event.key === "+") select(from, seconds + 0.1);
  else if (event.key === "-") select(from, seconds - 0.1);
  else if (event.key === "Enter") toggle();
  else return;
  event.preventDefault();
});

for (const input of [start, length]) input.addEventListener("input", show);

// Sound

let until = null;

function toggle() {
  if (!sound.paused && until !== null) return sound.pause();
  const { from, seconds } = selected();
  until = from + seconds;
  sound.currentTime = from;
  sound.play().catch(() => { said.textContent = "The browser cannot play this file; convert it to FLAC or WAV."; });
}

function follow() {
  playhead.setAttribute("x1", (1000 * sound.currentTime) / SECONDS);
  playhead.setAttribute("x2", (1000 * sound.currentTime) / SECONDS);
  if (until !== null && sound.currentTime >= until) sound.pause();
  if (!sound.paused) requestAnimationFrame(follow);
}

sound.addEventListener("play", () => {
  if (until !== null) play.textContent = "Stop";
  playhead.setAttribute("visibility", "visible");
  requestAnimationFrame(follow);
});

sound.addEventListener("pause", () => {
  until = null;
  play.textContent = "Play the excerpt";
});

play.addEventListener("click", toggle);
play.hidden = false;

for (const button of document.querySelectorAll(".select-excerpt")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    sound.pause();
    select(Number(button.dataset.start), Number(button.dataset.seconds));
    until = null;
    toggle();
  });
}

select(selected().from, selected().seconds);
