# One image for every platform: RUN_MODE, or the platform itself, chooses the door (see entrypoint.sh).
# BASE may be another Debian-like image with python3 3.11 or newer and pip.
ARG BASE=docker.io/library/python:3.13-slim@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

FROM ${BASE} AS build
WORKDIR /build
COPY requirements/image.txt requirements/otel.txt ./
# on: with what serve/traces.py needs; a stack says so by its key otlpEndpoint (docs/tracing.md).
ARG OTEL=off
# Only wheels, so no compiler is needed; what never runs (tests, stubs, C sources, command-line scripts) goes.
RUN case ${OTEL} in \
        on) cat otel.txt >> image.txt ;; \
        off) ;; \
        *) echo "OTEL is '${OTEL}'; it is either on or off" >&2 && exit 64 ;; \
    esac \
    && python3 -m pip install --quiet --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
        --no-compile --only-binary=:all: --require-hashes --target /srv/packages -r image.txt \
    && find /srv/packages -depth \( -type d \( -name tests -o -name test \) -o -path /srv/packages/bin \) \
        -not -path '*/werkzeug/*' -exec rm -r {} + \
    && find /srv/packages -type f \( -name '*.pyi' -o -name '*.c' -o -name '*.h' -o -path '*.dist-info/RECORD' \) -delete
COPY app /srv/app
COPY serve /srv/serve
COPY --chmod=755 entrypoint.sh /srv/
# Bytecode, because Lambda's root file system is read-only: what is missing would be compiled at every cold start.
# It is checked by hash where people change files in a derived image, and not at all where nobody does, never by
# time, because a reproducible build sets all times to one.
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /srv/packages \
    && python3 -m compileall -q --invalidation-mode checked-hash /srv/app /srv/serve

FROM ${BASE}
# The official base has no bytecode of the standard library either. What no service imports stays without: tests, a
# person's tools at a terminal, installers, and the Python twins of modules that are there in C.
RUN python3 -m compileall -q -f --invalidation-mode unchecked-hash \
        -x '/(site-packages|dist-packages|tests?|idlelib|tkinter|turtledemo|ensurepip|venv|lib2to3|pydoc_data|_pyrepl)/|/(_pydatetime|_pydecimal|_pyio|doctest|pdb|pickletools|pydoc|turtle)\.py$' \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /srv /srv
WORKDIR /srv
ARG APP=app:create_app()
ENV APP=${APP} PYTHONPATH=/srv/packages PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# In an image built upon this one: once more, as root, after the last change.
RUN python3 -m serve.start.build_index
# The number, not a name: the image has no account to name, and a platform can check that it is not root.
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s CMD ["python3", "-m", "serve.healthcheck"]
ENTRYPOINT ["/srv/entrypoint.sh"]
ARG BUILD_ID=unknown
ENV BUILD_ID=${BUILD_ID}
LABEL org.opencontainers.image.revision=${BUILD_ID}
