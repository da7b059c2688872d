// Shows several questions about each of several clips on a narrow screen: the questions about the clip that was played
// last, and beside each question the answers about all clips. The style sheet decides what is narrow.

/** A text whose direction does not depend on what is beside it. */
function isolated(text) {
  const element = document.createElement("bdi");
  element.textContent = text;
  return element;
}

export class OneClipAtATime {
  #shown;

  /** `questions` and `clips` are those of the trial. */
  constructor(root, questions, clips) {
    this.about = questions.filter(({ presentation }) => presentation !== null);
    this.names = new Map(clips.map(({ id, name }) => [id, name]));
    this.groups = [...root.querySelectorAll(".of-clips")];
    this.show(this.about[0]?.presentation);
  }

  /** Show the questions about the clip that sounds, unless it is a reference without questions. */
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

  /** The element with the focus is hidden: focus the same question about the clip that is shown. */
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
