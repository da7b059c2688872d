// Whether an audio context gives sound: it must wake, and its clock must go on as long as something should sound.

const PATIENCE = 4_000; // ms until a context that is asked to wake has done so
const LOOK = 250; // ms between two looks at the clock
const LOOKS = 12; // in a row at which it stands still: a page that is busy, or sleeps, does not look

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** There is no sound; `sentence` names the one that says why. */
export class Silent extends Error {
  constructor(sentence) {
    super(sentence);
    this.sentence = sentence;
  }
}

/** Wake a context, within a tap or a key; with `anew` after its clock stood still. Rejects with Silent. */
export async function wake(context, anew = false) {
  if (anew) await Promise.race([context.suspend(), pause(500)]).catch(() => {});
  if (context.state === "running") return;
  const taken = () => {
    throw new Silent("taken");
  };
  const late = pause(PATIENCE).then(() => {
    throw new Silent("silent");
  });
  late.catch(() => {}); // nobody waits for it any more
  await Promise.race([context.resume().catch(taken), late]);
}

/** Call `onStill` when the clock has stood still, `onMove` whenever it has moved; returns what ends the watch. */
export function watch(context, onStill, onMove = () => {}) {
  let seen = context.currentTime;
  let still = 0;
  const timer = setInterval(() => {
    const now = context.currentTime;
    still = now === seen ? still + 1 : 0;
    if (!still) onMove();
    seen = now;
    if (still < LOOKS) return;
    clearInterval(timer);
    onStill();
  }, LOOK);
  return () => clearInterval(timer);
}
