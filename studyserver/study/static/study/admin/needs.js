// Shows only the form fields that the choice in a select needs, as listed in its data attribute.

function fieldOf(select, name) {
  const input = document.getElementById(select.id.replace(/[^-_]+$/, name));
  return input && (input.closest(".form-multiline > div") ?? input.closest(".form-row"));
}

function show(select) {
  const needs = JSON.parse(select.dataset.needs);
  const wanted = new Set(needs[select.value] ?? []);
  for (const name of new Set(Object.values(needs).flat())) {
    const field = fieldOf(select, name);
    if (!field) continue;
    field.hidden = !wanted.has(name);
    const row = field.closest(".form-row");
    const parts = row.querySelectorAll(".form-multiline > div");
    if (parts.length) row.hidden = [...parts].every((part) => part.hidden);
  }
}

function prepare(root) {
  for (const select of root.querySelectorAll("select[data-needs]")) {
    show(select);
    select.addEventListener("change", () => show(select));
  }
}

prepare(document);
document.addEventListener("formset:added", (event) => prepare(event.target));
