# A stand-in for docker:dind: the same programs, started in the same way.
FROM python:3.11-slim
COPY usr/sbin/dockerd usr/sbin/docker-proxy usr/bin/containerd usr/bin/containerd-shim-runc-v2 usr/sbin/runc \
     usr/bin/docker usr/bin/tini-static /usr/local/bin/
COPY usr/libexec/docker/cli-plugins/docker-buildx /usr/local/libexec/docker/cli-plugins/
# Without iptables, the steps of a build there reach no network; the official image's do. containerd keeps the images,
# as in every fresh engine from release 29 on: only then can the engine's own builder export a cache.
COPY <<EOF /etc/docker/daemon.json
{"iptables": false, "ip6tables": false, "features": {"containerd-snapshotter": true}}
EOF
COPY --chmod=755 <<"EOF" /usr/local/bin/dockerd-entrypoint.sh
#!/bin/sh
set -e
rm -f /run/docker.pid
cd /sys/fs/cgroup
if [ -f cgroup.controllers ]; then # version 2: a group that hands out controllers must hold no process itself
    mkdir -p start
    for process in $(cat cgroup.procs); do echo "$process" > start/cgroup.procs || true; done
    for controller in $(cat cgroup.controllers); do echo "+$controller" > cgroup.subtree_control || true; done
fi
cd /
exec tini-static -- "$@"
EOF
VOLUME /var/lib/docker
ENTRYPOINT ["dockerd-entrypoint.sh"]
