// Several questions about each of several clips, where the screen is narrow: those about one clip at a time, the one
// that was heard last, and beside each question what was answered for all of them. The style sheet says what is narrow.

/** A text in its own direction, whatever is beside it. */
function isolated(text) {
  const element = document.createElement("bdi");
  element.textContent = text;
  return element;
}

export class ByClip {
  #shown;

  /** `questions` and `clips` are those of the trial. */
  constructor(root, questions, clips) {
    this.about = questions.filter(({ presentation }) => presentation !== null);
    this.names = new Map(clips.map(({ id, name }) => [id, name]));
    this.groups = [...root.querySelectorAll(".of-clips")];
    this.show(this.about[0]?.presentation);
  }

  /** Follow the player: what sounds is asked about, unless it is given for comparison only. */
  follow(sounding) {
    if (sounding !== null) this.show(sounding);
    for (const group of this.groups) this.#sumUp(group);
  }

  show(presentation) {
    if (presentation === this.#shown || !this.about.some((one) => one.presentation === presentation)) return;
    this.#shown = presentation;
    const focused = this.about.find(({ root }) => root.contains(document.activeElement));
    for (const one of this.about) one.root.toggleAttribute("data-shown", one.presentation === presentation);
    if (focused?.root.offsetParent === null) this.#focus(focused.id);
  }

  /** What had the focus is out of sight: the same question about the clip that is shown takes it. */
  #focus(question) {
    const twin = this.about.find(({ id, presentation }) => id === question && presentation === this.#shown);
    (twin?.root.querySelector(":checked") ?? twin?.root.querySelector("input, textarea"))?.focus({ preventScroll: true });
  }

  #sumUp(group) {
    const rows = this.about.filter(({ root }) => group.contains(root));
    const parts = rows.map(({ presentation, summary }) => `${this.names.get(presentation)}\u00a0${summary}`);
    const line = group.querySelector(".summary");
    if (line.textContent === parts.join(" · ")) return;
    line.replaceChildren(...parts.flatMap((part, place) => (place ? [" · ", isolated(part)] : [isolated(part)])));
  }
}
