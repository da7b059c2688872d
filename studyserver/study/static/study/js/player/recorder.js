// Records what was heard of one trial, from the audio clock, and how the annotator went about it.

import { moment } from "../common/timestamps.js";

const MOST_INTERVALS = 500; // per clip; later ones still count as heard, in `covered`

/** Split what was played in one go, possibly around the loop, into intervals of the sound. */
function intervalsOf({ from, elapsed, region }, duration) {
  const [first, last] = region ?? [0, duration];
  const intervals = [];
  let [start, left] = [from, elapsed];
  while (left > 1e-6) {
    const end = Math.min(last, duration, start + left);
    if (end <= start) break;
    intervals.push([start, end]);
    left -= end - start;
    start = first;
  }
  return intervals;
}

/** The union of intervals, in order and without overlaps. */
function union(intervals) {
  const sorted = [...intervals].sort((a, b) => a[0] - b[0]);
  const joined = [];
  for (const [start, end] of sorted) {
    const last = joined.at(-1);
    if (last && start <= last[1] + 1e-3) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}

const lengthOf = (intervals) => intervals.reduce((sum, [start, end]) => sum + end - start, 0);
const shareOf = (clip, more = []) => Math.min(1, lengthOf(union([...clip.covered, ...more])) / clip.seconds);
const round = (number) => Math.round(number * 1000) / 1000;

function add(clip, stretch) {
  const intervals = intervalsOf(stretch, clip.seconds);
  clip.loops += Math.max(0, intervals.length - 1);
  clip.covered = union([...clip.covered, ...intervals]);
  clip.intervals.push(...intervals.slice(0, MOST_INTERVALS - clip.intervals.length).map((pair) => pair.map(round)));
}

export class Recorder {
  /** `earlier` is the record kept from before a reload. */
  constructor(trial, sampleRate, earlier = null) {
    this.trial = trial;
    this.began = performance.now();
    this.before = earlier?.elapsed_ms ?? 0;
    this.record = earlier ?? {
      presentations: {},
      switches: 0,
      focus_losses: 0,
      answer_changes: 0,
      time_to_first_play_ms: null,
      time_to_first_answer_ms: null,
      reloads: -1,
    };
    this.record.appeared ??= moment();
    this.record.machine_translated ??= false;
    this.record.reloads += 1;
    this.record.output_sample_rate = sampleRate;
  }

  /** Milliseconds that this trial has been on the screen. */
  get elapsed() {
    return Math.round(this.before + performance.now() - this.began);
  }

  /** The trial begins after a rest of so many ms. */
  rested(milliseconds) {
    this.record.rest_ms = milliseconds;
    this.record.appeared = moment();
    this.began = performance.now();
  }

  addClip(id, seconds) {
    this.record.presentations[id] ??= { plays: 0, seeks: 0, loops: 0, intervals: [], covered: [] };
    this.record.presentations[id].seconds = round(seconds);
  }

  /** A clip sounds that was asked for after so many ms. */
  played(id, isSwitch, at) {
    this.record.presentations[id].plays += 1;
    this.record.switches += isSwitch ? 1 : 0;
    this.record.time_to_first_play_ms ??= at;
  }

  sought(id) {
    if (id in this.record.presentations) this.record.presentations[id].seeks += 1;
  }

  answered(isChange) {
    this.record.answer_changes += isChange ? 1 : 0;
    this.record.time_to_first_answer_ms ??= this.elapsed;
  }

  /** A program translates the page while the trial is on it. */
  translated() {
    this.record.machine_translated = true;
  }

  lostFocus() {
    this.record.focus_losses += 1;
  }

  /** The level of playing, in dB; `changed` where the annotator has changed it. */
  level(decibels, changed = false) {
    this.record.level_db = decibels;
    this.record.level_changes = (this.record.level_changes ?? 0) + (changed ? 1 : 0);
  }

  stretch({ id, ...played }) {
    if (id in this.record.presentations) add(this.record.presentations[id], played);
  }

  /** The share of a clip heard so far, what is sounding now (`current`) included. */
  share(id, current = null) {
    const clip = this.record.presentations[id];
    if (!clip?.seconds) return 0;
    return shareOf(clip, current?.id === id ? intervalsOf(current, clip.seconds) : []);
  }

  /** The record as it is kept and, at the end, sent; with what is sounding now. */
  snapshot(current = null) {
    const record = structuredClone({ ...this.record, trial: this.trial, elapsed_ms: this.elapsed });
    for (const [id, clip] of Object.entries(record.presentations)) {
      if (current?.id === id) add(clip, current);
      clip.share = round(shareOf(clip));
    }
    return record;
  }
}
