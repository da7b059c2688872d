// Saves what was entered into forms and not sent yet; it outlives the tab and is deleted at the end.

import { loadLocally, localNamesFrom, removeLocally, saveLocally } from "../common/local-storage.js";

/** Save entries, [name, value] each, under the names of a participation and a form. */
export const keepDraft = (participation, form, entries) => saveLocally(`${participation}/${form}`, entries);

export const draftOf = (participation, form) => loadLocally(`${participation}/${form}`) ?? [];

export const forgetDrafts = (participation) => localNamesFrom(`${participation}/`).forEach(removeLocally);
