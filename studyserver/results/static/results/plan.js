// Keeps the progress of a simulated plan up to date: the bar moves in place, and the page is fetched again
// when the simulation ends, or now and then for the figures so far.

const section = document.querySelector("[data-simulation]");
const INTERVAL = 1500;
const STEP = 20; // per cent after which the figures so far are fetched

async function update(begun) {
  const answer = await fetch(section.dataset.simulation, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const news = await answer.json();
  section.querySelector("progress").value = news.progress;
  if (!news.going_on || news.progress >= begun + STEP) return location.reload();
  setTimeout(tryToUpdate, INTERVAL, begun);
}

async function tryToUpdate(begun) {
  try {
    await update(begun);
  } catch {
    setTimeout(tryToUpdate, 4 * INTERVAL, begun); // the server is being restarted, or the network is away
  }
}

if (section) setTimeout(tryToUpdate, INTERVAL, Number(section.querySelector("progress").value));
