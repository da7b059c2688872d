// Keeps the player in view while a trial is scrolled, where the screen has room for it and for a question.

const LARGEST_SHARE = 0.4; // of the visible height
const LEAST_ROOM = 15; // rem that remain below the player: a question with its answers
const RING = 8; // px: the outline of what has the focus
const TYPED = "textarea, input[type=text], input[type=number]";

export class StickyPlayer {
  #listeners = new AbortController();

  constructor(root) {
    this.root = root;
    this.player = root.querySelector(".player");
    this.sizes = new ResizeObserver(() => this.#place());
    this.sizes.observe(this.player);
    const until = { signal: this.#listeners.signal };
    window.addEventListener("resize", () => this.fit(), until);
    window.visualViewport?.addEventListener("resize", () => this.#place(), until); // an on-screen keyboard, a pinch
    this.fit();
  }

  /** Choose the size of the player: a single clip's is compact where the trial is longer than the screen. */
  fit() {
    if (document.activeElement?.matches(TYPED)) return this.#place(); // a field that is typed into must not move
    this.root.classList.remove("compact");
    const end = this.root.getBoundingClientRect().bottom + window.scrollY;
    this.root.classList.toggle("compact", !this.root.matches(".several") && end > window.innerHeight);
    this.#place();
  }

  /** Decide whether the player stays in view; elements that take the focus are then scrolled to below it. */
  #place() {
    const height = this.player.offsetHeight;
    const seen = window.visualViewport?.height ?? window.innerHeight;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const fits = height > 0 && height <= LARGEST_SHARE * seen && seen - height >= LEAST_ROOM * rem;
    this.player.toggleAttribute("data-at-hand", fits);
    document.documentElement.style.setProperty("--at-hand", fits ? `${height + RING}px` : "0px");
  }

  destroy() {
    this.#listeners.abort();
    this.sizes.disconnect();
    document.documentElement.style.removeProperty("--at-hand");
  }
}
