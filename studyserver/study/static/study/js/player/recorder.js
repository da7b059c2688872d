// Records what was heard of one trial, by the audio clock, and how the annotator worked: plays, seeks, switches, times.

import { merged } from "../common/intervals.js";
import { timestamp } from "../common/timestamps.js";

const SAME = 1e-3; // s: intervals as close as that are one
const MOST_INTERVALS = 500; // per clip; later ones still count as heard, in `covered`

/** Split what was played without interruption, possibly in a loop, into intervals of the sound. */
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

const lengthOf = (intervals) => intervals.reduce((sum, [start, end]) => sum + end - start, 0);
const shareOf = (clip, more = []) => Math.min(1, lengthOf(merged([...clip.covered, ...more], SAME)) / clip.seconds);
const round = (number) => Math.round(number * 1000) / 1000;

function add(clip, stretch) {
  const intervals = intervalsOf(stretch, clip.seconds);
  clip.loops += Math.max(0, intervals.length - 1);
  clip.covered = merged([...clip.covered, ...intervals], SAME);
  clip.intervals.push(...intervals.slice(0, MOST_INTERVALS - clip.intervals.length).map((pair) => pair.map(round)));
}

export class Recorder {
  /** `earlier` is the record from before a reload. */
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
    this.record.appeared ??= timestamp();
    this.record.machine_translated ??= false;
    this.record.reloads += 1;
    this.record.output_sample_rate = sampleRate;
  }

  /** Milliseconds that this trial has been on the screen. */
  get elapsed() {
    return Math.round(this.before + performance.now() - this.began);
  }

  /** The trial begins after a rest of this many ms. */
  rested(milliseconds) {
    this.record.rest_ms = milliseconds;
    this.record.appeared = timestamp();
    this.began = performance.now();
  }

  addClip(id, seconds) {
    this.record.presentations[id] ??= { plays: 0, seeks: 0, loops: 0, intervals: [], covered: [] };
    this.record.presentations[id].seconds = round(seconds);
  }

  /** A clip sounds; it was requested `at` ms into the trial. */
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

  /** A program translates the page during the trial. */
  translated() {
    this.record.machine_translated = true;
  }

  lostFocus() {
    this.record.focus_losses += 1;
  }

  /** The playback level in dB; `changed` if the annotator changed it. */
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
