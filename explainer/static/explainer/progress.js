// Keeps the progress page up to date: bars move in place; when a row changes its state the page is
// fetched again, because links and buttons change with it.

const table = document.getElementById("builds");
const summary = document.getElementById("summary");
const noWorker = document.getElementById("no-worker");
const INTERVAL = 1500;

function show(row, news) {
  const bar = row.querySelector("progress");
  const words = row.querySelector(".words");
  if (bar) bar.value = news.progress;
  if (words.textContent !== news.words) words.textContent = news.words;
}

async function update() {
  const answer = await fetch(table.dataset.address, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const news = await answer.json();
  for (const item of news.rows) {
    const row = table.querySelector(`tr[data-id="${item.id}"]`);
    if (!row || row.dataset.state !== item.state) return location.reload();
    show(row, item);
  }
  if (summary.textContent !== news.summary) summary.textContent = news.summary;
  noWorker.hidden = !news.no_worker;
  if (news.going_on) setTimeout(tryToUpdate, INTERVAL);
}

async function tryToUpdate() {
  try {
    await update();
  } catch {
    setTimeout(tryToUpdate, 4 * INTERVAL); // the server is being restarted, or the network is away
  }
}

if (table) setTimeout(tryToUpdate, INTERVAL);
