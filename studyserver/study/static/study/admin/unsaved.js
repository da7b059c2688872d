// Keeps what was typed in a form from being lost: buttons beside it save first, and the browser asks before leaving.

const form = document.querySelector("form[data-keep], #content-main > form[id$='_form']");

// A form that came back with errors counts as changed, although it holds what it was sent with.
const isRefused = document.querySelector(".errornote, .errorlist") !== null;

function hasChanged(control) {
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control instanceof HTMLSelectElement) return selectionHasChanged(control);
  if (control.type === "file") return control.value !== "";
  return "defaultValue" in control && control.value !== control.defaultValue;
}

function selectionHasChanged(select) {
  const options = [...select.options];
  const chosen = options.filter((option) => option.selected);
  const before = options.filter((option) => option.defaultSelected);
  // Where no option is preselected, a select for one value begins with its first option.
  if (!select.multiple && before.length === 0) return select.selectedIndex > 0;
  return chosen.length !== before.length || chosen.some((option) => !option.defaultSelected);
}

function isUnsaved() {
  return isRefused || [...form.elements].some((control) => control.name && hasChanged(control));
}

// A button beside the form was pressed: its fields are sent with the form, which is saved before the button acts.
function saveFirst(event) {
  const button = event.target;
  if (button === form || button.method !== "post" || !isUnsaved()) return;
  event.preventDefault();
  const pressed = event.submitter?.name ? [[event.submitter.name, event.submitter.value]] : [];
  for (const [name, value] of [["_then", new URL(button.action).pathname], ...pressed]) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form.append(field);
  }
  for (const control of [...button.elements]) {
    if (control.name && control.name !== "csrfmiddlewaretoken" && control !== event.submitter) {
      control.setAttribute("form", form.id);
    }
  }
  leaveQuietly();
  form.requestSubmit();
}

function ask(event) {
  if (isUnsaved()) event.preventDefault();
}

function leaveQuietly() {
  removeEventListener("beforeunload", ask);
}

if (form) {
  form.addEventListener("submit", leaveQuietly);
  addEventListener("beforeunload", ask);
  document.querySelector(".study-panel")?.addEventListener("submit", saveFirst);
  // Back from the page that the form led to, it may be typed in again.
  addEventListener("pageshow", (event) => { if (event.persisted) addEventListener("beforeunload", ask); });
}
