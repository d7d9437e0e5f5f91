/** What proves who signed a request, in its query: as good as a password until it expires. */
const SECRET_PARAMETERS = /([?&]X-Amz-(?:Signature|Security-Token)=)[^&]*/gi;

/** The URL as it may stand in a log. */
export function toLoggedUrl(url: string): string {
  return url.includes('?') ? url.replaceAll(SECRET_PARAMETERS, '$1…') : url;
}
