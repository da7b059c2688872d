// Sends the answers that this browser still holds when the trials are over or the annotator has left.

import { Queue } from "./queue.js";
import { Store } from "./store.js";

/** Send what is left of an element's participation; resolves to whether there was any (held), and all was sent (sent). */
export async function sendRemaining(element) {
  const store = await Store.open(element.dataset.participation);
  const queue = await Queue.open(store, { ...element.dataset, renewal: element.dataset.next });
  queue.addEventListener("refused", ({ detail }) => tell(element, detail.reason));
  const held = (await store.outbox()).length > 0;
  return { held, sent: await queue.flush() };
}

/** Show once why answers were refused. */
function tell(element, reason) {
  if ([...element.children].some((notice) => notice.textContent === reason)) return;
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.setAttribute("role", "alert");
  notice.textContent = reason;
  element.append(notice);
}
