#!/bin/sh
# Before the packages are installed. Usage: essential.sh ROOT FILES DISK_UUID
# Copies the settings that the kernel's installation reads (it makes the initrd), and says which disk is the root.
set -eu
target=$1 files=$2 uuid=$3

cp -r "$files/." "$target/"
echo "UUID=$uuid / ext4 noatime,errors=remount-ro 0 1" >"$target/etc/fstab"
