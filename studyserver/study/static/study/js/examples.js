// Sound examples of questions: buttons of their own, at the level of the clips; one thing sounds at a time.

import { Player } from "./player.js";
import { announce, say } from "./words.js";

/** Plays the examples within an element, whichever trial it shows. */
export class Examples {
  #player;
  #wanted = null; // the button pressed last

  constructor(root, { context, clips, sounds }) {
    Object.assign(this, { root, clips, sounds });
    this.#player = new Player(context);
    root.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-example]");
      if (button) this.#toggle(button);
    });
    this.#player.addEventListener("change", () => this.#show());
    clips.addEventListener("change", () => clips.sounding && this.stop());
  }

  stop() {
    this.#wanted = null;
    this.#player.pause();
  }

  async #toggle(button) {
    this.#player.unlock();
    const address = button.dataset.example;
    if (this.#player.sounding === address) return this.stop();
    this.clips.pause();
    this.#wanted = button;
    try {
      const buffer = await this.sounds.get(address);
      if (this.#wanted !== button) return;
      this.#player.setBuffer(address, buffer);
      this.#player.setLevel(this.clips.level);
      await this.#player.play(address, 0);
    } catch {
      announce(say("unloadable"));
    }
  }

  #show() {
    for (const button of this.root.querySelectorAll("[data-example]")) {
      const sounds = button.dataset.example === this.#player.sounding;
      button.toggleAttribute("data-sounding", sounds);
      button.setAttribute("aria-label", say(sounds ? "pauseOne" : "playOne", { name: button.textContent.trim() }));
    }
  }
}
