// What has been entered into forms and not been sent yet; it outlives the tab, and is forgotten at the end.

import { forgetLocally, keepLocally, keptLocally, localNames } from "../common/local-storage.js";

/** Keep entries, [name, value] each, under a participation's name and a form's. */
export const keepDraft = (participation, form, entries) => keepLocally(`${participation}/${form}`, entries);

export const draftOf = (participation, form) => keptLocally(`${participation}/${form}`) ?? [];

export const forgetDrafts = (participation) => localNames(`${participation}/`).forEach(forgetLocally);
