// What has been entered into forms and not been sent yet; it outlives the tab, and is forgotten at the end.

/** Keep entries, [name, value] each, under a participation's name and a form's. */
export function keepDraft(participation, form, entries) {
  try {
    localStorage.setItem(`${participation}/${form}`, JSON.stringify(entries));
  } catch {
    // Without storage a reload starts afresh; what was sent is safe all the same.
  }
}

export function draftOf(participation, form) {
  try {
    return JSON.parse(localStorage.getItem(`${participation}/${form}`) ?? "[]");
  } catch {
    return [];
  }
}

export function forgetDrafts(participation) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(`${participation}/`));
    for (const name of names) localStorage.removeItem(name);
  } catch {
    // What cannot be read was not kept.
  }
}
