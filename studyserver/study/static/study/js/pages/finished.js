// It is over: what is left is sent, and this browser forgets what it kept of the participation.

import { forgetDrafts } from "../answers/form-drafts.js";
import { forgetPage } from "../answers/offline.js";
import { sendRemainder } from "../answers/send-remaining.js";
import { Store } from "../answers/store.js";

const participation = document.getElementById("participation");
forgetPage(location.pathname).catch(() => {});
forgetDrafts(participation.dataset.participation);
const { sent } = await sendRemainder(participation);
if (sent) Store.forget(participation.dataset.participation);
