// Plays the chosen clip in the player beside its select, before anything is saved.

const SOUND_OF = /\d+(?=\D*$)/; // the number of the clip in the address of its sound

function follow(select) {
  const player = select.closest("tr")?.querySelector("audio[data-sound]");
  if (!player) return;
  player.hidden = select.value === "";
  if (select.value) player.src = player.dataset.sound.replace(SOUND_OF, select.value);
}

// Django's lookup fields report changes by jQuery only.
window.django.jQuery(document).on("change", "select[name$='-clip']", (event) => follow(event.target));
