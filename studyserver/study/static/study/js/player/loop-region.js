// The buttons that choose which part of a sound the loop repeats: from here, to here, or the whole.

import { say } from "../common/sentences.js";

const SHORTEST = 0.2; // s

export class LoopRegion {
  chosen = null; // [from, to] in s, or null for the whole

  constructor(root, controls, clock) {
    Object.assign(this, { root, controls, clock });
    this.whole = root.querySelector(".region-whole");
    this.output = root.querySelector("output");
    root.querySelector(".region-begin").addEventListener("click", () => this.#choose(0));
    root.querySelector(".region-end").addEventListener("click", () => this.#choose(1));
    this.whole.addEventListener("click", () => this.#set(null));
  }

  /** Move one end of the region to where the player is; the other end moves if the region would be too short. */
  #choose(end) {
    const { player, duration } = this.controls;
    const region = [...(this.chosen ?? [0, duration])];
    region[end] = player.position;
    if (region[1] - region[0] < SHORTEST) region[1 - end] = end ? 0 : duration;
    if (region[1] - region[0] >= SHORTEST) this.#set(region);
  }

  #set(region) {
    this.chosen = region;
    this.whole.hidden = region === null;
    this.output.textContent = region ? say("region", { from: this.clock(region[0]), to: this.clock(region[1]) }) : "";
    this.controls.setLoop(true, region);
  }
}
