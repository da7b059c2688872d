// Sends requests to the server, in JSON or as forms, and renews the CSRF token when it has expired.

/** The server could not be reached or failed: try again later. */
export class Unreachable extends Error {}

/** The server understood the request and refused it. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.reason ?? `The server answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

const PATIENCE = 20_000; // ms

function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}

async function request(address, options = {}) {
  let response;
  try {
    response = await fetch(address, {
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout?.(PATIENCE),
      ...options,
      headers: { Accept: "application/json", ...options.headers },
    });
  } catch (error) {
    throw new Unreachable(error.message);
  }
  if (response.status >= 500 || response.status === 429 || response.status === 408) {
    throw new Unreachable(`The server answered ${response.status}.`);
  }
  return response;
}

async function bodyOf(response) {
  const isJSON = response.headers.get("Content-Type")?.startsWith("application/json");
  if (response.ok && !isJSON) throw new Unreachable("Something other than the study answered."); // a captive portal
  const body = isJSON ? await response.json().catch(() => ({})) : {};
  if (!response.ok) throw new Refused(response.status, body);
  return body;
}

export async function getJSON(address) {
  return bodyOf(await request(address));
}

/** POST; when the token has expired, fetch a new one from `renewal` and try once more. */
async function post(address, body, type, renewal, options = {}) {
  const send = () =>
    request(address, {
      method: "POST",
      body,
      headers: { "Content-Type": type, "X-CSRFToken": csrfToken() },
      ...options,
    });
  const response = await send();
  if (response.status !== 403 || !renewal) return response;
  await request(renewal);
  return send();
}

export async function postJSON(address, body, renewal) {
  return bodyOf(await post(address, JSON.stringify(body), "application/json", renewal));
}

/** Send a form; the server must answer with a redirect, which is not followed. */
export async function postForm(form, renewal) {
  const fields = new URLSearchParams(new FormData(form));
  fields.delete("csrfmiddlewaretoken"); // as old as the page
  const response = await post(form.action, fields, "application/x-www-form-urlencoded", renewal, {
    redirect: "manual",
  });
  if (response.type !== "opaqueredirect") throw new Refused(response.status, {});
}
