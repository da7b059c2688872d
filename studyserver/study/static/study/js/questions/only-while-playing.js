// Accepts an answer only while its clip plays, as ITU-R BS.1534 demands for sliders.

import { announce, say } from "../common/sentences.js";

const MOVES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown", " "];

/** Refuses input to a Question while its clip is silent, and says so. */
export class OnlyWhilePlaying {
  #open = null;

  constructor(question) {
    this.question = question;
    for (const type of ["click", "keydown", "input", "change", "pointerup"]) {
      question.root.addEventListener(type, (event) => this.#refuse(event), { capture: true });
    }
    this.open = false;
  }

  set open(open) {
    if (open === this.#open) return;
    if (this.#open) this.question.settle(); // a move made while it played counts
    this.#open = open;
    this.question.root.toggleAttribute("data-closed", !open);
    for (const input of this.question.root.querySelectorAll("input")) input.setAttribute("aria-disabled", !open);
  }

  #refuse(event) {
    if (this.#open || (event.type === "keydown" && !MOVES.includes(event.key))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.type === "input" || event.type === "change") this.question.revert();
    if (event.type !== "pointerup") announce(say("playToRate", { name: this.question.root.dataset.guarded }));
  }
}
