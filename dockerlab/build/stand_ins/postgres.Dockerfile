# A stand-in for postgres:17-alpine: Debian's server behind the official image's variables, volume, port and folder.
FROM python:3.11-slim
# Without a cluster of the package's own: the entrypoint makes one.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-common \
    && sed -i 's/^#*create_main_cluster .*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
    && apt-get install -y --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* \
    && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ \
    && mkdir /docker-entrypoint-initdb.d \
    && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data \
    && install -d -o postgres -g postgres -m 3777 /var/run/postgresql
COPY --chmod=755 <<"EOF" /usr/local/bin/docker-entrypoint.sh
#!/bin/bash
set -e
[ "${1:0:1}" != - ] || set -- postgres "$@"
if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown postgres "$PGDATA"
    chmod 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql "$0" "$@"
fi
if [ "$1" = postgres ]; then
    for name in POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB; do
        file="${name}_FILE"
        [ -z "${!file}" ] || export "$name=$(< "${!file}")"
    done
    user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
    if [ -s "$PGDATA/PG_VERSION" ]; then
        printf '\n%s\n\n' "PostgreSQL Database directory appears to contain a database; Skipping initialization"
    else
        if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
            cat >&2 <<-'SAID'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.
SAID
            exit 1
        fi
        initdb -D "$PGDATA" --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") $POSTGRES_INITDB_ARGS
        printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
        # Only on the socket, until all is prepared.
        pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
        sql=(psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$user")
        [ "$database" = postgres ] || "${sql[@]}" -d postgres -v db="$database" <<< 'CREATE DATABASE :"db";'
        for file in /docker-entrypoint-initdb.d/*; do
            case "$file" in
                *.sh) echo "$0: running $file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
                *.sql) echo "$0: running $file"; "${sql[@]}" -d "$database" -f "$file" ;;
                *.sql.gz) echo "$0: running $file"; gunzip -c "$file" | "${sql[@]}" -d "$database" ;;
            esac
        done
        pg_ctl -D "$PGDATA" -m fast -w stop
        printf '\n%s\n\n' "PostgreSQL init process complete; ready for start up."
    fi
fi
exec "$@"
EOF
ENV PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
# As the official image's configuration has it: the server listens on every address of its container.
CMD ["postgres", "-c", "listen_addresses=*"]
