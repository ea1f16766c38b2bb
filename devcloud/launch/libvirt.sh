# Sourced. libvirt_folders STATE HOST: gives the mount namespace this host's own libvirt.
libvirt_folders() {
  at=$1/hosts/$2
  mkdir -p "$at/run" "$at/lib/qemu" "$at/cache" "$at/log" "$at/nova" "$at/neutron" "$at/lock"
  if [ ! -d "$at/etc" ]; then
    cp -a /etc/libvirt "$at/etc.new"
    rm -rf "$at/etc.new/qemu"
    mkdir -p "$at/etc.new/qemu"
    mv "$at/etc.new" "$at/etc"
  fi
  # What libvirt found out about QEMU's abilities; else each host asks QEMU again.
  if [ "$2" != ctl ]; then cp -a "$1/hosts/ctl/cache/." "$at/cache/"; fi
  cp "$1/etc/libvirt/qemu.conf" "$at/etc/qemu.conf"
  cp "$1/etc/libvirt/$2.conf" "$at/etc/libvirtd.conf"
  mkdir -p /run/libvirt
  mount --bind "$at/run" /run/libvirt
  mount --bind "$at/lib" /var/lib/libvirt
  mount --bind "$at/cache" /var/cache/libvirt
  mount --bind "$at/log" /var/log/libvirt
  mount --bind "$at/etc" /etc/libvirt
}
