// It is over: what is left is sent, and this browser forgets what it kept of the participation.

import { forgetDrafts } from "./drafts.js";
import { forgetPage } from "./offline.js";
import { sendRemainder } from "./remainder.js";
import { Store } from "./store.js";

const participation = document.getElementById("participation");
forgetPage(location.pathname).catch(() => {});
forgetDrafts(participation.dataset.participation);
const { sent } = await sendRemainder(participation);
if (sent) Store.forget(participation.dataset.participation);
