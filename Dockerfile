# The platform: operator and gateway. `node /app/operator.mjs` or `node /app/gateway.mjs`.
ARG BASE=debian:trixie-slim
FROM ${BASE}
COPY node /usr/local/bin/node
COPY operator.mjs gateway.mjs /app/
ENV NODE_ENV=production
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node"]
