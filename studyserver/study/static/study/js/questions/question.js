// A question of a trial: its answer, and whether it is complete.

import { controlOf } from "./kinds.js";
import { OnlyWhilePlaying } from "./only-while-playing.js";

/**
 * One question on the page; calls `onAnswer(question)` whenever its answer has changed, and
 * `onBegun(question, position)` when a time mark begins, and with null when it has ended.
 * `clock` tells the player's `position` and the clip's `duration`, in s.
 */
export class Question {
  #control;

  constructor(root, { onAnswer, onBegun, clock }) {
    this.root = root;
    this.id = root.dataset.question;
    this.presentation = root.dataset.presentation || null;
    this.required = "required" in root.dataset;
    this.value = undefined;
    this.onAnswer = onAnswer;
    this.#control = controlOf(root.dataset.kind);
    const changed = (input) => this.#changed(input);
    this.#control.listen(root, { changed, clock, begun: (position) => onBegun(this, position) });
    if ("guarded" in root.dataset) this.gate = new OnlyWhilePlaying(this);
  }

  get complete() {
    if (this.value === undefined) return !this.required;
    return !this.required || this.#control.complete(this.value);
  }

  /** Whether the end of a time mark is still missing. */
  get open() {
    return this.#control.isOpen(this.root);
  }

  /** The answer in a few characters. */
  get summary() {
    return this.value === undefined ? "–" : this.#control.summary(this.value);
  }

  /** Continue a time mark that has begun but not ended. */
  resume(position) {
    this.#control.resume(this.root, position);
  }

  /** Show a stored value. */
  restore(value) {
    this.#control.write(this.root, value);
    this.root.dataset.answered = "true";
    this.value = value;
  }

  /** Show the last answer again, after an input that was refused. */
  revert() {
    if (this.value === undefined) this.#control.clear(this.root);
    else this.#control.write(this.root, this.value);
  }

  /** Follow the player: which clip sounds, and its position. */
  tick(sounding, position) {
    const sounds = this.presentation !== null && this.presentation === sounding;
    this.root.toggleAttribute("data-sounding", sounds);
    if (this.gate) this.gate.open = sounds;
    this.#control.tick(this.root, position);
  }

  /** Take over what was typed or moved but not reported yet. */
  settle() {
    if (this.#control.isLate) this.#changed();
  }

  #changed(input) {
    const value = this.#control.read(this.root, input);
    if (value === undefined || JSON.stringify(value) === JSON.stringify(this.value)) return;
    this.value = value;
    this.root.dataset.answered = "true";
    this.root.classList.remove("missing");
    this.onAnswer(this);
  }
}
