// Answers on their way into the store, written down at once: a page that goes takes unfinished transactions with it.

import { forgetLocally, keepLocally, keptLocally, localNames } from "../common/local-storage.js";

// Not among the drafts of the participation: it stays until the store has it.
const place = (participation) => `under-way/${participation}/`;
const nameOf = (participation, { event }) => place(participation) + event.uuid;

/** Write an answer down; without room for it, the store alone has to do. */
export const writeDown = (participation, item) => keepLocally(nameOf(participation, item), item);

export const crossOut = (participation, item) => forgetLocally(nameOf(participation, item));

/** The answers that are written down, oldest first. */
export function writtenDown(participation) {
  const items = localNames(place(participation)).map(keptLocally).filter(Boolean);
  return items.sort((one, other) => one.at.clock - other.at.clock || one.at.since - other.at.since);
}
