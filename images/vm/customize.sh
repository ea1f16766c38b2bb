#!/bin/sh
# After common/customize.sh, for virtual machines. Usage: customize.sh ROOT DISK_UUID PATH
set -eu
target=$1 uuid=$2 path=$3
. "$target/usr/lib/coffer/server"

# The boot loader.
kernel=$(cd "$target/boot" && ls vmlinuz-*)
install -d "$target/boot/grub"
cat >"$target/boot/grub/grub.cfg" <<END
set timeout=0
menuentry "Debian" {
  search --no-floppy --fs-uuid --set=root $uuid
  linux /boot/$kernel root=UUID=$uuid rw console=tty0 console=ttyS0,115200n8 net.ifnames=0 random.trust_cpu=on quiet systemd.show_status=false
  initrd /boot/initrd.img-${kernel#vmlinuz-}
}
END

# The recipe's PATH and a neutral locale for the service, for logins and behind sudo.
install -d "$target/etc/systemd/system/coffer-database.service.d"
cat >"$target/etc/systemd/system/coffer-database.service.d/recipe.conf" <<END
[Service]
Environment=PATH=$path
Environment=LANG=C.UTF-8
KillSignal=SIG$server_stop_signal
END
printf 'PATH="%s"\nLANG=C.UTF-8\n' "$path" >"$target/etc/environment"
printf 'coffer ALL=(ALL:ALL) NOPASSWD: ALL\nDefaults secure_path="%s"\n' "$path" >"$target/etc/sudoers.d/coffer"
chmod 0440 "$target/etc/sudoers.d/coffer"
install -d -o 549 -g 549 -m 0700 "$target/home/coffer"

# Empty, not absent: made at the first boot, which is then not taken for a first boot that enables what was disabled.
: >"$target/etc/machine-id"
echo coffer >"$target/etc/hostname"
ln -sf ../run/systemd/resolve/resolv.conf "$target/etc/resolv.conf"
install -d -m 2755 "$target/var/log/journal"

chroot "$target" systemctl --quiet enable ssh.service systemd-networkd.service systemd-resolved.service \
  systemd-timesyncd.service coffer-host-key.service coffer-database.service
chroot "$target" systemctl --quiet set-default multi-user.target

# Servers of the packages' own making never start; the rest does nothing for a database server but cost boot time.
# /tmp stays on the disk: a server's large temporary files do not belong into memory.
# logind stays: without it the guest does not hear the power button and is killed at every stop.
for unit in mariadb.service mysql.service postgresql.service \
  cloud-init-hotplugd.socket cloud-init-hotplugd.service \
  getty@tty1.service serial-getty@ttyS0.service console-getty.service \
  tmp.mount apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  systemd-pstore.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
  keyboard-setup.service console-setup.service ldconfig.service \
  modprobe@configfs.service modprobe@drm.service modprobe@fuse.service modprobe@efi_pstore.service \
  modprobe@dm_mod.service modprobe@loop.service sys-kernel-config.mount sys-fs-fuse-connections.mount \
  sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount dev-mqueue.mount \
  systemd-update-utmp.service systemd-update-utmp-runlevel.service; do
  ln -sf /dev/null "$target/etc/systemd/system/$unit"
done
# The later stages have nothing to do. Each is a program of its own, or one program lives until it was asked for the last.
if [ ! -e "$target/usr/lib/systemd/system/cloud-init-main.service" ]; then
  ln -sf /dev/null "$target/etc/systemd/system/cloud-config.service"
  ln -sf /dev/null "$target/etc/systemd/system/cloud-final.service"
fi
# SSH on its port only: no sockets of systemd's own making.
install -d "$target/etc/systemd/system-generators"
ln -sf /dev/null "$target/etc/systemd/system-generators/systemd-ssh-generator"
# A session of its own for each login takes longer than most commands; mail and messages are nobody's here.
for service in common-session sshd login; do
  [ ! -e "$target/etc/pam.d/$service" ] || sed -i '/pam_systemd\|pam_motd\|pam_mail/d' "$target/etc/pam.d/$service"
done

rm -rf "$target"/var/lib/cloud/* "$target"/var/lib/systemd/random-seed "$target"/etc/cloud/cloud.cfg.d/*
rm -rf "$target"/root/.ssh "$target"/root/.bash_history "$target"/var/lib/dhcp/*
