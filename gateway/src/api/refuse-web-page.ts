import type { IncomingHttpHeaders } from 'node:http';
import { LambdaError } from '@mayfly/lambda-api';

/**
 * Refuses requests that a browser makes for a web page. The API is open on loopback, and any page on the
 * internet can make its visitor's browser post to loopback; browsers then name the page in `Origin`, which
 * no SDK sends. differs from Lambda: there a page needs the visitor's credentials.
 * @throws LambdaError `AccessDeniedException`
 */
export function refuseWebPage(headers: IncomingHttpHeaders): void {
  if (headers.origin === undefined) return;
  throw new LambdaError(
    'AccessDeniedException',
    'The Lambda API takes no requests from web pages: give the function a URL, with CORS for the page.',
  );
}
