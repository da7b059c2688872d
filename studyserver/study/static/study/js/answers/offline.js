// Keeps what a reload without the server needs: the page (by a service worker) and the sounds of the next trials.
//
// Browsers allow this only with HTTPS or on localhost, and some not in private windows. Without it a reload needs the
// network; nothing else changes.

/**
 * Register the service worker at the address `worker`, which shows the page of trials when the server does not answer.
 * What was kept on this device for participations that have expired is deleted.
 */
export async function keepPage(worker) {
  await navigator.serviceWorker?.register(worker).catch(() => {});
  for (const registration of (await navigator.serviceWorker?.getRegistrations()) ?? []) {
    const address = new URL(registration.active?.scriptURL ?? location);
    if (Number(address.searchParams.get("until") ?? Infinity) < Date.now()) await forgetPage(address.pathname);
  }
}

/** Delete the kept page and sounds of the participation that an address, /a/TOKEN/..., belongs to. */
export async function forgetPage(address) {
  const registration = await navigator.serviceWorker?.getRegistration(address);
  await registration?.unregister();
  const participation = `participation-${address.split("/").at(2)}`;
  const names = (await globalThis.caches?.keys()) ?? [];
  const ours = names.filter((name) => name === participation || name.startsWith(`${participation}/`));
  await Promise.all(ours.map((name) => caches.delete(name)));
}

/** A cache of sounds as the server sent them, by address. */
export class Shelf {
  #putting = new Map(); // address -> promise of a sound that is being kept

  constructor(participation) {
    this.participation = participation;
  }

  async get(address) {
    return (await this.#open())?.match(address, { ignoreVary: true });
  }

  /** Keep a sound, if there is room. */
  async put(address, response) {
    const put = this.#put(address, response);
    this.#putting.set(address, put);
    await put.finally(() => this.#putting.get(address) === put && this.#putting.delete(address));
  }

  /** Remove sounds, including those that are still being written. */
  async remove(addresses) {
    await Promise.allSettled(addresses.map((address) => this.#putting.get(address)));
    const cache = await this.#open();
    await Promise.all(addresses.map((address) => cache?.delete(address, { ignoreVary: true })));
  }

  async #put(address, response) {
    await (await this.#open())?.put(address, response);
  }

  #open() {
    return globalThis.caches?.open(this.participation);
  }
}
