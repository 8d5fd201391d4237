# The environment of the course: JupyterLab, the chapters, and a Docker engine that needs no privileges.
#   docker build -t course . && docker run --rm -p 127.0.0.1:8888:8888 course
# Binder and JupyterHub use the same image. Its layers and their sizes: appendices/pod.md.
FROM python:3.11-slim AS base

# What pip installs, in a stage of its own: neither pip's downloads nor its byte code stay.
FROM base AS environment
RUN python -m venv /opt/course
ENV PATH=/opt/course/bin:$PATH
# The packages before the course itself: they rarely change and take long. The course is not installed but put on the
# path, so that a learner can read and change it.
COPY requirements.txt requirements-pod.txt constraints.txt /tmp/pins/
WORKDIR /tmp/pins
RUN --mount=type=cache,target=/root/.cache/pip \
    grep -v '^-e ' requirements.txt > packages.txt \
    && pip install -r packages.txt -r requirements-pod.txt \
    && pip uninstall -y pip

# Nothing, unless --build-context base-image=FOLDER puts a folder in its place, with the base image in it as base.tar
# (`docker save`). Without it, the base image comes from its registry.
FROM scratch AS base-image

# The micro-VM's kernel: user-mode Linux, compiled with what a Docker engine needs (about 5 minutes). Not compiled again
# until what is in its folder changes.
FROM base AS kernel-build
# hadolint ignore=DL3008  # Debian keeps one version of a package a release: a pin would break at the next update
RUN apt-get update \
    && apt-get install -y --no-install-recommends bc bison flex gcc libc6-dev make xz-utils \
    && rm -rf /var/lib/apt/lists/*
COPY dockerlab/engine/vm/kernel /src
RUN sh /src/make.sh /linux

FROM scratch AS kernel
COPY --from=kernel-build /linux /linux

# The parts of the micro-VM. It is run once here, to put the base image on its disk: a RUN step needs no privilege
# for that, nor will the container.
FROM environment AS micro-vm
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends e2fsprogs \
    && rm -rf /var/lib/apt/lists/*
# These files and no others, so that a change of a chapter does not make the disk again.
COPY dockerlab/__init__.py dockerlab/errors.py dockerlab/paths.py dockerlab/text.py /src/dockerlab/
COPY dockerlab/engine /src/dockerlab/engine
WORKDIR /src
RUN --mount=type=cache,target=/var/cache/dockerlab \
    --mount=type=bind,from=base-image,target=/archive \
    --mount=type=bind,from=kernel,target=/kernel \
    DOCKERLAB_CACHE=/var/cache/dockerlab \
    python -m dockerlab.engine.vm.disk /opt/dockerlab-vm /kernel/linux /archive/base.tar

FROM base
# e2fsprogs makes the VM's second disk larger at each start; tini is process 1 and reaps what ends; the chapters ask
# their services with curl.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl e2fsprogs tini \
    && rm -rf /var/lib/apt/lists/*
# Binder gives both.
ARG NB_USER=learner
ARG NB_UID=1000
RUN useradd --uid "$NB_UID" --no-log-init --create-home "$NB_USER" \
    && install -d -o "$NB_USER" -g "$NB_USER" "/home/$NB_USER/course"
COPY --from=micro-vm /opt/dockerlab-vm /opt/dockerlab-vm
COPY --from=environment /opt/course /opt/course
# `docker` for an engine that is offered to the container, by its socket or DOCKER_HOST; `dockerlab` for terminals, also
# under the path that pages name.
RUN ln -s "/home/$NB_USER/course/pod/dockerlab" /usr/local/bin/dockerlab \
    && install -d -o "$NB_USER" -g "$NB_USER" "/home/$NB_USER/course/.venv/bin" \
    && ln -s /usr/local/bin/dockerlab "/home/$NB_USER/course/.venv/bin/dockerlab" \
    && ln -s /opt/dockerlab-vm/client/usr/bin/docker /usr/local/bin/docker \
    && install -d /usr/local/libexec/docker \
    && ln -s /opt/dockerlab-vm/client/usr/libexec/docker/cli-plugins /usr/local/libexec/docker/cli-plugins
ENV HOME=/home/$NB_USER
ENV PATH=/opt/course/bin:$PATH PYTHONPATH=$HOME/course
# The notebook server's settings, however a hub starts it.
ENV JUPYTER_CONFIG_PATH=$HOME/course/jupyter
WORKDIR $HOME/course
COPY --chown=$NB_UID:$NB_UID . .
LABEL org.opencontainers.image.title="Docker Fundamentals, Measured" \
      org.opencontainers.image.licenses="MIT AND CC-BY-4.0"
# As a number: who runs the container can tell that it is not root without looking into it.
USER $NB_UID
EXPOSE 8888
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["env", "no_proxy=*", "python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8888/api')"]
# Boots the engine beside whatever is then started.
ENTRYPOINT ["tini", "-g", "--", "pod/start"]
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser"]
