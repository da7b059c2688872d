// Answers on their way into the store, written down at once: a page that goes takes unfinished transactions with it.

const place = (participation) => `${participation}/under-way/`;

/** Write an answer down; returns the function that forgets it. */
export function writeDown(participation, item) {
  const name = place(participation) + item.event.uuid;
  try {
    localStorage.setItem(name, JSON.stringify(item));
  } catch {
    return () => {}; // without room for it, the store alone has to do
  }
  return () => localStorage.removeItem(name);
}

/** The answers that are written down, oldest first. */
export function writtenDown(participation) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(place(participation)));
    const items = names.map((name) => JSON.parse(localStorage.getItem(name)));
    return items.sort((one, other) => one.at.clock - other.at.clock || one.at.since - other.at.since);
  } catch {
    return [];
  }
}
