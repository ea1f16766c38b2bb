#!/bin/sh
# A command on a further hypervisor: node.sh STATE LAUNCH HOST COMMAND...
# The network namespace of that name exists; mounts and host name are the command's own.
set -eu
state=$1 launch=$2 host=$3
shift 3
exec ip netns exec "$host" unshare --mount --uts sh -euc '
  state=$1 launch=$2 host=$3
  shift 3
  mount --make-rprivate /
  hostname "$host"
  mount --bind "$state/hosts/$host/hosts" /etc/hosts
  . "$launch/libvirt.sh"
  libvirt_folders "$state" "$host"
  exec "$@"' sh "$state" "$launch" "$host" "$@"
