// A write-ahead log in localStorage of answers on their way into IndexedDB: a page that is closed aborts unfinished
// transactions, and with them the answers.

import { loadLocally, localNamesFrom, removeLocally, saveLocally } from "../common/local-storage.js";

// Not among the drafts of the participation, which are deleted at the end: an answer stays until the store has it.
const place = (participation) => `under-way/${participation}/`;
const nameOf = (participation, { event }) => place(participation) + event.uuid;

/** Log an answer; without room for it, the store alone must do. */
export const writeAhead = (participation, item) => saveLocally(nameOf(participation, item), item);

export const removeAhead = (participation, item) => removeLocally(nameOf(participation, item));

/** The answers in the log, oldest first. */
export function writtenAhead(participation) {
  const items = localNamesFrom(place(participation)).map(loadLocally).filter(Boolean);
  return items.sort((one, other) => one.at.clock - other.at.clock || one.at.since - other.at.since);
}
