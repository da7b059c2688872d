// When something happened, so that the server can be told later how long ago it was.
//
// Within one page the time since the page was loaded tells, which nobody sets; after a reload only the clock does.

const PAGE = crypto.getRandomValues(new Uint32Array(2)).join("-");

/** This moment, in a form that can be stored. */
export const moment = () => ({ page: PAGE, since: performance.now(), clock: Date.now() });

/** How long ago a moment was, in ms; null where it is not known. */
export function age(then) {
  if (!then) return null;
  return Math.max(0, Math.round(then.page === PAGE ? performance.now() - then.since : Date.now() - then.clock));
}
