// One trial: its player, its questions, and whether it may be left.

import { StickyPlayer } from "../player/sticky-player.js";
import { OneClipAtATime } from "./one-clip-at-a-time.js";
import { Controls } from "../player/controls.js";
import { whenTranslated } from "../common/machine-translation.js";
import { draftKey } from "../answers/queue.js";
import { Question } from "../questions/question.js";
import { Recorder } from "../player/recorder.js";
import { rest } from "./rest.js";
import { announce, say } from "../common/sentences.js";

const TOLERANCE = 0.005; // of a clip, against rounding at its end

export class Trial {
  #listeners = new AbortController();
  #left = false;
  #troubles = new Map(); // subject -> sentence

  /** Bind the markup of a trial; `onNext(trial, listening)` is called when the annotator leaves it. */
  static async bind(root, { player, sounds, store, queue, onNext }) {
    const stickyPlayer = new StickyPlayer(root); // before the first await, so that the page does not move later
    const kept = await store.listening(root.dataset.trial).catch(() => null);
    const trial = new Trial(root, { stickyPlayer, player, sounds, store, queue, onNext, kept });
    await trial.#restoreDrafts();
    root.removeAttribute("inert"); // until now a tap would have been lost
    trial.#rest(kept);
    trial.refresh();
    return trial;
  }

  constructor(root, { stickyPlayer, player, sounds, store, queue, onNext, kept }) {
    Object.assign(this, { root, stickyPlayer, player, store, queue, onNext });
    this.token = root.dataset.trial;
    this.minimumShare = Number(root.dataset.minimumShare);
    this.reason = root.querySelector(".reason");
    this.button = root.querySelector(".next");
    this.notice = root.querySelector(".trouble");
    this.recorder = new Recorder(this.token, player.sampleRate, kept);
    this.questions = [...root.querySelectorAll("[data-question]")].map(
      (element) =>
        new Question(element, {
          onAnswer: (question) => this.#answered(question),
          onBegun: (question, position) => this.#begun(question, position),
          clock: this.#clockFor(element),
        }),
    );
    this.controls = new Controls(root.querySelector(".player"), {
      player,
      sounds,
      recorder: this.recorder,
      restart: root.dataset.switching === "restart",
      onProgress: () => this.refresh(),
      onLevel: (level) => store.note("level", level).catch(() => {}),
    });
    if (root.matches(".by-clip")) this.oneClip = new OneClipAtATime(root, this.questions, this.controls.clips);
    this.controls.onTrouble = (sentence, about) => this.trouble(sentence, about);
    this.controls.onEnded = () => this.keepListening();
    this.button.addEventListener("click", () => this.next());
    this.#watchFocus();
    whenTranslated(() => this.recorder.translated(), this.#listeners.signal);
  }

  /** The time line of the clip that a question is about, or else of the last clip played. */
  #clockFor(element) {
    const about = () =>
      this.controls.clips.find((clip) => clip.id === element.dataset.presentation) ?? this.controls.selected;
    return { position: () => this.player.position, duration: () => about().duration ?? 0 };
  }

