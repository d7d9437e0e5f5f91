import type { FastifyReply, FastifyRequest } from 'fastify';
import { LambdaError } from '@mayfly/lambda-api';
import { renderError } from '../plugins/errors.ts';
import { findUnservedOperation } from './unserved-operations.ts';

/** Answers what no route takes: with the operation's name when it is one of Lambda's. */
export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? request.url;
  const operation = findUnservedOperation(request.method, path);
  const error =
    operation === undefined
      ? new LambdaError(
          'UnknownOperationException',
          `There is no operation at ${request.method} ${path}.`,
        )
      : new LambdaError(
          'NotImplementedException',
          `The operation ${operation} is not served yet. Change functions with kubectl apply or mayfly apply.`,
        );
  return renderError(error, request, reply);
}
