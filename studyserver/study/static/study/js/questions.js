// Reads answers from, and writes them into, the controls of each kind of question.
//
// `read` returns undefined while nothing has been answered; `complete` says whether what there
// is suffices for a question that must be answered.

import { Guard } from "./guard.js";
import { numberOf, touch } from "./slider.js";
import { stretches } from "./stretches.js";

const checked = (root, selector) => root.querySelector(`${selector}:checked`);

function check(root, selector, value) {
  for (const input of root.querySelectorAll(selector)) input.checked = value != null && input.value === String(value);
}

const radios = (parse) => ({
  read: (root) => (checked(root, ".answer") ? parse(checked(root, ".answer").value) : undefined),
  write: (root, value) => check(root, ".answer", value),
});

const slider = {
  read(root) {
    const input = root.querySelector("input");
    return "unset" in input.dataset ? undefined : Number(input.value);
  },
  write(root, value) {
    root.querySelector("input").value = value;
    slider.show(root);
  },
  show(root) {
    const input = root.querySelector("input");
    touch(input);
    root.querySelector("output").textContent = numberOf(input);
  },
};

const presence = {
  read(root) {
    const chosen = checked(root, ".answer")?.value;
    const confidence = checked(root, ".sure")?.value;
    presence.show(root);
    return chosen && { presence: chosen, confidence: confidence && chosen !== "unsure" ? Number(confidence) : null };
  },
  write(root, value) {
    check(root, ".answer", value.presence);
    check(root, ".sure", value.confidence);
    presence.show(root);
  },
  /** How sure one is cannot be said of "cannot tell". */
  show(root) {
    root.querySelector(".confidence").disabled = checked(root, ".answer")?.value === "unsure";
  },
  complete: (value) => value.presence === "unsure" || value.confidence !== null,
};

const checklist = {
  read(root, changed) {
    const none = root.querySelector(".none-of-these");
    const answers = [...root.querySelectorAll(".answer")];
    if (changed === none && none.checked) for (const input of answers) input.checked = false;
    else if (changed?.checked && changed !== none) none.checked = false;
    const values = answers.filter((input) => input.checked).map((input) => input.value);
    return values.length || none.checked ? values : undefined;
  },
  write(root, values) {
    for (const input of root.querySelectorAll(".answer")) input.checked = values.includes(input.value);
    root.querySelector(".none-of-these").checked = values.length === 0;
  },
};

const text = {
  read: (root) => root.querySelector("textarea").value || (root.dataset.answered ? "" : undefined),
  write: (root, value) => (root.querySelector("textarea").value = value),
  complete: (value) => value.trim() !== "",
};

const preference = {
  read(root) {
    const chosen = checked(root, ".answer");
    return chosen ? { preferred: chosen.value || null, strength: Number(chosen.dataset.strength) } : undefined;
  },
  write(root, { preferred, strength }) {
    for (const input of root.querySelectorAll(".answer")) {
      input.checked = input.value === (preferred ?? "") && input.dataset.strength === String(strength);
    }
  },
};

const choice = radios(String);
const KINDS = { scale: radios(Number), choice, abx: choice, slider, presence, checklist, text, preference, stretches };
const TYPING_PAUSE = 600; // ms

/**
 * One question on the page; calls `onAnswer(question)` whenever its answer has changed, and
 * `onBegun(question, position)` when a stretch has begun, or is no longer open.
 * `clock` tells the player's `position` and the clip's `duration`, in s.
 */
export class Question {
  constructor(root, { onAnswer, onBegun, clock }) {
    this.root = root;
    this.id = root.dataset.question;
    this.presentation = root.dataset.presentation || null;
    this.kind = root.dataset.kind;
    this.required = "required" in root.dataset;
    this.value = undefined;
    this.onAnswer = onAnswer;
    if (this.kind === "stretches") {
      stretches.bind(root, clock, () => this.#changed(), (position) => onBegun(this, position));
    } else if (this.kind === "text") this.#listenToTyping();
    else root.addEventListener("change", (event) => this.#changed(event.target));
    if (this.kind === "slider") this.#listenToSlider();
    if ("guarded" in root.dataset) this.guard = new Guard(this);
  }

  get complete() {
    if (this.value === undefined) return !this.required;
    return !this.required || (KINDS[this.kind].complete?.(this.value) ?? true);
  }

  /** Whether the end of a stretch is still to be marked. */
  get open() {
    return this.kind === "stretches" && stretches.isOpen(this.root);
  }

  /** Go on with a stretch that has begun but not ended. */
  resume(position) {
    stretches.resume(this.root, position);
  }

  /** Show a value that is already stored. */
  restore(value) {
    KINDS[this.kind].write(this.root, value);
    this.root.dataset.answered = "true";
    this.value = value;
  }

  /** Show again what was answered last, after something that does not count. */
  revert() {
    if (this.value !== undefined) return KINDS[this.kind].write(this.root, this.value);
    for (const input of this.root.querySelectorAll("input")) {
      if (input.type === "range") input.dataset.unset = "";
      else input.checked = false;
    }
  }

  /** Follow the player: which clip sounds, and where it is. */
  tick(sounding, position) {
    const sounds = this.presentation !== null && this.presentation === sounding;
    this.root.toggleAttribute("data-sounding", sounds);
    if (this.guard) this.guard.open = sounds;
    if (this.kind === "stretches") stretches.tick(this.root, position);
  }

  /** Take over what has been typed or moved but not yet been reported. */
  settle() {
    if (this.kind === "text" || this.kind === "slider") this.#changed();
  }

  #changed(control) {
    const value = KINDS[this.kind].read(this.root, control);
    if (value === undefined || JSON.stringify(value) === JSON.stringify(this.value)) return;
    this.value = value;
    this.root.dataset.answered = "true";
    this.root.classList.remove("missing");
    this.onAnswer(this);
  }

  #listenToTyping() {
    let timer;
    this.root.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#changed(), TYPING_PAUSE);
    });
    this.root.addEventListener("focusout", () => this.#changed());
  }

  #listenToSlider() {
    const input = this.root.querySelector("input");
    const moved = () => slider.show(this.root);
    input.addEventListener("input", moved);
    // A press on the very middle moves nothing, and is an answer all the same.
    input.addEventListener("pointerup", () => (moved(), this.#changed(input)));
    input.addEventListener("keydown", (event) => {
      if (event.key.startsWith("Arrow") || ["Home", "End", "PageUp", "PageDown"].includes(event.key)) moved();
    });
    input.addEventListener("keyup", () => this.#changed(input));
  }
}
