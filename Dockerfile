# The broker as a container: every role but none of the development parts. It needs DATABASE_URL and WRIT_MASTER_KEY.
# What it holds is what `npm run pack` publishes, without the embedded PostgreSQL, which refuses to serve beyond loopback anyway.
FROM node:22.23.3-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json prisma.config.ts LICENSE openapi.json ./
COPY prisma/ prisma/
COPY tools/ tools/
COPY packages/ packages/
COPY config/sample/ config/sample/
COPY libs/ libs/
COPY apps/ apps/
RUN node tools/pack.mjs

FROM node:22.23.3-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c
ENV NODE_ENV=production WRIT_HOST=0.0.0.0 WRIT_PORT=3000 WRIT_DATA_DIR=/var/lib/writ
WORKDIR /app
COPY --from=build /app/dist/packages/broker/ ./
RUN ln -s /app/tools/shipped-writ.mjs /usr/local/bin/writ
# The root file system may be read-only: the broker writes to its data folder alone.
RUN install -d -o node -g node -m 0700 /var/lib/writ
VOLUME /var/lib/writ
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "tools/start.mjs", "dist/apps/broker/src/main.js"]
