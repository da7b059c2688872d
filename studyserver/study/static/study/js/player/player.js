// Plays decoded sounds by the audio clock: one at a time, aligned, with short fades against clicks.

import { Silent, wake, watch } from "./audio-clock.js";

const FADE = 0.005; // s
const SHORT = 0.25; // s by which the clock may lag when a sound has ended: it is read late and advances in steps
const LEAD = 0.01; // s between scheduling a change and its time, so that both sounds change together

/**
 * Events: "change" (what sounds has changed), "ended" (a sound has played to its end),
 * "stretch" (detail: id, from, elapsed: what was played without interruption, in s), "silent" (detail: the Silent error
 * that says why the sound stopped).
 */
export class Player extends EventTarget {
  loop = false;
  #context;
  #buffers = new Map();
  #voice = null;
  #rest = 0; // where playing resumes when nothing sounds
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
      // A call or another program took the audio device: stop where the audio clock stopped.
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

  /** What the sounding voice has played so far, as a "stretch" event has it; null when nothing sounds. */
  get current() {
    if (!this.#voice) return null;
    return this.#stretchUntil(this.#context.currentTime);
  }

  setBuffer(id, buffer) {
    this.#buffers.set(id, buffer);
  }

  /** Stop and remove all sounds. */
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

  /** Play `id` from `position` (s) or the present position, cross-fading from what sounds. Rejects with Silent. */
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

  /** Repeat the whole sound, or a region [from, to] in s. */
  setLoop(on, region = null) {
    const moved = region ?? this.#region;
    this.loop = on;
    this.#region = on ? region : null;
    if (!this.#voice) return;
    // A voice never changes its region, so that the clock alone tells what it has played.
    if (moved) return void this.play(this.#voice.id);
    if (this.#voice.source.loop && !on) this.#voice.unlooped = this.#context.currentTime;
    this.#voice.source.loop = on;
  }

  /** Set the level of everything; at 0 dB files are played unchanged. */
  setLevel(decibels) {
    this.level = decibels;
    const gain = 10 ** (decibels / 20);
    // Before anything sounds it is set without a ramp: the first clip must not begin too loud.
    if (this.#voice) this.#master.gain.setTargetAtTime(gain, this.#context.currentTime, 0.01);
    else this.#master.gain.value = gain;
  }

  /** How long a voice sounds until it ends by itself, in s: the round in which looping was switched off is its last. */
  #lengthOf({ source, from, begin, unlooped = begin }) {
    const { duration } = source.buffer;
    return Math.max(1, Math.ceil((from + unlooped - begin) / duration)) * duration - from;
  }

  /** How long the voice has sounded at a time, in s; the event that it has ended may come late. */
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

  /** Nothing sounds although it should: stop where the clock stopped, and report why. */
  #lose(why) {
    this.#stood = why === "still";
    this.pause();
    this.#emit("silent", new Silent(why));
  }

  /** The sound has ended by itself: nothing is cut, and the next play starts from the beginning. */
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
