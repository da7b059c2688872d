// Detects that a program translates the page although the page forbids it: the annotator then reads another question.
// Chrome and Edge mark what they translate; Firefox and others only replace our words.

const TEXTS = "h1, legend, .sentence, .about-clips, .ends bdi, .tick bdi, [dir=auto] p, label[for=language]";
const MARKS = ".translated-ltr, .translated-rtl, main font, [_msttexthash], [_msthash]";
const root = document.documentElement;
const { lang } = root;
const notice = document.getElementById("machine-translated");
const texts = new WeakMap(); // element -> its text when it was first seen
let translated = false;
let ever = false; // since the page was loaded

function differs(element) {
  if (!texts.has(element)) texts.set(element, element.textContent);
  return texts.get(element) !== element.textContent;
}

function look() {
  const before = translated;
  const differing = [...document.querySelectorAll(TEXTS)].filter(differs); // looks at all, to remember new ones
  translated = differing.length > 0 || root.lang !== lang || document.querySelector(MARKS) !== null;
  ever ||= translated;
  if (translated === before) return;
  notice.hidden = !translated;
  if (translated) document.dispatchEvent(new Event("machine-translated"));
}

/** Call `onTranslated` when the page is translated, at once if it is now; until `signal` aborts. */
export function whenTranslated(onTranslated, signal) {
  if (translated) onTranslated();
  document.addEventListener("machine-translated", onTranslated, { signal });
}

// Forms report it in a field of their own.
document.addEventListener("formdata", ({ formData }) => ever && formData.set("machine_translated", "true"));

look();
const attributeFilter = ["lang", "class", "_msttexthash", "_msthash"];
new MutationObserver(look).observe(root, { subtree: true, childList: true, characterData: true, attributeFilter });
