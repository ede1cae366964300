// Calls of the console's own server. Its routes are one to one those of pushctl's library.

const BASE = new URL("api/", new URL(".", document.baseURI));

/** Raised when a call fails; `message` is a sentence, `details` name fields. */
export class CallError extends Error {
  constructor(message, { status = 0, code = "", details = [] } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** A path of escaped segments, with the values of `query` that are not empty. */
export function path(segments, query = {}) {
  const given = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const text = new URLSearchParams(given).toString();
  return segments.map(encodeURIComponent).join("/") + (text ? `?${text}` : "");
}

export const get = (segments, query) => call("GET", segments, undefined, query);
export const post = (segments, body = {}) => call("POST", segments, body);
export const put = (segments, body) => call("PUT", segments, body);
export const remove = (segments) => call("DELETE", segments);

async function call(method, segments, body, query) {
  const headers = method === "GET" ? {} : { "Content-Type": "application/json" };
  let response;
  try {
    response = await fetch(new URL(path(segments, query), BASE), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new CallError("The console does not respond. Is pushctl console still running?");
  }
  const content = await response.json().catch(() => null);
  if (response.ok) return content;
  const error = content?.error ?? {};
  throw new CallError(error.message ?? `The console answers ${response.status}.`, {
    status: response.status,
    code: error.code,
    details: error.details ?? [],
  });
}
