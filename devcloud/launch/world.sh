#!/bin/sh
# Process 1 of the cloud's own namespaces (network, mounts, processes, host name, IPC). What it mounts and makes is seen by
# nobody else, and ends with it. Usage, below unshare: world.sh STATE LAUNCH
set -eu
state=$1 launch=$2

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/netns /run/coffer/usr
# The real /usr, seen from beside the wrapper that is mounted over QEMU below: QEMU finds its files relative to itself.
mount --bind /usr /run/coffer/usr
mount --bind "$launch/qemu.sh" /usr/bin/qemu-system-x86_64
mount -t sysfs sysfs /sys

# `ceph` and the RBD drivers read /etc/ceph/ceph.conf, libvirt /etc/libvirt: ours, not the machine's.
mount --bind "$state/etc/ceph" /etc/ceph
printf '127.0.0.1 localhost\n10.200.0.1 ctl\n' >"$state/etc/hosts"
mount --bind "$state/etc/hosts" /etc/hosts
hostname ctl
. "$launch/libvirt.sh"
libvirt_folders "$state" ctl

sysctl_set() { printf '%s' "$2" >"/proc/sys/$1"; }
sysctl_set net/ipv4/ip_forward 1
sysctl_set net/ipv4/conf/all/rp_filter 0
sysctl_set net/ipv4/conf/default/rp_filter 0
# Security groups are iptables rules on bridged packets.
[ -d /proc/sys/net/bridge ] || modprobe br_netfilter
sysctl_set net/bridge/bridge-nf-call-iptables 1
sysctl_set net/bridge/bridge-nf-call-ip6tables 1

ip link set lo up
ip link add br-mgmt type bridge mcast_snooping 0
ip link set br-mgmt mtu 1600 up
ip address add 10.200.0.1/24 dev br-mgmt
ip link add br-ex type bridge
ip link set br-ex up

: >"$state/run/world.ready"
# Waiting for a child in the shell reaps every orphan of the namespace too.
while :; do sleep 3600; done
