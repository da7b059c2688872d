// Marks stretches of time: by a button (or M) while listening, by drawing on the time line, or as numbers.

import { announce, say } from "../common/sentences.js";

const SHORTEST = 0.05; // s
const widgets = new WeakMap();
const tidy = (seconds) => Math.round(seconds * 100) / 100;

/** The same stretches in order, those that meet made one. */
function join(stretches) {
  const joined = [];
  for (const [begin, end] of [...stretches].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && begin <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([begin, end]);
  }
  return joined;
}

class Widget {
  stretches = [];
  #begun = null; // where a stretch begins whose end is still to be marked

  /** `onBegun(position)` hears where a stretch begins, and null when none is open. */
  constructor(root, clock, onChange, onBegun) {
    Object.assign(this, { root, clock, onChange, onBegun });
    this.line = root.querySelector(".time-line");
    this.list = root.querySelector(".marked");
    this.button = root.querySelector(".mark");
    this.nowhere = root.querySelector(".nowhere");
    this.button.addEventListener("click", () => this.#mark());
    this.nowhere.addEventListener("change", () => (this.#begin(null), this.#set([])));
    this.line.addEventListener("pointerdown", (event) => this.#draw(event));
  }

  /** What is answered: nothing at all while neither a stretch nor "nowhere" is marked. */
  get value() {
    return this.stretches.length || this.nowhere.checked ? this.stretches : undefined;
  }

  show(stretches) {
    this.stretches = stretches;
    this.nowhere.checked = stretches.length === 0;
    this.#render();
  }

  /** Whether a stretch has begun whose end is still to be marked. */
  get open() {
    return this.#begun !== null;
  }

  /** Go on with a stretch that had begun before the page was loaded. */
  resume(position) {
    this.#begun = position;
    this.#render();
  }

  tick(position) {
    const duration = this.clock.duration();
    this.line.style.setProperty("--now", duration ? position / duration : 0);
    if (this.openBar) this.#place(this.openBar, [this.#begun, Math.max(this.#begun, position)]);
    // The length is known only once the sound has been decoded.
    if (duration !== this.drawnFor) this.#render();
  }

  #set(stretches) {
    this.stretches = join(stretches.map((stretch) => stretch.map(tidy)));
    this.nowhere.checked = this.stretches.length === 0; // what is stored is what is seen
    this.#render();
    this.onChange();
  }

  #add(begin, end) {
    const duration = this.clock.duration();
    const stretch = [Math.max(0, begin), Math.min(end, duration)];
    if (stretch[1] - stretch[0] < SHORTEST) return;
    this.#set([...this.stretches, stretch]);
    announce(say("marked", { from: tidy(stretch[0]), to: tidy(stretch[1]) }));
  }

  #mark() {
    const position = this.clock.position();
    if (this.#begun === null) return this.#begin(position);
    const begun = this.#begun;
    this.#begin(null);
    // Whoever heard the end without pressing again meant: to the end.
    this.#add(begun, position > begun ? position : this.clock.duration());
  }

  #begin(position) {
    this.#begun = position;
    this.onBegun(position);
    this.#render();
  }

  #label() {
    this.button.textContent = this.open ? this.button.dataset.end : this.button.dataset.begin;
    this.button.toggleAttribute("data-open", this.open);
  }

  #draw(down) {
    const duration = this.clock.duration();
    if (!duration) return;
    const box = this.line.getBoundingClientRect();
    const at = (event) => (Math.min(Math.max(0, event.clientX - box.left), box.width) / box.width) * duration;
    const draft = this.#bar([at(down), at(down)]);
    const done = new AbortController();
    this.line.setPointerCapture(down.pointerId);
    const ends = (event) => [at(down), at(event)].sort((a, b) => a - b);
    this.line.addEventListener("pointermove", (event) => this.#place(draft, ends(event)), { signal: done.signal });
    for (const name of ["pointerup", "pointercancel"]) {
      const finish = (event) => {
        done.abort();
        draft.remove();
        if (name === "pointerup") this.#add(...ends(event));
      };
      this.line.addEventListener(name, finish, { signal: done.signal });
    }
  }

  #bar(stretch) {
    const bar = document.createElement("span");
    bar.className = "stretch";
    this.#place(bar, stretch);
    this.line.append(bar);
    return bar;
  }

  #place(bar, [begin, end]) {
    const duration = this.clock.duration() || 1;
    bar.style.setProperty("--begin", begin / duration);
    bar.style.setProperty("--length", (end - begin) / duration);
  }

  #render() {
    this.drawnFor = this.clock.duration();
    for (const bar of this.line.querySelectorAll(".stretch")) bar.remove();
    for (const stretch of this.stretches) this.#bar(stretch);
    this.openBar = this.open ? this.#bar([this.#begun, this.#begun]) : null;
    this.openBar?.classList.add("open");
    this.list.replaceChildren(...this.stretches.map((stretch, index) => this.#row(stretch, index)));
    this.#label();
  }

  #row(stretch, index) {
    const row = this.root.querySelector("template").content.cloneNode(true);
    const inputs = [row.querySelector(".begin"), row.querySelector(".end")];
    inputs.forEach((input, end) => {
      input.value = stretch[end];
      input.max = tidy(this.clock.duration());
      input.addEventListener("change", () => {
        this.#edit(index, inputs.map((one) => Number(one.value)));
        this.list.querySelectorAll("li")[index]?.querySelector(end ? ".end" : ".begin").focus();
      });
    });
    row.querySelector(".remove").addEventListener("click", () => {
      this.#set(this.stretches.filter((_, place) => place !== index));
      this.button.focus();
    });
    return row;
  }

  #edit(index, [begin, end]) {
    const others = this.stretches.filter((_, place) => place !== index);
    const stretch = [Math.max(0, begin), Math.min(end, this.clock.duration())];
    if (stretch[1] - stretch[0] >= SHORTEST) this.#set([...others, stretch]);
    else this.#render();
  }
}

export const stretches = {
  listen: (root, { clock, changed, begun }) => widgets.set(root, new Widget(root, clock, changed, begun)),
  isOpen: (root) => widgets.get(root).open,
  resume: (root, position) => widgets.get(root).resume(position),
  tick: (root, position) => widgets.get(root).tick(position),
  read: (root) => widgets.get(root).value,
  write: (root, value) => widgets.get(root).show(value),
};
