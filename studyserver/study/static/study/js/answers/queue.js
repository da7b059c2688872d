// The way of an answer: into this browser's store, then to the server, and out of the store when its receipt has come.

import { postJSON, Refused } from "../common/http.js";
import { age, timestamp } from "../common/timestamps.js";
import { uuid } from "./store.js";
import { removeAhead, writeAhead, writtenAhead } from "./write-ahead.js";

const BATCH = 50;
const FIRST_DELAY = 1_000; // ms, doubled after each failure
const LONGEST_DELAY = 30_000;

/**
 * Sends what the store holds, in order, until it is empty.
 *
 * Events: "state" (saved, waiting, offline, stopped), "refused" (detail: trial, reason),
 * "finished" (detail: trial, the server's answer).
 */
export class Queue extends EventTarget {
  state = "saved";
  #store;
  #addresses;
  #running = null;
  #again = false;
  #failures = 0;
  #timer = 0;

  /** A queue with the answers that earlier pages logged but could not store before they were closed. */
  static async open(store, addresses) {
    const queue = new Queue(store, addresses);
    await queue.#recover().catch(() => {}); // what cannot be stored stays in the log
    return queue;
  }

  constructor(store, addresses) {
    super();
    this.#store = store;
    this.#addresses = addresses;
    window.addEventListener("online", () => this.flush());
    window.addEventListener("offline", () => this.#tell(this.state === "saved" ? "saved" : "offline"));
    document.addEventListener("visibilitychange", () => document.hidden || this.flush());
  }

  /** Store an answer; resolves when this browser has it, not when the server has. */
  async answer(event, { translated = false } = {}) {
    const item = { kind: "answer", at: timestamp(), translated, event: { ...event, uuid: uuid() } };
    this.#waiting();
    const { sequence } = await this.#keep(item);
    this.flush();
    return sequence;
  }

  async #keep(item) {
    const { participation } = this.#addresses;
    writeAhead(participation, item);
    try {
      return await this.#store.send(item, draftKey(item.event));
    } finally {
      removeAhead(participation, item); // the page reports what cannot be stored
    }
  }

  async #recover() {
    const { participation } = this.#addresses;
    for (const item of writtenAhead(participation)) {
      await this.#store.send(item, draftKey(item.event));
      removeAhead(participation, item);
    }
  }

  /** Ask for a trial to be finished once all earlier answers have their receipts; resolves when this is stored. */
  async finish(trial, { appeared, ...listening }) {
    this.#waiting();
    await this.#store.send({ kind: "finish", trial, listening, appeared, at: timestamp() });
    this.flush();
  }

  /** Send everything; resolves to whether the store is empty. */
  flush() {
    clearTimeout(this.#timer);
    this.#again = true;
    this.#running ??= this.#exclusively(async () => {
      while (this.#again) {
        this.#again = false;
        await this.#sendAll();
      }
    }).then(
      () => this.#succeeded(),
      (error) => this.#failed(error),
    );
    return this.#running;
  }

  /** Let one tab send at a time where the browser has locks; elsewhere receipts make repeated sending safe. */
  #exclusively(work) {
    return navigator.locks ? navigator.locks.request(this.#addresses.judgments, work) : work();
  }

  async #sendAll() {
    for (;;) {
      const items = await this.#store.outbox();
      if (items.length === 0) return;
      this.#waiting();
      const finish = items.findIndex((item) => item.kind === "finish");
      const answers = items.slice(0, finish < 0 ? BATCH : Math.min(finish, BATCH));
      await (answers.length ? this.#sendAnswers(answers) : this.#sendFinish(items[0]));
    }
  }

  async #sendAnswers(items) {
    const events = items.map((item) => ({ ...item.event, sequence: item.sequence, age_ms: age(item.at) }));
    const sent = { events, machine_translated: items.some(({ translated }) => translated === true) };
    const body = await postJSON(this.#addresses.judgments, sent, this.#addresses.renewal);
    const settled = new Map(body.receipts.map((receipt) => [receipt.uuid, receipt]));
    await this.#store.remove(items.filter((item) => settled.has(item.event.uuid)).map((item) => item.sequence));
    for (const item of items) {
      const receipt = settled.get(item.event.uuid);
      if (receipt?.status === "refused") this.#emit("refused", { trial: item.event.trial, reason: receipt.reason });
    }
    if (settled.size === 0) throw new Error("The server sent no receipts.");
  }

  async #sendFinish(item) {
    const address = this.#addresses.finish.replace("TRIAL", item.trial);
    try {
      const body = { listening: item.listening, appeared_ms: age(item.appeared), finished_ms: age(item.at) };
      const answer = await postJSON(address, body, this.#addresses.renewal);
      await this.#store.remove([item.sequence]);
      this.#emit("finished", { trial: item.trial, ...answer });
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 409) throw error;
      await this.#store.retract(item);
      this.#emit("refused", { trial: item.trial, reason: error.message, incomplete: true });
    }
  }

  #succeeded() {
    this.#running = null;
    this.#failures = 0;
    if (this.#again) return this.flush();
    this.#tell("saved");
    return true;
  }

  #failed(error) {
    this.#running = null;
    if (error instanceof Refused && error.status !== 403) {
      this.#tell("stopped", error.message);
      return false;
    }
    const delay = Math.min(FIRST_DELAY * 2 ** this.#failures++, LONGEST_DELAY) * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => this.flush(), delay);
    this.#tell("offline");
    return false;
  }

  /** There is something to send; the state "offline" stays until it has been sent. */
  #waiting() {
    if (this.state !== "offline") this.#tell("waiting");
  }

  #tell(state, reason = "") {
    this.state = state;
    this.#emit("state", { state, reason });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The key of the draft of an answer. */
export function draftKey({ trial, question, presentation }) {
  return [trial, question, presentation ?? ""].join("/");
}
