// Time marks, the intervals in which something is heard: set by a button (or M) while listening, by drawing on the time
// line, or as numbers.

import { merged } from "../common/intervals.js";
import { announce, say } from "../common/sentences.js";

const SHORTEST = 0.05; // s
const widgets = new WeakMap();
const tidy = (seconds) => Math.round(seconds * 100) / 100;

class TimeMarks {
  marks = [];
  #begun = null; // the beginning of a mark without an end

  /** `onBegun(position)` is called when a mark begins, and with null when it has ended. */
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

  /** The answer: undefined while there is neither a mark nor "nowhere". */
  get value() {
    return this.marks.length || this.nowhere.checked ? this.marks : undefined;
  }

  show(marks) {
    this.marks = marks;
    this.nowhere.checked = marks.length === 0;
    this.#render();
  }

  /** Whether there is a mark without an end. */
  get open() {
    return this.#begun !== null;
  }

  /** Continue a mark that had begun before the page was loaded. */
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

  #set(marks) {
    this.marks = merged(marks.map((mark) => mark.map(tidy)));
    this.nowhere.checked = this.marks.length === 0; // the page shows what is stored
    this.#render();
    this.onChange();
  }

  #add(begin, end) {
    const duration = this.clock.duration();
    const mark = [Math.max(0, begin), Math.min(end, duration)];
    if (mark[1] - mark[0] < SHORTEST) return;
    this.#set([...this.marks, mark]);
    announce(say("marked", { from: tidy(mark[0]), to: tidy(mark[1]) }));
  }

  #mark() {
    const position = this.clock.position();
    if (this.#begun === null) return this.#begin(position);
    const begun = this.#begun;
    this.#begin(null);
    // The clip was played to its end without a second press: the mark reaches to the end.
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

  #bar(mark) {
    const bar = document.createElement("span");
    bar.className = "stretch";
    this.#place(bar, mark);
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
    for (const mark of this.marks) this.#bar(mark);
    this.openBar = this.open ? this.#bar([this.#begun, this.#begun]) : null;
    this.openBar?.classList.add("open");
    this.list.replaceChildren(...this.marks.map((mark, index) => this.#row(mark, index)));
    this.#label();
  }

  #row(mark, index) {
    const row = this.root.querySelector("template").content.cloneNode(true);
    const inputs = [row.querySelector(".begin"), row.querySelector(".end")];
    inputs.forEach((input, end) => {
      input.value = mark[end];
      input.max = tidy(this.clock.duration());
      input.addEventListener("change", () => {
        this.#edit(index, inputs.map((one) => Number(one.value)));
        this.list.querySelectorAll("li")[index]?.querySelector(end ? ".end" : ".begin").focus();
      });
    });
    row.querySelector(".remove").addEventListener("click", () => {
      this.#set(this.marks.filter((_, place) => place !== index));
      this.button.focus();
    });
    return row;
  }

  #edit(index, [begin, end]) {
    const others = this.marks.filter((_, place) => place !== index);
    const mark = [Math.max(0, begin), Math.min(end, this.clock.duration())];
    if (mark[1] - mark[0] >= SHORTEST) this.#set([...others, mark]);
    else this.#render();
  }
}

/** The control of the kind `stretches`. */
export const timeMarks = {
  listen: (root, { clock, changed, begun }) => widgets.set(root, new TimeMarks(root, clock, changed, begun)),
  isOpen: (root) => widgets.get(root).open,
  resume: (root, position) => widgets.get(root).resume(position),
  tick: (root, position) => widgets.get(root).tick(position),
  read: (root) => widgets.get(root).value,
  write: (root, value) => widgets.get(root).show(value),
};
