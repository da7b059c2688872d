// The visible player: a round button for each clip, position, time, loop.

import { LoopRegion } from "./loop-region.js";
import { LATE, Undecodable } from "./sounds.js";
import { drawWaveform } from "./waveform.js";
import { announce, say } from "../common/sentences.js";

/** Minutes and seconds; decoding to another rate may leave a sound short of its full second. */
function clock(exact) {
  const seconds = Math.floor(exact + 0.02);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const WHOLE = 0.05; // s: a region that leaves out no more than this at each end is the whole clip
const REFRESH = 100; // ms

/** Binds the player's controls on the page to a Player; reports to a Recorder. */
export class Controls {
  clips = [];
  #begun = null; // a play that counts as soon as the audio clock advances
  #listeners = new AbortController();

  /** `restart`: switching to a clip starts it from its beginning instead of at the same position. */
  constructor(root, { player, sounds, recorder, restart, onProgress, onLevel }) {
    Object.assign(this, { root, player, recorder, restart, onProgress, onLevel });
    this.seek = root.querySelector(".seek");
    this.time = root.querySelector(".time");
    this.loop = root.querySelector(".loop");
    this.volume = root.querySelector(".volume-range");
    this.waveform = root.querySelector(".waveform");
    for (const element of root.querySelectorAll(".clip")) this.#addClip(element, sounds);
    this.selected = this.clips[0];
    this.#listen();
    player.setLoop(false);
    const region = root.querySelector(".region");
    if (region) this.region = new LoopRegion(region, this, clock);
    recorder.level(player.level);
  }

  #addClip(element, sounds) {
    const clip = {
      id: element.dataset.presentation,
      name: element.dataset.name,
      letter: element.dataset.letter,
      button: element.querySelector(".play"),
      ready: false,
      wanted: false,
    };
    this.clips.push(clip);
    clip.button.dataset.loading = "";
    clip.button.addEventListener("click", () => this.toggle(clip));
    this.#load(clip, element.dataset.sound, sounds);
  }

  /** Problems with a sound are reported to `onTrouble(sentence, about)`, with "" when they are over. */
  async #load(clip, address, sounds) {
    const late = setTimeout(() => this.onTrouble?.(say("late"), clip.id), LATE);
    clip.retry = null;
    try {
      const buffer = await (clip.wanted ? sounds.again(address) : sounds.get(address));
      if (this.#listeners.signal.aborted) return;
      this.player.setBuffer(clip.id, buffer);
      this.recorder.addClip(clip.id, buffer.duration);
      Object.assign(clip, { ready: true, duration: buffer.duration, buffer });
      if (clip === this.selected) drawWaveform(this.waveform, buffer);
      delete clip.button.dataset.loading;
      this.onTrouble?.("", clip.id);
      if (clip.wanted) {
        announce(""); // withdraws "loading"
        this.#play(clip);
      }
      this.refresh();
    } catch (error) {
      if (this.#listeners.signal.aborted) return;
      this.onTrouble?.(say(error.sentence ?? "unloadable"), clip.id);
      clip.retry = () => this.#load(clip, address, sounds);
      if (!(error instanceof Undecodable)) setTimeout(() => clip.retry?.(), 5_000);
    } finally {
      clearTimeout(late);
    }
  }

  #listen() {
    const until = { signal: this.#listeners.signal };
    this.player.addEventListener("change", () => this.refresh(), until);
    this.player.addEventListener("stretch", (event) => this.#heard(event.detail), until);
    this.player.addEventListener("silent", (event) => this.#explain(event.detail), until);
    this.player.addEventListener("ended", () => this.onEnded?.(), until);
    this.loop?.addEventListener("click", () => this.toggleLoop());
    this.volume?.addEventListener("input", () => this.player.setLevel(Number(this.volume.value)));
    this.volume?.addEventListener("change", () => this.#levelled());
    if (this.volume) this.volume.value = this.player.level;
    this.seek.addEventListener("input", () => this.#showTime(Number(this.seek.value)));
    this.seek.addEventListener("change", () => this.#seekTo(Number(this.seek.value)));
    this.seek.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
      if (!(event.key in steps)) return;
      event.preventDefault();
      this.#seekTo(this.player.position + steps[event.key]);
    });
    this.timer = setInterval(() => this.player.sounding && this.refresh(), REFRESH);
  }

  #levelled() {
    this.recorder.level(this.player.level, true);
    this.onLevel(this.player.level);
  }

  #seekTo(position) {
    const end = this.duration;
    if (!end) return; // nothing to seek in yet
    this.recorder.sought(this.selected.id);
    this.player.seek(Math.min(Math.max(0, position), Math.max(0, end - 0.01)));
    this.refresh();
  }

  /** Play a clip, switch to it, or pause it. */
  toggle(clip = this.selected) {
    clip.wanted = !clip.ready;
    if (!clip.ready) {
      this.player.unlock().catch((error) => this.#explain(error));
      clip.retry?.();
      return announce(say("loading"));
    }
    if (this.player.sounding === clip.id) return this.player.pause();
    return this.#play(clip);
  }

  async #play(clip) {
    clip.wanted = false;
    const switched = clip !== this.selected;
    const begun = { id: clip.id, switched, at: this.recorder.elapsed };
    this.selected = clip;
    if (switched) drawWaveform(this.waveform, clip.buffer);
    try {
      await this.player.play(clip.id, switched && this.restart ? 0 : null);
      this.#begun = begun;
    } catch (error) {
      this.#explain(error);
    }
  }

  #explain(error) {
    if (!error.sentence) throw error;
    this.#begun = null;
    this.onTrouble?.(say(error.sentence), "sound");
  }

  #heard(stretch) {
    this.#count(stretch);
    this.recorder.stretch(stretch);
  }

  /** Count a play once it sounds. */
  #count(stretch) {
    const begun = this.#begun;
    if (!begun || begun.id !== stretch?.id || stretch.elapsed <= 0) return;
    this.#begun = null;
    this.recorder.played(begun.id, begun.switched, begun.at);
    this.onTrouble?.("", "sound");
  }

  toggleLoop() {
    if (!this.loop) return;
    this.setLoop(!this.player.loop);
  }

  /** Loop or not; a region [from, to] as long as the clip is the whole clip. */
  setLoop(on, region = this.region?.chosen ?? null) {
    const whole = region && region[0] <= WHOLE && region[1] >= this.duration - WHOLE;
    this.player.setLoop(on, whole ? null : region);
    this.loop.setAttribute("aria-pressed", on);
  }

  /** Length of the selected clip, in s. */
  get duration() {
    return this.selected.duration ?? 0;
  }

  refresh() {
    const current = this.player.current;
    this.#count(current);
    for (const clip of this.clips) {
      const sounds = this.player.sounding === clip.id;
      clip.button.toggleAttribute("data-sounding", sounds);
      clip.button.setAttribute("aria-label", say((sounds ? "pause" : "play") + (clip.name && "One"), { name: clip.name }));
      clip.button.style.setProperty("--heard", this.recorder.share(clip.id, current));
    }
    const { duration } = this;
    this.seek.max = duration;
    if (!this.seek.matches(":active")) this.#showTime(this.player.position);
    this.onProgress();
  }

  #showTime(position) {
    const { duration } = this;
    if (!this.seek.matches(":active")) this.seek.value = position;
    this.seek.setAttribute("aria-valuetext", clock(position));
    this.time.textContent = duration ? `${clock(position)} / ${clock(duration)}` : say("loading");
  }

  destroy() {
    this.#listeners.abort();
    clearInterval(this.timer);
    this.player.clear();
  }
}
