#!/bin/sh
# The entry point of Lambda base images: runs the runtime of this image with the handler that is named.
if [ $# -ne 1 ]; then
  echo 'entrypoint requires the handler name to be the first argument' >&2
  exit 142
fi
export _HANDLER="$1"
if [ -z "${AWS_LAMBDA_RUNTIME_API:-}" ]; then
  echo 'AWS_LAMBDA_RUNTIME_API is not set: this image runs beside an agent that serves the Runtime API' >&2
  exit 1
fi
exec /var/runtime/bootstrap
