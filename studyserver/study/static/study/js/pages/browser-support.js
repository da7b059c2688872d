// Says on the invitation when this browser cannot decode the sounds or store the answers.

const notice = document.getElementById("unsupported");

async function canPlay() {
  if (!("AudioContext" in window)) return false;
  const probe = await fetch(notice.dataset.probe).catch(() => null);
  if (!probe?.ok) return true; // the network's fault, not the browser's
  const bytes = await probe.arrayBuffer();
  const decoded = await new OfflineAudioContext(1, 1, 44_100).decodeAudioData(bytes);
  return decoded.length > 0;
}

function canStore() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("probe");
    request.onsuccess = () => {
      request.result.close();
      indexedDB.deleteDatabase("probe");
      resolve(true);
    };
    request.onerror = () => reject(request.error);
  });
}

const [plays, stores] = (await Promise.allSettled([canPlay(), canStore()])).map(({ value }) => value === true);
if (!plays || !stores) {
  notice.querySelector("[data-missing=sound]").hidden = plays;
  notice.querySelector("[data-missing=storage]").hidden = stores;
  notice.hidden = false;
  document.getElementById("join").disabled = true;
}
