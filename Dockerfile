# Clipcue in a container. Node runs the TypeScript as it is, so nothing is built: the first stage only installs what runs need.
# Debian's image, not Alpine's: sodium-native brings no binary for musl.

FROM node:24-slim AS packages
WORKDIR /srv/clipcue
COPY package.json package-lock.json .npmrc ./
COPY packages/embedded-mongodb/package.json packages/embedded-mongodb/
# No package that a run needs has an install script of its own, so none may run one.
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-slim
WORKDIR /srv/clipcue
# `--build-arg FFMPEG=yes`: cards show the first frame of each clip, for some hundreds of MB more of image; then set FFMPEG_PATH=/usr/bin/ffmpeg.
ARG FFMPEG=no
RUN if [ "$FFMPEG" = yes ]; then \
      apt-get update && apt-get install --yes --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*; \
    fi
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
COPY --from=packages /srv/clipcue/node_modules node_modules
COPY package.json LICENSE ./
COPY packages packages
COPY commands commands
COPY src src
# The code belongs to root and is read-only for the bot; only /data is its own.
RUN install --directory --owner=node --group=node --mode=700 /data
VOLUME /data
USER node
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The flags are those of `npm start`: a chat bot that mostly waits needs no large nursery for young objects, in any of its threads; and
# with the usual small growth the bytes of an upload would have the whole heap searched many times a second.
CMD ["node", "--max-semi-space-size=4", "--heap-growing-percent=100", "src/main.ts"]
