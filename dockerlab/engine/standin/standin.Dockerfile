# A stand-in for python:3.11-slim, for machines that reach a Debian mirror and no image registry.
# It follows the official image: trimmed Debian, apt that keeps no packages, CPython built from source in /usr/local.
FROM scratch AS debootstrapped
ADD rootfs.tar /
# usrmerge, with the 47 MB of Perl behind it, is only needed to convert older systems.
RUN export DEBIAN_FRONTEND=noninteractive && apt-get update \
    && apt-get install -y --no-install-recommends usr-is-merged usrmerge- \
    && apt-mark auto '.*' > /dev/null && apt-mark manual apt debian-archive-keyring usr-is-merged > /dev/null \
    && apt-get purge -y --autoremove -o APT::AutoRemove::RecommendsImportant=false \
        -o APT::AutoRemove::SuggestsImportant=false perl perl-modules-5.36 libperl5.36 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/*.log \
        /usr/share/man/* /usr/share/info/* /usr/share/locale/* /usr/share/lintian/* \
    && find /usr/share/doc -mindepth 2 ! -name copyright ! -type d -delete \
    && find /usr/share/doc -mindepth 1 -type d -empty -delete
# What official Debian images carry: without these, each layer with apt would keep its packages.
COPY docker-clean /etc/apt/apt.conf.d/docker-clean
COPY machine/ /

FROM scratch AS debian
COPY --from=debootstrapped / /
CMD ["bash"]

FROM debian AS python-packages
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV LANG=C.UTF-8
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates netbase tzdata \
        libbz2-1.0 libffi8 liblzma5 libncursesw6 libreadline8 libsqlite3-0 libssl3 libuuid1 zlib1g \
    && rm -rf /var/lib/apt/lists/*
# The certificates of the machine, after the package has made its own: a proxy there may sign with one of these.
COPY certificates/ /etc/ssl/certs/

FROM python-packages AS python-build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev make pkg-config libbz2-dev libffi-dev liblzma-dev \
        libncursesw5-dev libreadline-dev libsqlite3-dev libssl-dev uuid-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
ADD python.orig.tar.gz /usr/src/
WORKDIR /usr/src/python
RUN tree=$(echo /usr/src/Python-*) && cd "$tree" \
    && ./configure --enable-shared --enable-option-checking=fatal --enable-loadable-sqlite-extensions \
        --with-ensurepip=install --without-static-libpython > /dev/null \
    && make -s -j "$(nproc)" LDFLAGS="-Wl,--strip-all" > /dev/null \
    && make -s install > /dev/null \
    && find /usr/local -depth \( -type d -a \( -name test -o -name tests -o -name idle_test -o -name __pycache__ \) \
        -o -type f -a \( -name '*.pyc' -o -name '*.pyo' -o -name 'libpython*.a' \) \) -exec rm -rf '{}' + \
    && ldconfig

FROM python-packages
COPY --from=python-build /usr/local /usr/local
RUN ldconfig \
    && for name in idle3 pip3 pydoc3 python3 python3-config; do \
        ln -svT "$name" "/usr/local/bin/$(echo "$name" | tr -d 3)" 2> /dev/null || true; done \
    && PYTHONDONTWRITEBYTECODE=1 pip --version && PYTHONDONTWRITEBYTECODE=1 python3 --version
ARG PYTHON_VERSION
ENV PYTHON_VERSION=${PYTHON_VERSION}
CMD ["python3"]
