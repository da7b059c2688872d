// It is over: what is left is sent, and this browser forgets what it kept of the participation.

import { forgetPage } from "./offline.js";
import { sendRemainder } from "./remainder.js";
import { Store } from "./store.js";

const participation = document.getElementById("participation");
forgetPage(location.pathname).catch(() => {});
if (await sendRemainder(participation)) Store.forget(participation.dataset.participation);
