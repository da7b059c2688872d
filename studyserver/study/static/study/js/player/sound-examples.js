// Plays the sound examples of questions at the level of the clips; one sound plays at a time.

import { Player } from "./player.js";
import { LATE } from "./sounds.js";
import { announce, say } from "../common/sentences.js";

/** Plays the examples of an element, whichever trial it shows. */
export class Examples {
  #player;
  #wanted = null; // the button pressed last

  /** Problems are reported to `onTrouble(sentence)`, with "" when an example sounds. */
  constructor(root, { context, clips, sounds, onTrouble = announce }) {
    Object.assign(this, { root, clips, sounds, onTrouble });
    this.#player = new Player(context);
    root.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-example]");
      if (button) this.#toggle(button);
    });
    this.#player.addEventListener("change", () => this.#show());
    this.#player.addEventListener("silent", ({ detail }) => this.#explain(detail));
    clips.addEventListener("change", () => clips.sounding && this.stop());
  }

  stop() {
    this.#wanted = null;
    this.#player.pause();
  }

  async #toggle(button) {
    this.#player.unlock().catch(() => {}); // play() reports it as well
    const address = button.dataset.example;
    if (this.#player.sounding === address) return this.stop();
    this.clips.pause();
    this.#wanted = button;
    const late = setTimeout(() => this.onTrouble(say("late")), LATE);
    try {
      const buffer = await this.sounds.get(address);
      if (this.#wanted !== button) return;
      this.#player.setBuffer(address, buffer);
      this.#player.setLevel(this.clips.level);
      await this.#player.play(address, 0);
      this.onTrouble("");
    } catch (error) {
      this.#explain(error);
    } finally {
      clearTimeout(late);
    }
  }

  #explain(error) {
    this.onTrouble(say(error.sentence ?? "unloadable"));
  }

  #show() {
    for (const button of this.root.querySelectorAll("[data-example]")) {
      const sounds = button.dataset.example === this.#player.sounding;
      button.toggleAttribute("data-sounding", sounds);
      button.setAttribute("aria-label", say(sounds ? "pauseOne" : "playOne", { name: button.textContent.trim() }));
    }
  }
}
