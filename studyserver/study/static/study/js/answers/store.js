// The IndexedDB database of a participation: answers to be sent, drafts, what has been heard, and the next trials.
//
// All tabs of one participation share one database; IndexedDB serialises their transactions,
// so that the sequence of answers grows by one for each answer whichever tab it comes from.

const OUTBOX = "outbox"; // sent in the order of their sequence, kept until the server has them
const DRAFTS = "drafts"; // the last value entered for each question
const LISTENING = "listening"; // what has been heard of each trial
const LEFT = "left"; // the trials that have been left, for pages that were loaded before
const TRIALS = "trials"; // the present one and the next ones, for a reload without the server
const NOTES = "notes"; // the state of the page: the level, time marks without an end yet
const COUNTERS = "counters";
const VERSION = 4;
const STORES = {
  [OUTBOX]: { keyPath: "sequence" },
  [DRAFTS]: { keyPath: "key" },
  [LISTENING]: { keyPath: "trial" },
  [LEFT]: { keyPath: "trial" },
  [TRIALS]: { keyPath: "position" },
  [NOTES]: {},
  [COUNTERS]: {},
};

/** A random version 4 UUID; crypto.randomUUID() is missing on pages without HTTPS. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const committed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

export class Store {
  /** Open the database of one participation. */
  static async open(name) {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      const there = request.result.objectStoreNames;
      for (const store in STORES) if (!there.contains(store)) request.result.createObjectStore(store, STORES[store]);
    };
    return new Store(await result(request));
  }

  constructor(database) {
    this.database = database;
    database.onversionchange = () => database.close();
  }

  #read(store) {
    return this.database.transaction(store).objectStore(store);
  }

  #write(...stores) {
    return this.database.transaction(stores, "readwrite", { durability: "strict" });
  }

  /**
   * Put an item into the outbox under the next sequence number, together with its draft or, for a finish, the note that
   * its trial was left. An answer that already is its question's draft was put there before.
   */
  async send(item, draftKey = null) {
    const transaction = this.#write(OUTBOX, DRAFTS, LEFT, COUNTERS);
    const done = committed(transaction);
    const draft = draftKey && (await result(transaction.objectStore(DRAFTS).get(draftKey)));
    if (draft && draft.uuid === item.event.uuid) return draft;
    const counters = transaction.objectStore(COUNTERS);
    const sequence = ((await result(counters.get("sequence"))) ?? 0) + 1;
    counters.put(sequence, "sequence");
    const whole = { ...item, sequence };
    transaction.objectStore(OUTBOX).put(whole);
    if (draftKey) transaction.objectStore(DRAFTS).put({ key: draftKey, sequence, uuid: item.event.uuid, value: item.event.value });
    if (item.kind === "finish") transaction.objectStore(LEFT).put({ trial: item.trial });
    await done;
    return whole;
  }

  /** Raise the sequence to what the server has seen, perhaps from another device. */
  async raiseSequence(atLeast) {
    const transaction = this.#write(COUNTERS);
    const done = committed(transaction);
    const counters = transaction.objectStore(COUNTERS);
    if (atLeast > ((await result(counters.get("sequence"))) ?? 0)) counters.put(atLeast, "sequence");
    await done;
  }

  outbox() {
    return result(this.#read(OUTBOX).getAll());
  }

  async remove(sequences) {
    const transaction = this.#write(OUTBOX);
    const done = committed(transaction);
    for (const sequence of sequences) transaction.objectStore(OUTBOX).delete(sequence);
    await done;
  }

  /** Take a refused finish out of the outbox: its trial was not left. */
  async retract({ sequence, trial }) {
    const transaction = this.#write(OUTBOX, LEFT);
    const done = committed(transaction);
    transaction.objectStore(OUTBOX).delete(sequence);
    transaction.objectStore(LEFT).delete(trial);
    await done;
  }

  /** Whether a trial that the server calls due really is: not while its finish is still to be sent. */
  async isDue(trial) {
    const transaction = this.#write(OUTBOX, LEFT);
    const done = committed(transaction);
    const items = await result(transaction.objectStore(OUTBOX).getAll());
    const due = !items.some((item) => item.kind === "finish" && item.trial === trial);
    if (due) transaction.objectStore(LEFT).delete(trial);
    await done;
    return due;
  }

  /** Whether a trial has been left in any tab of this browser, even if the server does not know yet. */
  async hasLeft(trial) {
    return (await result(this.#read(LEFT).get(trial))) !== undefined;
  }

  draft(key) {
    return result(this.#read(DRAFTS).get(key));
  }

  /** Store a note under a name; null deletes it. */
  async note(name, value) {
    const transaction = this.database.transaction(NOTES, "readwrite");
    const done = committed(transaction);
    const notes = transaction.objectStore(NOTES);
    if (value === null) notes.delete(name);
    else notes.put(value, name);
    await done;
  }

  noted(name) {
    return result(this.#read(NOTES).get(name));
  }

  async keepListening(record) {
    const transaction = this.database.transaction(LISTENING, "readwrite");
    const done = committed(transaction);
    transaction.objectStore(LISTENING).put(record);
    await done;
  }

  listening(trial) {
    return result(this.#read(LISTENING).get(trial));
  }

  /** Keep trials, each { position, trial, html, sounds, feedback }; delete and return those before `position`. */
  async keepTrials(trials, position = 0) {
    const transaction = this.#write(TRIALS);
    const done = committed(transaction);
    const kept = transaction.objectStore(TRIALS);
    for (const trial of trials) kept.put(trial);
    const before = IDBKeyRange.upperBound(position, true);
    const gone = await result(kept.getAll(before));
    kept.delete(before);
    await done;
    return gone;
  }

  /** The trials kept that come after `position`, in order. */
  trialsAfter(position) {
    return result(this.#read(TRIALS).getAll(IDBKeyRange.lowerBound(position, true)));
  }

  /**
   * The trial to show while the server does not answer: the first that has not been left; or, with `waits`, the last that
   * has, where the next must come from the server.
   */
  async keptTrial() {
    const transaction = this.database.transaction([TRIALS, LEFT, OUTBOX]);
    const [kept, left, items] = await Promise.all([
      result(transaction.objectStore(TRIALS).getAll()),
      result(transaction.objectStore(LEFT).getAllKeys()),
      result(transaction.objectStore(OUTBOX).getAll()),
    ]);
    const due = kept.findIndex(({ trial }) => !left.includes(trial));
    const before = due < 0 ? kept.at(-1) : kept[due - 1];
    const unsent = items.some((item) => item.kind === "finish" && item.trial === before?.trial);
    if (due < 0 || (before?.feedback && unsent)) return before && { ...before, waits: true };
    return { ...kept[due], waits: false };
  }

  /** Delete everything of this participation; call it only when the outbox is empty. */
  static forget(name) {
    indexedDB.deleteDatabase(name);
  }
}
