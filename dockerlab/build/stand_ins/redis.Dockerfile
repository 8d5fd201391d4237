# A stand-in for redis:7-alpine: Debian's server with the official image's volume, port and user.
FROM python:3.11-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o redis -g redis /data
COPY --chmod=755 <<"EOF" /usr/local/bin/docker-entrypoint.sh
#!/bin/sh
set -e
case "$1" in -* | *.conf) set -- redis-server "$@" ;; esac
if [ "$1" = redis-server ]; then
    shift
    [ "$(id -u)" != 0 ] || { chown -R redis /data; user="setpriv --reuid=redis --regid=redis --init-groups"; }
    exec $user redis-server "$@" --protected-mode no
fi
exec "$@"
EOF
WORKDIR /data
VOLUME /data
EXPOSE 6379
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["redis-server"]
