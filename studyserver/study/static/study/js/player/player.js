// Plays decoded sounds by the audio clock: one at a time, aligned, with short fades against clicks.

import { Silent, wake, watch } from "./audio-clock.js";

const FADE = 0.005; // s
const SHORT = 0.25; // s that the clock may lack when a sound has ended; it is looked at late, and in steps
const LEAD = 0.01; // s between asking for a change and making it, so that both sounds change together

/**
 * Events: "change" (what sounds has changed), "ended" (a sound has played to its end),
 * "stretch" (detail: id, from, elapsed: what has been played in one go, in seconds), "silent" (detail: what took the sound
 * away, as Silent names it).
 */
export class Player extends EventTarget {
  loop = false;
  #context;
  #buffers = new Map();
  #voice = null;
  #rest = 0; // where playing goes on when nothing sounds
  #unwatch = () => {};
  #stood = false; // the clock stood still when something should have sounded
  #region = null; // [from, to] in s: what a loop repeats, where that is not the whole
  #master;
  level = 0; // dB

  constructor(context) {
    super();
    this.#context = context;
    this.#master = new GainNode(context);
    this.#master.connect(context.destination);
    context.addEventListener("statechange", () => {
      // A call or another program has taken the sound away: stop where the audio clock stopped.
      if (context.state !== "running" && this.#voice) this.#lose("taken");
    });
  }

  get sampleRate() {
    return this.#context.sampleRate;
  }

  get sounding() {
    return this.#voice?.id ?? null;
  }

  get position() {
    return this.#voice ? this.#positionAt(this.#context.currentTime) : this.#rest;
  }

  /** What the sounding voice has played so far, in the form of a stretch; null when nothing sounds. */
  get current() {
    if (!this.#voice) return null;
    return this.#stretchUntil(this.#context.currentTime);
  }

  setBuffer(id, buffer) {
    this.#buffers.set(id, buffer);
  }

  /** Forget all sounds, silently. */
  clear() {
    this.pause();
    this.#buffers.clear();
    this.#rest = 0;
    this.#region = null;
  }

  /** Unlock the sound; must be called from a tap or a key. Rejects with Silent. */
  async unlock() {
    const anew = this.#stood;
    this.#stood = false;
    await wake(this.#context, anew);
  }

  /** Sound `id` from `position` (s) on, or from where we are, cross-fading from whatever sounds. Rejects with Silent. */
  async play(id, position = null) {
    if (this.#context.state !== "running" || this.#stood) await this.unlock();
    const buffer = this.#buffers.get(id);
    if (!buffer) return;
    const begin = this.#context.currentTime + LEAD;
    const from = position ?? (this.#voice ? this.#positionAt(begin) : this.#rest);
    this.#stop(begin);
    const [first, last] = this.#region ?? [0, buffer.duration];
    this.#start(id, buffer, begin, from < last - FADE ? Math.max(0, from) : first);
    this.#emit("change");
  }

  pause() {
    if (!this.#voice) return;
    const now = this.#context.currentTime;
    this.#rest = this.#positionAt(now);
    this.#stop(now);
    this.#emit("change");
  }

  seek(position) {
    if (this.#voice) return this.play(this.#voice.id, position);
    this.#rest = position;
    this.#emit("change");
    return Promise.resolve();
  }

  /** Repeat the whole, or a region [from, to] in s. */
  setLoop(on, region = null) {
    const moved = region ?? this.#region;
    this.loop = on;
    this.#region = on ? region : null;
    if (!this.#voice) return;
    // A voice keeps its region for life, so that what it has played can be told from the clock.
    if (moved) return void this.play(this.#voice.id);
    if (this.#voice.source.loop && !on) this.#voice.unlooped = this.#context.currentTime;
    this.#voice.source.loop = on;
  }

  /** Play everything louder or fainter; 0 dB is as the files are. */
  setLevel(decibels) {
    this.level = decibels;
    const gain = 10 ** (decibels / 20);
    // Before anything sounds it is set at once: the first clip must not begin too loud.
    if (this.#voice) this.#master.gain.setTargetAtTime(gain, this.#context.currentTime, 0.01);
    else this.#master.gain.value = gain;
  }

  /** How long a voice sounds before it ends by itself, in s: the round in which it stopped looping is its last. */
  #lengthOf({ source, from, begin, unlooped = begin }) {
    const { duration } = source.buffer;
    return Math.max(1, Math.ceil((from + unlooped - begin) / duration)) * duration - from;
  }

  /** How long the voice has sounded at a time, in s; we may hear late that it has ended. */
  #elapsedAt(time) {
    const { begin, source } = this.#voice;
    const elapsed = Math.max(0, time - begin);
    return source.loop ? elapsed : Math.min(elapsed, this.#lengthOf(this.#voice));
  }

  #positionAt(time) {
    const { from, source, region } = this.#voice;
    const position = from + this.#elapsedAt(time);
    if (!region) return position % source.buffer.duration;
    const [first, last] = region;
    return position < last ? position : first + ((position - last) % (last - first));
  }

  #stretchUntil(time) {
    const { id, from, region } = this.#voice;
    return { id, from, elapsed: this.#elapsedAt(time), ...(region && { region }) };
  }

  #start(id, buffer, begin, from) {
    const region = this.#region;
    const [loopStart, loopEnd] = region ?? [0, 0];
    const source = new AudioBufferSourceNode(this.#context, { buffer, loop: this.loop, loopStart, loopEnd });
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(1, begin + FADE);
    source.connect(gain).connect(this.#master);
    const voice = { id, source, gain, from, begin, region };
    source.onended = () => this.#voice === voice && this.#finish(voice);
    source.start(begin, from);
    this.#voice = voice;
    this.#unwatch();
    this.#unwatch = watch(this.#context, () => this.#lose("still"));
  }

  /** Fade the sounding voice out from `end` on. */
  #stop(end) {
    if (!this.#voice) return;
    const { source, gain, begin } = this.#voice;
    const stretch = this.#stretchUntil(end);
    this.#voice = null;
    this.#unwatch();
    gain.gain.cancelScheduledValues(end);
    gain.gain.setValueAtTime(Math.min(1, Math.max(0, (end - begin) / FADE)), end);
    gain.gain.linearRampToValueAtTime(0, end + FADE);
    source.stop(end + FADE);
    this.#emit("stretch", stretch);
  }

  /** Nothing sounds any more, though it should: stop where the clock stopped, and tell why. */
  #lose(why) {
    this.#stood = why === "still";
    this.pause();
    this.#emit("silent", new Silent(why));
  }

  /** The sound has come to its natural end: nothing is cut, the next playing begins anew. */
  #finish(voice) {
    const { id, from, begin } = voice;
    const length = this.#lengthOf(voice);
    const elapsed = this.#context.currentTime - begin;
    if (elapsed <= 0 || elapsed < length - SHORT) return this.#lose("still"); // ended, but not heard
    this.#voice = null;
    this.#unwatch();
    this.#rest = 0;
    this.#emit("stretch", { id, from, elapsed: length });
    this.#emit("ended", { id });
    this.#emit("change");
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
