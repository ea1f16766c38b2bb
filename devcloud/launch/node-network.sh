#!/bin/sh
# The network namespace of a further hypervisor, on the management bridge: node-network.sh STATE HOST ADDRESS. May run again.
set -eu
state=$1 host=$2 address=$3
[ -e "/run/netns/$host" ] || ip netns add "$host"
[ -e "/sys/class/net/v-$host" ] || ip link add "v-$host" type veth peer name eth0 netns "$host"
ip link set "v-$host" mtu 1600 master br-mgmt up
ip -n "$host" link set eth0 mtu 1600 up
ip -n "$host" address replace "$address/24" dev eth0
ip -n "$host" link set lo up
mkdir -p "$state/hosts/$host"
printf '127.0.0.1 localhost\n%s %s\n' "$address" "$host" >"$state/hosts/$host/hosts"
