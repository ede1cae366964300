// Calls of the page's own server.

export class RefusedError extends Error {}

export async function get(path) {
  return answer(await fetch(path));
}

export async function post(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return answer(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

export function act(deviceId, action, body) {
  return post(`/api/devices/${encodeURIComponent(deviceId)}/${action}`, body);
}

async function answer(response) {
  const content = await response.json().catch(() => ({}));
  if (!response.ok)
    throw new RefusedError(content.error?.message ?? `the page's server responded ${response.status}`);
  return content;
}
