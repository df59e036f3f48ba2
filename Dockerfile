# syntax=docker/dockerfile:1

# The payments service and the operator's tool. The service needs a PostgreSQL of its own: docker-compose.yml has one.
FROM swift:6.2-noble AS build
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends libpq-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# The caches keep dependencies, downloaded and compiled, from build to build.
RUN --mount=type=cache,target=/root/.cache/org.swift.swiftpm \
    --mount=type=cache,target=/source/.build \
    swift build --configuration release --static-swift-stdlib --product payments \
    && swift build --configuration release --static-swift-stdlib --product idempotency \
    && mkdir -p /staging \
    && cp "$(swift build --configuration release --static-swift-stdlib --show-bin-path)"/payments \
        "$(swift build --configuration release --static-swift-stdlib --show-bin-path)"/idempotency /staging/

FROM ubuntu:24.04
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends ca-certificates libpq5 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --user-group --no-create-home --shell /usr/sbin/nologin payments
COPY --from=build /staging/ /usr/local/bin/
USER payments
ENV HOST=0.0.0.0 PORT=8080
EXPOSE 8080
# Ready only while the database answers and its migrations are there. The image has no curl; bash opens the connection.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=5 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["payments"]
CMD ["serve"]
