#!/bin/sh
# Process 1 of the micro-VM. What is written to the root disk is gone at the end. Docker stores on the data disk, at each start a new copy of one
# with the base image. The network is gvproxy's: 192.168.127.1 is the gateway and the name server, .2 is this machine.
export PATH=/usr/sbin:/usr/bin HOME=/root

say() {
    read -r up _ < /proc/uptime
    echo "vm: $up s: $*"
}

end() {
    say "$1"
    mount -o remount,ro /var/lib/docker || sync
    poweroff -f
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2> /dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# A port that Docker chooses must be free in the pod too, where programs get theirs from 32768 on.
echo "20000 29999" > /proc/sys/net/ipv4/ip_local_port_range

say "kernel $(cat /proc/sys/kernel/osrelease) is up"
# Barriers keep a disk consistent in a crash. Nobody needs this one after a crash, and they slow down the pod's disk.
mount -o noatime,nobarrier /dev/ubdb /var/lib/docker || end "the data disk cannot be mounted"

# The learner's files, at their own path, so that a bind mount finds them. The keeper lets this VM see no others.
if [ -n "$shared" ]; then
    mkdir -p "$shared" && mount -t hostfs none "$shared" || say "$shared cannot be mounted"
fi

hostname dockerlab
ip link set lo up
ip link set vec0 address 5a:94:ef:e4:0c:ee
ip link set vec0 up
ip addr add 192.168.127.2/24 dev vec0
ip route add default via 192.168.127.1
# A port that is published on the VM's loopback alone must be reached from its network card too. 2375 is relay.py's.
echo 1 > /proc/sys/net/ipv4/conf/vec0/route_localnet
iptables -t nat -A PREROUTING -i vec0 -p tcp ! --dport 2375 -j DNAT --to-destination 127.0.0.1

python3 -S -E /relay.py &  # carries the engine's API out of the VM

containerd --config /etc/containerd.toml --log-level warn &
dockerd --containerd=/run/containerd/containerd.sock --log-level=warn \
    --ip6tables=false --userland-proxy-path=/usr/sbin/docker-proxy --shutdown-timeout=5 --storage-driver=overlay2 &
dockerd=$!
say "dockerd starts"
# The keeper ends the VM by Ctrl-Alt-Del. With these two settings, that sends SIGINT to dockerd instead of a reset.
echo 0 > /proc/sys/kernel/ctrl-alt-del
echo "$dockerd" > /proc/sys/kernel/cad_pid
wait "$dockerd"
end "dockerd has ended with exit code $?"
