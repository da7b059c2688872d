// Keys for people at a keyboard: space plays, digits answer, Enter goes on, L loops, M marks. Where there are several
// sounds, letters choose one, and so do digits outside of questions.

const GROUPS = ".points, .options";
const typing = (target) => target.matches("textarea, select, input[type=text], input[type=number]");
const usesSpace = (target) =>
  target.matches("button, a, summary, input[type=checkbox]") || target.matches("input[type=radio]:not(:checked)");
const usesEnter = (target) => target.matches("button, a, summary");

/** Choose the answer under a digit, in the question with the focus or else the first without an answer. */
function answerByDigit(trial, digit) {
  const askable = trial.questions.filter((question) => question.root.querySelector(GROUPS));
  const focused = askable.find((question) => question.root.contains(document.activeElement));
  const question = focused ?? askable.find((one) => one.value === undefined || !one.complete) ?? askable[0];
  if (!question) return false;
  // The second part of a question, such as how sure one is, comes when the first is answered.
  const groups = [...question.root.querySelectorAll(GROUPS)];
  const group =
    groups.find((one) => one.contains(document.activeElement)) ??
    groups.find((one) => !one.querySelector(":checked")) ??
    groups[0];
  const control = group.querySelectorAll("input:not(:disabled)")[digit - 1];
  if (!control) return false;
  control.click();
  return true;
}

const inQuestion = () => document.activeElement?.closest("[data-question]") != null;

function useDigit(trial, digit) {
  if (trial.controls.clips.length > 1 && !inQuestion()) return trial.chooseClipByDigit(digit);
  return answerByDigit(trial, digit || 10);
}

function useLetter(trial, letter) {
  if (trial.chooseClip(letter) !== false) return undefined;
  if (letter === "L") return trial.toggleLoop();
  return letter === "M" ? trial.mark() : false;
}

/** Listen for keys; `currentTrial()` gives the trial that they act on. */
export function listenForKeys(currentTrial) {
  document.addEventListener("keydown", (event) => {
    const trial = currentTrial();
    if (!trial || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    let handled = false;
    if (event.key === " " && !usesSpace(event.target)) handled = trial.togglePlay();
    else if (event.key === "Enter" && !usesEnter(event.target)) handled = !event.repeat && trial.next();
    else if (event.repeat) return;
    else if (/^[0-9]$/.test(event.key)) handled = useDigit(trial, Number(event.key));
    else if (/^[a-z]$/i.test(event.key)) handled = useLetter(trial, event.key.toUpperCase());
    if (handled !== false) event.preventDefault();
  });
}
