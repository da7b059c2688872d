// Sends a form once, however often its button is pressed, and only when the server can be reached: until then the page
// stays and says so, where the browser would show an error page.

const RETRY = 3_000; // ms between two attempts to reach the server
const PATIENCE = 10_000; // ms

const notice = document.getElementById("unreachable");
let cleared = null; // the form that may be sent now

async function isReached() {
  try {
    const options = { cache: "no-store", signal: AbortSignal.timeout?.(PATIENCE) };
    return (await fetch(notice.dataset.look, options)).status < 500;
  } catch {
    return false;
  }
}

async function deliver(form, button) {
  while (!(await isReached())) {
    form.after(notice);
    notice.hidden = false;
    notice.scrollIntoView({ block: "nearest" });
    await new Promise((resolve) => setTimeout(resolve, RETRY));
  }
  notice.hidden = true;
  cleared = form;
  form.requestSubmit(button);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form === cleared) return void (cleared = null);
  event.preventDefault();
  if ("sent" in form.dataset) return;
  form.dataset.sent = "";
  deliver(form, event.submitter);
});

// The page came back from the browser's back/forward cache: its forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
