// Reads and shows answers in the controls of each kind of question.
//
// A control reads an answer (`read(root, changed)`: undefined while nothing has been answered) and shows one
// (`write(root, value)`). Where the defaults do not fit, it also has
// - `complete(value)`: whether an answer is complete where one is required;
// - `listen(root, { changed, clock, begun })`: call `changed(input)` whenever the answer may have changed;
// - `clear(root)`: show that nothing has been answered;
// - `summary(value)`: an answer in a few characters, for the clips whose questions are hidden on a narrow screen;
// - `isLate`: whether something may have been typed or moved that was not reported yet;
// - `isOpen(root)`, `resume(root, position)`, `tick(root, position)`: a time mark without an end; the player's position.
//
// The script of another kind registers its control before the trials are shown; see `Kind.script`.

import { listenToRange, numberOf, touch } from "./slider.js";
import { timeMarks } from "./time-marks.js";

const TYPING_PAUSE = 600; // ms

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
  listen: (root, { changed }) => listenToRange(root.querySelector("input"), () => slider.show(root), changed),
  isLate: true,
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
  /** "Cannot tell" takes no confidence. */
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
  listen(root, { changed }) {
    let timer;
    root.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(changed, TYPING_PAUSE);
    });
    root.addEventListener("focusout", () => changed());
  },
  isLate: true,
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
const CONTROLS = {
  scale: radios(Number),
  choice,
  abx: choice,
  intruder: choice,
  slider,
  presence,
  checklist,
  text,
  preference,
  stretches: timeMarks,
};
const DEFAULTS = {
  complete: () => true,
  listen: (root, { changed }) => root.addEventListener("change", (event) => changed(event.target)),
  clear(root) {
    for (const input of root.querySelectorAll("input")) {
      if (input.type === "range") input.dataset.unset = "";
      else input.checked = false;
    }
  },
  summary: (value) => (typeof value === "number" ? value : "✓"),
  isLate: false,
  isOpen: () => false,
  resume() {},
  tick() {},
};

/** Add the control of a kind of question. */
export function register(kind, control) {
  CONTROLS[kind] = control;
}

/** The control of a kind, completed by the defaults. */
export const controlOf = (kind) => ({ ...DEFAULTS, ...CONTROLS[kind] });
