// Fetches sounds ahead of time and decodes them when they are needed; each address once.

import { Unreachable } from "../common/http.js";

/** How long a sound may take before the page says that it is late, in ms. */
export const LATE = 6_000;
const ATTEMPTS = 6;
const MOST_AHEAD = 64e6; // bytes, as they come from the server: a dozen trials, or fewer where they hold many clips

/** The browser got the bytes but cannot decode them. */
export class Undecodable extends Error {
  sentence = "undecodable";
}

/** The server refuses the sound or does not have it: trying again at once does not help. */
class Missing extends Error {
  sentence = "missing";
}

const TRY_AGAIN = [408, 425, 429]; // statuses below 500 that may pass

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The server's response, if it is a sound: a captive portal may send its own page instead. */
async function ask(address) {
  const response = await fetch(address, { credentials: "same-origin" });
  const { status, headers } = response;
  if (status >= 400 && status < 500 && !TRY_AGAIN.includes(status)) throw new Missing(`The server answered ${status}.`);
  if (!response.ok) throw new Unreachable(`The server answered ${status}.`);
  if (!headers.get("Content-Type")?.startsWith("audio/")) throw new Unreachable("Something other than the study answered.");
  return response;
}

/** The bytes at an address: from the shelf, or else from the server, which are then put there. */
async function bytesOf(address, shelf) {
  const kept = await shelf?.get(address).catch(() => undefined);
  if (kept) return kept.arrayBuffer();
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await ask(address);
      shelf?.put(address, response.clone()).catch(() => {}); // no room, or no cache in this browser
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
  #sizes = new Map(); // address -> number of bytes not decoded yet

  /** Responses are kept on the `shelf`, if there is one. */
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

  /** The same; if one that was already being fetched cannot be decoded, fetch it once more. */
  async again(address) {
    try {
      return await this.get(address);
    } catch (error) {
      if (error instanceof Undecodable) return this.get(address);
      throw error;
    }
  }

  /** Fetch sounds in the order in which they will be needed, up to MOST_AHEAD bytes. */
  async collect(addresses) {
    for (const address of addresses) {
      const held = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
      if (held >= MOST_AHEAD) return;
      if (!this.#decoded.has(address)) await this.#fetch(address);
    }
  }

  /** Drop every sound but these. */
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
      await this.#shelf?.remove([address]).catch(() => {}); // otherwise the broken copy would come again
      throw new Undecodable(error.message);
    }
  }
}