  async #rest(kept) {
    const section = this.root.querySelector(".rest");
    if (!section || kept?.rest_ms !== undefined) return;
    this.resting = true;
    this.recorder.rested(await rest(this.root, section));
    this.resting = false;
    this.stickyPlayer.fit();
    this.keepListening();
    this.takeFocus();
  }

  /** Scroll to the top and focus the heading, for screen readers. */
  takeFocus() {
    window.scrollTo(0, 0);
    this.root.querySelector(this.resting ? ".rest h2" : "h1").focus({ preventScroll: true });
  }

  /** Resolves when this browser has stored everything that was entered and heard. */
  async keep() {
    this.#settle();
    await this.pending;
    await this.keepListening();
  }

  /** Show earlier answers: of this browser's and the server's, the newest. */
  async #restoreDrafts() {
    const stored = JSON.parse(this.root.dataset.answers);
    await Promise.all(this.questions.map((question) => this.#restore(question, stored)));
  }

  async #restore(question, stored) {
    const key = this.#keyOf(question);
    const [local, begun] = await Promise.all([this.store.draft(key), this.store.noted(key)].map((one) => one.catch(() => null)));
    if (begun != null) question.resume(begun);
    const remote = stored.find((one) => String(one.question) === question.id && one.presentation === question.presentation);
    const newest = (local?.sequence ?? 0) >= (remote?.sequence ?? 0) ? (local ?? remote) : remote;
    if (!newest) return;
    question.restore(newest.value);
    question.reported = true;
  }

  #keyOf({ id, presentation }) {
    return draftKey({ trial: this.token, question: id, presentation });
  }

  /** Store where a time mark begins, so that it is still open after a reload. */
  #begun(question, position) {
    this.refresh();
    this.store.note(this.#keyOf(question), position).catch(() => {});
  }

  #answered(question) {
    this.recorder.answered(question.reported === true);
    question.reported = true;
    this.refresh();
    this.keepListening();
    const event = {
      trial: this.token,
      question: question.id,
      presentation: question.presentation,
      value: question.value,
      response_ms: this.recorder.elapsed,
    };
    this.onAnswer?.(event);
    const { machine_translated: translated } = this.recorder.record;
    this.pending = this.queue.answer(event, { translated }).catch(() => this.trouble(say("unkept")));
  }

  #watchFocus() {
    const until = { signal: this.#listeners.signal };
    let away = false;
    const check = () => {
      const now = document.hidden || !document.hasFocus();
      if (now && !away) this.recorder.lostFocus();
      away = now;
    };
    window.addEventListener("blur", check, until);
    window.addEventListener("focus", check, until);
    document.addEventListener("visibilitychange", check, until);
    window.addEventListener("pagehide", () => (this.#settle(), this.keepListening()), until);
    this.keeper = setInterval(() => this.player.sounding && this.keepListening(), 1_000);
  }

  #settle() {
    for (const question of this.questions) question.settle();
  }

  keepListening() {
    return this.store.keepListening(this.recorder.snapshot(this.player.current)).catch(() => {});
  }

  /** The sentence that says why the trial cannot be left yet; empty when it can. */
  get obstacle() {
    const current = this.player.current;
    const unheard = this.controls.clips.filter(
      (clip) => this.recorder.share(clip.id, current) < this.minimumShare - TOLERANCE,
    );
    if (unheard.length) {
      const started = unheard.some((clip) => this.recorder.share(clip.id, current) > 0);
      if (this.controls.clips.length > 1) {
        return say("hearAll", { names: unheard.map((clip) => clip.name).join(", ") });
      }
      return say(!started ? "hearFirst" : this.minimumShare >= 1 - TOLERANCE ? "hearToEnd" : "hearMore");
    }
    if (this.questions.some((question) => question.open)) return say("stretchOpen");
    const open = this.questions.filter((question) => !question.complete).length;
    if (open) return say(this.questions.length === 1 ? "answerThis" : open === 1 ? "answerOne" : "answerMore", { count: open });
    return "";
  }

  refresh() {
    if (this.onward || this.root.hasAttribute("inert")) return; // it says "One moment …" until it takes keys and taps
    const obstacle = this.obstacle;
    this.button.setAttribute("aria-disabled", obstacle !== "");
    if (this.reason.textContent !== obstacle) this.reason.textContent = obstacle;
    for (const question of this.questions) question.tick(this.player.sounding, this.player.position);
    this.oneClip?.follow(this.player.sounding);
  }

  /** Show the feedback on a practice trial, sentences { text, language }; Next then calls `onward`. */
  tell(sentences, onward) {
    const notice = this.root.querySelector(".feedback");
    notice.replaceChildren(
      ...sentences.map(({ text, language }) => Object.assign(document.createElement("p"), { textContent: text, lang: language })),
    );
    notice.hidden = false;
    notice.scrollIntoView({ block: "nearest" });
    this.onward = onward;
    this.reason.textContent = "";
    this.button.setAttribute("aria-disabled", "false");
  }

  /** Show a problem; an empty sentence withdraws the one about the same subject. */
  trouble(sentence, about = "answers") {
    this.#troubles.delete(about);
    if (sentence) this.#troubles.set(about, sentence);
    const last = [...this.#troubles.values()].at(-1) ?? "";
    if (!sentence && last === this.notice.textContent) return; // do not read it out again
    this.notice.textContent = last;
    this.notice.hidden = !last;
    if (sentence && about === "sound") this.notice.scrollIntoView({ block: "nearest" }); // a press caused it
  }

  async next() {
    if (this.onward) return this.#goOnward();
    this.#settle();
    const obstacle = this.obstacle;
    if (obstacle) {
      announce(obstacle);
      const open = this.questions.find((question) => question.open || !question.complete);
      open?.root.classList.add("missing");
      this.oneClip?.show(open?.presentation);
      return;
    }
    if (this.#left) return;
    this.#left = true;
    this.player.pause();
    this.button.setAttribute("aria-disabled", "true");
    await this.pending;
    await this.onNext(this, this.recorder.snapshot());
  }

  #goOnward() {
    const onward = this.onward;
    this.onward = undefined;
    onward();
  }

  /** Say why nothing happens after the trial was left: it is being sent, or there is no connection. */
  tellWait(state) {
    if (!this.#left || this.onward) return;
    const sentence = say(state === "offline" ? "unconnected" : "waiting");
    if (this.reason.textContent === sentence) return;
    this.reason.textContent = sentence;
    announce(sentence);
  }

  /** The trial was left before the page was loaded; the next must come from the server. */
  wait(state) {
    this.#left = true;
    this.button.setAttribute("aria-disabled", "true");
    this.tellWait(state);
  }

  /** Whether it shows the feedback on a practice trial. */
  get telling() {
    return this.onward !== undefined;
  }

  /** Allow another attempt to leave. */
  reopen(reason) {
    this.#left = false;
    this.refresh();
    if (reason) this.trouble(reason);
  }

  /** Show an answer that was given in another tab. */
  mirror({ question, presentation, value }) {
    const twin = this.questions.find((one) => one.id === question && one.presentation === presentation);
    twin?.restore(value);
    this.refresh();
  }

  togglePlay() {
    this.controls.toggle();
  }

  toggleLoop() {
    this.controls.toggleLoop();
  }

  /** Play the clip under a letter (R: the given reference); returns false where there is none. */
  chooseClip(letter) {
    const clip = this.controls.clips.find((one) => one.letter === letter);
    return clip && this.controls.clips.length > 1 ? void this.controls.toggle(clip) : false;
  }

  /** Play the clip under a digit: 1 is A, 0 the given reference; returns false where there is none. */
  chooseClipByDigit(digit) {
    const others = this.controls.clips.filter((clip) => clip.letter !== "R");
    return this.chooseClip(digit === 0 ? "R" : others[digit - 1]?.letter);
  }

  /** Begin or end a time mark, in the question with the focus or else in the first; returns false where there is none. */
  mark() {
    const marks = [...this.root.querySelectorAll(".mark")];
    const focused = marks.find((one) => one.closest("[data-question]").contains(document.activeElement));
    const button = focused ?? marks[0];
    return button ? void button.click() : false;
  }

  destroy() {
    this.#listeners.abort();
    clearInterval(this.keeper);
    this.controls.destroy();
    this.stickyPlayer.destroy();
  }
}
