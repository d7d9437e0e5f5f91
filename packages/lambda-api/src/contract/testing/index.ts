export { fieldsOf } from './arbitraries.ts';
export { encodeRequest, type EncodedRequest } from './encode-request.ts';
