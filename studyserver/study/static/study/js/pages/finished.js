// The last page: sends the answers that are left, and deletes what this browser kept of the participation.

import { forgetDrafts } from "../answers/form-drafts.js";
import { forgetPage } from "../answers/offline.js";
import { sendRemaining } from "../answers/send-remaining.js";
import { Store } from "../answers/store.js";

const participation = document.getElementById("participation");
forgetPage(location.pathname).catch(() => {});
forgetDrafts(participation.dataset.participation);
const { sent } = await sendRemaining(participation);
if (sent) Store.forget(participation.dataset.participation);
