// What this browser still holds when the trials are over or left: sent all the same.

import { Queue } from "./queue.js";
import { Store } from "./store.js";

/** Send what is left of an element's participation; tells whether there was any (held), and whether all went (sent). */
export async function sendRemainder(element) {
  const store = await Store.open(element.dataset.participation);
  const queue = await Queue.open(store, { ...element.dataset, renewal: element.dataset.next });
  queue.addEventListener("refused", ({ detail }) => tell(element, detail.reason));
  const held = (await store.outbox()).length > 0;
  return { held, sent: await queue.flush() };
}

/** Say once why answers were not taken. */
function tell(element, reason) {
  if ([...element.children].some((notice) => notice.textContent === reason)) return;
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.setAttribute("role", "alert");
  notice.textContent = reason;
  element.append(notice);
}
