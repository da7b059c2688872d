// Fetches sounds ahead of time and decodes them when they are due; each address once.

import { Unreachable } from "../common/http.js";

/** How long a sound may take before it is said to be late, in ms. */
export const LATE = 6_000;
const ATTEMPTS = 6;
const MOST_AHEAD = 64e6; // bytes, as they come from the server: a dozen trials, or fewer where they hold many clips

/** The browser got the bytes but cannot decode them. */
export class Undecodable extends Error {
  sentence = "undecodable";
}

/** The server has no such sound, or not for us: trying again at once helps nobody. */
class Missing extends Error {
  sentence = "missing";
}

const TRY_AGAIN = [408, 425, 429]; // of the answers that say no

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the server sends, if it is a sound: a network's own page may come in its place. */
async function ask(address) {
  const response = await fetch(address, { credentials: "same-origin" });
  const { status, headers } = response;
  if (status >= 400 && status < 500 && !TRY_AGAIN.includes(status)) throw new Missing(`The server answered ${status}.`);
  if (!response.ok) throw new Unreachable(`The server answered ${status}.`);
  if (!headers.get("Content-Type")?.startsWith("audio/")) throw new Unreachable("Something other than the study answered.");
  return response;
}

/** The bytes at an address: those on the shelf, or else what the server sends, which goes there. */
async function bytesOf(address, shelf) {
  const kept = await shelf?.get(address).catch(() => undefined);
  if (kept) return kept.arrayBuffer();
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await ask(address);
      shelf?.put(address, response.clone()).catch(() => {}); // no room, or not possible here
      return await response.arrayBuffer();
    } catch (error) {
      if (attempt === ATTEMPTS || error instanceof Missing) throw error;
      await pause(Math.min(500 * 2 ** attempt, 8_000));
    }
  }
}

export class Sounds {
  #context;
  #shelf;
  #bytes = new Map(); // address -> promise of what the server sends
  #decoded = new Map(); // address -> promise of an AudioBuffer
  #sizes = new Map(); // address -> bytes that wait to be decoded

  /** What comes is kept on the `shelf`, if there is one. */
  constructor(context, shelf = null) {
    this.#context = context;
    this.#shelf = shelf;
  }

  /** The decoded sound at `address`. */
  get(address) {
    if (!this.#decoded.has(address)) {
      const decoded = this.#decode(address);
      decoded.catch(() => this.#decoded.delete(address)); // so that a later call tries again
      this.#decoded.set(address, decoded);
    }
    return this.#decoded.get(address);
  }

  /** The same; a broken one that was on its way already is asked for once more. */
  async again(address) {
    try {
      return await this.get(address);
    } catch (error) {
      if (error instanceof Undecodable) return this.get(address);
      throw error;
    }
  }

  /** Fetch sounds in the order in which they will be wanted, as many as memory should bear. */
  async collect(addresses) {
    for (const address of addresses) {
      const held = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
      if (held >= MOST_AHEAD) return;
      if (!this.#decoded.has(address)) await this.#fetch(address);
    }
  }

  /** Let go of every sound but these. */
  keep(addresses) {
    for (const known of [this.#bytes, this.#decoded, this.#sizes]) {
      for (const address of known.keys()) if (!addresses.includes(address)) known.delete(address);
    }
  }

  #fetch(address) {
    if (!this.#bytes.has(address)) {
      const bytes = bytesOf(address, this.#shelf);
      this.#bytes.set(address, bytes);
      bytes.then(
        ({ byteLength }) => this.#bytes.has(address) && this.#sizes.set(address, byteLength),
        () => this.#bytes.delete(address),
      );
    }
    return this.#bytes.get(address);
  }

  async #decode(address) {
    const bytes = await this.#fetch(address);
    this.#bytes.delete(address);
    this.#sizes.delete(address);
    try {
      return await this.#context.decodeAudioData(bytes);
    } catch (error) {
      await this.#shelf?.remove([address]).catch(() => {}); // or it would never come whole
      throw new Undecodable(error.message);
    }
  }
}
