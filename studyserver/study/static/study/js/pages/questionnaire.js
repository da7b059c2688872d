// A page of the questionnaire: questions that depend on others, sliders without a default, and drafts.

import { draftOf, keepDraft } from "../answers/form-drafts.js";
import { meets } from "../questions/rules.js";
import { numberOf, touch } from "../questions/slider.js";
import { removeNotReady } from "../common/sentences.js";

const form = document.getElementById("questionnaire");
const { participation, page } = form.dataset;

/** Show and hide the questions that depend on others on this page; in order, since these may depend on others too. */
function refresh() {
  const entered = new FormData(form);
  for (const question of form.querySelectorAll("[data-waits-for]")) {
    const before = document.getElementById(question.dataset.waitsFor);
    question.hidden = before.hidden || !meets(question.dataset.rule, entered.getAll(question.dataset.waitsFor));
  }
}

/** A slider is sent with the form from the moment it is moved. */
function move(slider) {
  if ("unset" in slider.dataset) {
    touch(slider);
    slider.name = slider.dataset.name;
  }
  form.querySelector(`output[for="${slider.id}"]`).textContent = numberOf(slider);
}

/** A slider can be moved before this script is there: where it is not at its start it has been. */
function moveEarly(slider) {
  const { type, min, max, step } = slider;
  if (slider.value !== Object.assign(document.createElement("input"), { type, min, max, step }).value) move(slider);
}

/** “None of these” and the others exclude each other. */
function exclude(box) {
  if (!box.checked) return;
  for (const other of form.querySelectorAll(`input[type=checkbox][name="${box.name}"]`)) {
    if ((other.value === "") !== (box.value === "")) other.checked = false;
  }
}

function keep() {
  keepDraft(participation, page, [...new FormData(form)].filter(([name]) => name.startsWith("q")));
}

/** Restore what was entered before a reload, or before the tab was closed. */
function restore() {
  for (const [name, value] of draftOf(participation, page)) {
    const slider = form.querySelector(`input[type=range][data-name="${name}"]`);
    const field = slider ?? form.elements[name];
    if (!field) continue;
    if (slider) {
      slider.value = value;
      move(slider);
    } else if (field instanceof RadioNodeList || field.type === "radio" || field.type === "checkbox") {
      for (const box of form.querySelectorAll(`[name="${name}"]`)) if (box.value === value) box.checked = true;
    } else field.value = value;
  }
}

form.addEventListener("pointerdown", (event) => event.target.type === "range" && move(event.target));
form.addEventListener("click", (event) => event.target.type === "range" && move(event.target));
form.addEventListener("input", (event) => {
  if (event.target.type === "range") move(event.target);
  if (event.target.type === "checkbox") exclude(event.target);
  refresh();
  keep();
});

restore();
form.querySelectorAll("input[type=range][data-unset]").forEach(moveEarly);
refresh();
form.querySelector(".error")?.closest(".asked").querySelector("input, textarea")?.focus();
removeNotReady();
