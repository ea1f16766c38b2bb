#!/bin/sh
# Before the packages are installed. Usage: essential.sh ROOT USER ID HOME SHELL
# A user gets a fixed id: the files on a data volume belong to that number, and an image built later, from other
# packages, must not give it to somebody else. The password is locked.
set -eu
target=$1 user=$2 id=$3 home=$4 shell=$5

echo "$user:x:$id:" >>"$target/etc/group"
echo "$user:*::" >>"$target/etc/gshadow"
echo "$user:x:$id:$id::$home:$shell" >>"$target/etc/passwd"
# The third field is the day of the last password change; 0 would make su demand a new password.
echo "$user:*:1:0:99999:7:::" >>"$target/etc/shadow"
