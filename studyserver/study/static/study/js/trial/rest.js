// A rest before a trial: the button that ends it works after a while; the trial then appears.

import { announce, say } from "../common/sentences.js";

/** Show the rest of a trial's markup, and resolve to how long it lasted, in ms. */
export function rest(root, section) {
  const left = section.querySelector(".rest-left");
  const button = section.querySelector(".rest-end");
  const began = performance.now();
  const end = began + 1_000 * section.dataset.seconds;
  let timer;

  function tick() {
    if (!root.isConnected) return clearInterval(timer); // the trial was continued in another tab
    const seconds = Math.ceil((end - performance.now()) / 1_000);
    button.setAttribute("aria-disabled", seconds > 0);
    left.textContent = seconds > 0 ? say("restLeft", { seconds }) : say("restOver");
    if (seconds > 0) return;
    clearInterval(timer);
    announce(say("restOver"));
  }

  root.classList.add("resting");
  section.hidden = false;
  if (section.dataset.seconds > 0) {
    timer = setInterval(tick, 250);
    tick();
  }
  return new Promise((resolve) => {
    button.addEventListener("click", () => {
      if (performance.now() < end) return announce(left.textContent);
      root.classList.remove("resting");
      section.remove();
      resolve(Math.round(performance.now() - began));
    });
  });
}
