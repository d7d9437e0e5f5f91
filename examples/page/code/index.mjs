import { readFileSync } from 'node:fs';

// Read once, in the init phase: every invocation of this execution environment finds it in memory.
const styles = readFileSync(new URL('./styles.css', import.meta.url), 'utf8');
let visits = 0;

/** Answers a function URL request (payload format 2.0) with a page about the request. */
export const handler = async (event, context) => {
  visits += 1;
  const { method = 'GET', path = '/' } = event.requestContext?.http ?? {};
  return {
    statusCode: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      // Nothing but the styles of the page itself may be loaded or run.
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
    },
    body: page({
      method,
      path: event.rawPath ?? path,
      query: [...new URLSearchParams(event.rawQueryString ?? '')],
      requestId: context.awsRequestId,
      memory: context.memoryLimitInMB,
    }),
  };
};

function page({ method, path, query, requestId, memory }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A page from a function</title>
<style>${styles}</style>
</head>
<body>
<main>
  <header>
    <p class="eyebrow">mayfly</p>
    <h1>This page is a function.</h1>
    <p class="lead">It lives while it is needed. This execution environment has answered
      <strong>${visits}</strong> ${visits === 1 ? 'request' : 'requests'}.</p>
  </header>
  <section aria-labelledby="request">
    <h2 id="request">Your request</h2>
    <dl>
      <dt>Method</dt><dd><code>${escapeHtml(method)}</code></dd>
      <dt>Path</dt><dd><code>${escapeHtml(path)}</code></dd>
      <dt>Request id</dt><dd><code>${escapeHtml(requestId)}</code></dd>
      <dt>Memory</dt><dd>${escapeHtml(memory)} MB</dd>
    </dl>
  </section>
  <section aria-labelledby="query">
    <h2 id="query">Query</h2>
    ${queryTable(query)}
    <form method="get">
      <label for="name">Your name</label>
      <input id="name" name="name" autocomplete="off" value="${escapeHtml(nameIn(query))}">
      <button>Send</button>
    </form>
  </section>
</main>
</body>
</html>
`;
}

function queryTable(query) {
  if (query.length === 0) return '<p class="empty">None. Send your name to see it here.</p>';
  const items = query.map(
    ([key, value]) =>
      `<dt><code>${escapeHtml(key)}</code></dt><dd><code>${escapeHtml(value)}</code></dd>`,
  );
  return `<dl>${items.join('')}</dl>`;
}

function nameIn(query) {
  return query.find(([key]) => key === 'name')?.[1] ?? '';
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Whatever a visitor sends is text, never markup. */
function escapeHtml(text) {
  return String(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
