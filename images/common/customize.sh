#!/bin/sh
# After the packages are installed. Usage: customize.sh ROOT MANIFEST FILES...
# Writes the list of packages to MANIFEST, copies our files in (each FILES is a tree as it lies in the image; scripts
# become executable), and removes what must not be in an image: the host's package sources, identities, keys, sample data.
set -eu
target=$1 manifest=$2
shift 2

dpkg-query --admindir="$target/var/lib/dpkg" --show --showformat='${Package} ${Version} ${Architecture}\n' >"$manifest"

for files in "$@"; do
  (cd "$files" && find . -type f) | while read -r file; do
    mode=0644
    [ "$(head -c 2 "$files/$file")" != "#!" ] || mode=0755
    install -D -o root -g root -m "$mode" "$files/$file" "$target/$file"
  done
done
install -d -m 0755 "$target/srv/coffer"

# Package sources and proxies may carry the host's credentials, and nothing is installed in a guest later.
rm -rf "$target"/etc/apt/sources.list "$target"/etc/apt/sources.list.d/* "$target"/etc/apt/apt.conf.d/99mmdebstrap
# The server packages make a server of their own, or a certificate; ours starts from a blank volume.
rm -rf "$target"/var/lib/mysql/* "$target"/var/lib/postgresql/* "$target"/etc/postgresql/*
rm -f "$target"/etc/ssl/private/*.key "$target"/etc/ssl/certs/ssl-cert-snakeoil.pem
rm -f "$target"/etc/ssh/ssh_host_* "$target"/etc/machine-id "$target"/var/lib/dbus/machine-id
rm -f "$target"/etc/hostname "$target"/etc/resolv.conf
rm -rf "$target"/var/log/* "$target"/var/cache/debconf/*-old "$target"/var/lib/dpkg/*-old "$target"/var/cache/ldconfig/*
