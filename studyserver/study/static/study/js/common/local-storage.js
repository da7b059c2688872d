// Saves small values in localStorage: it writes synchronously and outlives the tab. Without storage nothing is saved.

/** Save a value as JSON under a name, if there is room for it. */
export function saveLocally(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // What was not saved is not found later.
  }
}

/** The value under a name, or null. */
export function loadLocally(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

/** The names in use that begin with `start`. */
export function localNamesFrom(start) {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(start));
  } catch {
    return [];
  }
}

export function removeLocally(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // Without storage nothing was saved.
  }
}
