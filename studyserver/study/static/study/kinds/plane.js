// The valence-arousal plane: its point is set with a pointer, or with two sliders by keys and screen readers.

import { register } from "../js/questions/kinds.js";
import { listenToRange, numberOf, touch } from "../js/questions/slider.js";

const AXES = { valence: "--x", arousal: "--y" };
const rangesOf = (root) => Object.keys(AXES).map((axis) => root.querySelector(`input.${axis}`));
const isSet = (range) => !("unset" in range.dataset);

function show(root) {
  const plane = root.querySelector(".plane");
  const numbers = root.querySelector(".numbers");
  const ranges = rangesOf(root);
  for (const range of ranges) {
    plane.style.setProperty(AXES[range.className], (range.value - range.min) / (range.max - range.min));
    plane.toggleAttribute(`data-${range.className}`, isSet(range));
  }
  const parts = ranges.map((range) => (isSet(range) ? numberOf(range) : "–"));
  numbers.textContent = ranges.some(isSet) ? `↔\u00a0${parts[0]}  ↕\u00a0${parts[1]}` : numbers.dataset.empty;
}

function set(root, values) {
  rangesOf(root).forEach((range, place) => {
    range.value = values[place];
    touch(range);
  });
  show(root);
}

/** Put the point where the pointer is, or at the edge if the pointer is outside the plane. */
function follow(root, { clientX, clientY }) {
  const box = root.querySelector(".plane").getBoundingClientRect();
  const shares = [(clientX - box.left) / box.width, (box.bottom - clientY) / box.height];
  const within = shares.map((share) => Math.min(Math.max(share, 0), 1));
  set(root, rangesOf(root).map(({ min, max }, place) => Number(min) + within[place] * (max - min)));
}

function listenToPointer(root, changed) {
  const plane = root.querySelector(".plane");
  plane.addEventListener("pointerdown", (down) => {
    if (!down.isPrimary || down.button !== 0) return;
    const done = new AbortController();
    const until = { signal: done.signal };
    plane.setPointerCapture(down.pointerId);
    follow(root, down);
    plane.addEventListener("pointermove", (event) => follow(root, event), until);
    for (const name of ["pointerup", "pointercancel"]) plane.addEventListener(name, () => (done.abort(), changed()), until);
  });
}

register("plane", {
  read(root) {
    const [valence, arousal] = rangesOf(root);
    // In the server's order: otherwise the same point would compare as another answer.
    return isSet(valence) && isSet(arousal) ? { arousal: Number(arousal.value), valence: Number(valence.value) } : undefined;
  },
  write: (root, { valence, arousal }) => set(root, [valence, arousal]),
  clear(root) {
    for (const range of rangesOf(root)) range.dataset.unset = "";
    show(root);
  },
  listen(root, { changed }) {
    listenToPointer(root, changed);
    for (const range of rangesOf(root)) {
      listenToRange(range, () => (touch(range), show(root)), changed);
      range.addEventListener("focus", () => root.querySelector(".plane").scrollIntoView({ block: "nearest" }));
    }
  },
  isLate: true,
});
