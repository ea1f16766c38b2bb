#!/bin/sh
# Usage: customize.sh ROOT DISK_UUID PROXY SUITE
# A plain Debian cloud image: it boots, cloud-init and SSH run, and apt's own timers are on. Nothing of Coffer's is in it.
set -eu
target=$1 uuid=$2 proxy=$3 suite=$4

kernel=$(cd "$target/boot" && ls vmlinuz-*)
install -d "$target/boot/grub"
cat >"$target/boot/grub/grub.cfg" <<END
set timeout=0
menuentry "Debian" {
  search --no-floppy --fs-uuid --set=root $uuid
  linux /boot/$kernel root=UUID=$uuid rw console=tty0 console=ttyS0,115200n8 net.ifnames=0 random.trust_cpu=on quiet
  initrd /boot/initrd.img-${kernel#vmlinuz-}
}
END

cat >"$target/etc/apt/sources.list" <<END
deb http://deb.debian.org/debian $suite main
deb http://deb.debian.org/debian $suite-updates main
deb http://deb.debian.org/debian-security $suite-security main
END
rm -rf "$target"/etc/apt/sources.list.d/* "$target"/etc/apt/apt.conf.d/99mmdebstrap "$target"/var/lib/apt/lists/*_*
printf 'Acquire::http::Proxy "%s";\nAcquire::Languages "none";\n' "$proxy" >"$target/etc/apt/apt.conf.d/90mirror"
cat >"$target/etc/cloud/cloud.cfg.d/90_image.cfg" <<END
apt: {preserve_sources_list: true}
datasource_list: [ConfigDrive, OpenStack]
system_info: {network: {renderers: [networkd]}}
END

: >"$target/etc/machine-id"
echo debian >"$target/etc/hostname"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$target/etc/resolv.conf"
rm -f "$target"/etc/ssh/ssh_host_*
rm -rf "$target"/var/log/* "$target"/var/lib/cloud/*
chroot "$target" systemctl --quiet enable ssh.service systemd-networkd.service systemd-resolved.service
chroot "$target" systemctl --quiet set-default multi-user.target
