import { z } from 'zod';

const origin = z.string().min(1).max(253);
const header = z.string().min(1).max(1024);
const method = z.string().regex(/^(\*|GET|HEAD|POST|PUT|PATCH|DELETE)$/, {
  error: 'must be one of GET, HEAD, POST, PUT, PATCH, DELETE, *',
});

/** Cross-origin rules of a function URL. */
export const FunctionUrlCors = z
  .strictObject({
    allowCredentials: z
      .boolean()
      .default(false)
      .describe('Whether a page may send cookies and credentials. Default: false.'),
    allowHeaders: z
      .array(header)
      .max(100)
      .optional()
      .describe('Request headers a page may send, or *. Default: none.'),
    allowMethods: z
      .array(method)
      .max(6)
      .optional()
      .describe(
        'Methods a page may use (GET, HEAD, POST, PUT, PATCH, DELETE), or *. Default: none.',
      ),
    allowOrigins: z
      .array(origin)
      .max(100)
      .optional()
      .describe('Origins that may call, for example https://example.com, or *. Default: none.'),
    exposeHeaders: z
      .array(header)
      .max(100)
      .optional()
      .describe('Response headers a page may read. Default: none.'),
    maxAge: z
      .int()
      .min(0)
      .max(86_400)
      .optional()
      .describe('Seconds a browser may keep the answer to a preflight. Default: not said.'),
  })
  .describe(
    'Cross-origin rules; the gateway answers preflights by them. They replace CORS headers of the function.',
  );

/** The HTTP endpoint of a function. */
export const FunctionUrl = z
  .strictObject({
    authType: z
      .enum(['NONE', 'AWS_IAM'])
      .describe(
        'Who may call the URL. NONE: everybody who reaches the gateway. AWS_IAM: who signs the request and may invoke the function, by RBAC or by permissions.',
      ),
    invokeMode: z
      .enum(['BUFFERED'])
      .default('BUFFERED')
      .describe('BUFFERED: the answer is sent when it is complete. Default: BUFFERED.'),
    cors: FunctionUrlCors.optional(),
  })
  .describe(
    'An HTTP endpoint of this function alone. Default: none, the function is called by the API only.',
  );
