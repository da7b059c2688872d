// Small things in localStorage, which has them at once and keeps them beyond the tab; without storage nothing is kept.

/** Keep a value, as JSON, under a name, where there is room for it. */
export function keepLocally(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // What was not kept is not found later.
  }
}

/** The value under a name, or null. */
export function keptLocally(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

/** The names in use that begin with `start`. */
export function localNames(start) {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(start));
  } catch {
    return [];
  }
}

export function forgetLocally(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // What cannot be reached was not kept.
  }
}
