// Checks that an audio context gives sound: it must resume, and its clock must advance while something should sound.

const PATIENCE = 4_000; // ms within which a context must have resumed
const LOOK = 250; // ms between two looks at the clock
const LOOKS = 12; // in a row without an advance; a page that is busy or asleep does not look

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** There is no sound; `sentence` is the name of the sentence that says why. */
export class Silent extends Error {
  constructor(sentence) {
    super(sentence);
    this.sentence = sentence;
  }
}

/** Resume a context, called from a tap or a key; `anew` after its clock stood still. Rejects with Silent. */
export async function wake(context, anew = false) {
  if (anew) await Promise.race([context.suspend(), pause(500)]).catch(() => {});
  if (context.state === "running") return;
  const taken = () => {
    throw new Silent("taken");
  };
  const late = pause(PATIENCE).then(() => {
    throw new Silent("silent");
  });
  late.catch(() => {}); // the race may be over: not an unhandled rejection
  await Promise.race([context.resume().catch(taken), late]);
}

/** Call `onStill` when the clock has stood still, `onMove` whenever it has advanced; returns a function that stops. */
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
