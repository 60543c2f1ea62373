# One image for every platform: RUN_MODE, or the platform itself, chooses the door (see serve/entrypoint.sh).
# `make image` and the stacks build it: the app's folder is the context, the project's folders are further ones, and
# appfolder/image.py gives the arguments. BASE may be another Debian-like image with python3 3.11 or newer and pip.
ARG BASE=docker.io/library/python:3.13-slim@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

FROM ${BASE} AS build
# on adds what serve/traces.py needs; a stack sets it by its key otlpEndpoint (docs/tracing.md).
ARG OTEL=off
ARG BUILD_PACKAGES=""
# The base's digest decides which versions Debian has; an exact version here would be refused after the next release.
# hadolint ignore=DL3008
RUN case ${OTEL} in on | off) ;; *) echo "OTEL is '${OTEL}'; it is either on or off" >&2; exit 64 ;; esac; \
    [ -z "${BUILD_PACKAGES}" ] || { apt-get update -qq && apt-get install -qq --no-install-recommends ${BUILD_PACKAGES} >/dev/null; }
WORKDIR /build
# These are build contexts, not stages.
# hadolint ignore=DL3022
COPY --from=appfolder . appfolder/
# hadolint ignore=DL3022
COPY --from=requirements doors.txt otel.txt ./
COPY . /srv/app
# Files with the app's requirements, separated by spaces; if empty, the usual file that is there.
ARG REQUIREMENTS=""
# The app's requirements as they are, then the doors'. Files that never run (tests, C sources, command-line scripts) go.
RUN if [ "${OTEL}" = on ]; then set -- --doors otel.txt; fi \
    && for file in ${REQUIREMENTS}; do set -- "$@" --requirements "${file}"; done \
    && python3 -m appfolder.install /srv/app /build/environment --no-compile --doors doors.txt "$@" \
    && mv /build/environment/lib/python3*/site-packages /srv/packages \
    && python3 -m appfolder.prune /srv/packages \
    && find /srv/packages -type f \( -name '*.c' -o -name '*.h' -o -path '*.dist-info/RECORD' \) -delete
# An app may have a module called serve, so the package has another name here.
# hadolint ignore=DL3022
COPY --from=serve . /srv/doors/_scale_to_zero
# What the app's files need before they are served, such as Django's collectstatic.
ARG COMMAND=""
ARG SOURCE=.
ARG SOURCE_DATE_EPOCH
WORKDIR /srv/app
# All that is found by PYTHONPATH is found by srv.pth too, so that a service whose variables have a PYTHONPATH of the
# app's own adds to it.
# Of a checked-out file's rights only the owner's right to run it counts: everybody may read, nobody may write. Podman
# keeps its owner, and BuildKit a time that is earlier than that of the build's files.
# At last bytecode, because Lambda's root file system is read-only: missing bytecode would be compiled at every cold
# start. Python checks it by hash in folders that a derived image may change, and not at all in the others. It never
# checks by time, because a reproducible build gives all files one time. A file that cannot be compiled cannot be
# imported.
RUN { [ -z "${COMMAND}" ] || PYTHONPATH="/srv/app/${SOURCE}:/srv/packages" sh -euc "${COMMAND}"; } \
    && printf '%s\n' "/srv/app/${SOURCE}" /srv/doors /srv/packages >/srv/doors/srv.pth \
    && { ! ls /srv/packages/*.pth >/dev/null 2>&1 || echo "import site; site.addsitedir('/srv/packages')" >>/srv/doors/srv.pth; } \
    && rm -f /srv/doors/_scale_to_zero/start/start.index \
    && find /srv -depth -type d -name __pycache__ -exec rm -r {} + \
    && chown -R 0:0 /srv \
    && find /srv -type d -exec chmod 755 {} + \
    && find /srv -type f -perm -u+x -exec chmod 755 {} + \
    && find /srv -type f ! -perm -u+x -exec chmod 644 {} + \
    && find /srv -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH:-0}" {} + \
    && { python3 -m compileall -qq --invalidation-mode unchecked-hash /srv/packages; \
    python3 -m compileall -qq --invalidation-mode checked-hash /srv/app /srv/doors || true; }

FROM ${BASE} AS runtime
ARG PACKAGES=""
# Modules that no service imports go: installers (an app that imports setuptools names it), tests, tools for people, and
# what is written in Python for a Python that lacks the same in C.
# The rest gets bytecode: the official base has none for the standard library. Each folder is a word of its own.
# Python reads .pth files only in its own folders, so there is a link to ours.
# hadolint ignore=DL3008,SC2086
RUN { [ -z "${PACKAGES}" ] || { apt-get update -qq && apt-get install -qq --no-install-recommends ${PACKAGES} >/dev/null \
    && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/*; }; } \
    && folders=$(python3 -c 'import sys; print(*(path for path in sys.path if path.startswith("/")))') \
    && twins=$(python3 -c 'import _datetime, _decimal, _io; print("_pydatetime.py _pydecimal.py _pyio.py")' || true) \
    && for folder in ${folders}; do for name in pip pip-* setuptools setuptools-* wheel wheel-* pkg_resources \
        _distutils_hack distutils-precedence.pth test idlelib tkinter turtledemo turtle.py pydoc_data lib2to3 ${twins}; do \
        rm -rf "${folder:?}"/${name}; done; done \
    && { python3 -m compileall -qq -f --invalidation-mode unchecked-hash ${folders} || true; } \
    && own=$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && mkdir -p "${own}" \
    && ln -sf /srv/doors/srv.pth "${own}/"
COPY --from=build /srv /srv
ARG SOURCE=.
WORKDIR /srv/app
ARG APP=app:app
ARG HEALTH_PATH=""
ENV APP=${APP} APP_DIR=/srv/app HEALTH_PATH=${HEALTH_PATH} PYTHONPATH=/srv/app/${SOURCE}:/srv/doors:/srv/packages \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

# The app is started once here, as it will run: not as root. Files that it leaves behind stay in this stage.
FROM runtime AS index
USER 65532:65532
ARG OTEL=off
RUN python3 -m _scale_to_zero.start.build_index /tmp/start.index

FROM runtime
COPY --from=index /tmp/start.index /srv/doors/_scale_to_zero/start/start.index
# The number, not a name: the image has no account to name, and a platform can check that it is not root.
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s CMD ["python3", "-m", "_scale_to_zero.healthcheck"]
ENTRYPOINT ["/srv/doors/_scale_to_zero/entrypoint.sh"]
ARG BUILD_ID=unknown
ENV BUILD_ID=${BUILD_ID}
LABEL org.opencontainers.image.revision=${BUILD_ID}
