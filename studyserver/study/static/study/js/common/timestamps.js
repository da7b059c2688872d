// Records when something happened, so that the server can be told later how long ago it was.
//
// Within one page the time since it was loaded is used, because nobody can set that clock; after a reload only the
// system's clock is left.

const PAGE = crypto.getRandomValues(new Uint32Array(2)).join("-");

/** The present time, in a form that can be stored. */
export const timestamp = () => ({ page: PAGE, since: performance.now(), clock: Date.now() });

/** How long ago a timestamp was taken, in ms; null where it is not known. */
export function age(then) {
  if (!then) return null;
  return Math.max(0, Math.round(then.page === PAGE ? performance.now() - then.since : Date.now() - then.clock));
}
