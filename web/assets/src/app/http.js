// Requests to our own server: JSON with the CSRF token of the page, or multipart when files go along.
function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? '';
}

function bodyOf(answers, files) {
  if (!files?.size) return { body: JSON.stringify({ answers }), headers: { 'Content-Type': 'application/json' } };
  const body = new FormData();
  body.append('answers', JSON.stringify(answers));
  files.forEach((list, key) => list.forEach((file) => body.append(key, file, file.name)));
  return { body, headers: {} };
}

/** Sends answers; resolves to {status, body}. Status 0 means that the server was not reached. */
export async function send(method, url, answers, { files, keepalive = false } = {}) {
  const { body, headers } = bodyOf(answers, files);
  try {
    const response = await fetch(url, {
      method, body, keepalive, credentials: 'same-origin', redirect: 'error',
      headers: { ...headers, Accept: 'application/json', 'X-CSRFToken': csrfToken() },
    });
    const isJson = response.headers.get('Content-Type')?.includes('json');
    return { status: response.status, body: isJson ? await response.json() : {} };
  } catch {
    return { status: 0, body: {} };
  }
}
