// An answer that can be given only while its clip plays, as ITU-R BS.1534 asks of sliders.

import { announce, say } from "../common/sentences.js";

const MOVES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown", " "];

/** Stands before a Question: what comes while its clip is silent is refused, and said. */
export class Guard {
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
    if (this.#open) this.question.settle(); // what was moved while it played counts
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
