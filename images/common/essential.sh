#!/bin/sh
# Before the packages are installed. Usage: essential.sh ROOT USER ID
# The server's user gets a fixed id: the files on a data volume belong to that number, and an image built later, from
# other packages, must not give it to somebody else.
set -eu
target=$1 user=$2 id=$3

echo "$user:x:$id:" >>"$target/etc/group"
echo "$user:*::" >>"$target/etc/gshadow"
echo "$user:x:$id:$id::/nonexistent:/bin/sh" >>"$target/etc/passwd"
# The third field is the day of the last password change; 0 would make su demand a new password.
echo "$user:*:1:0:99999:7:::" >>"$target/etc/shadow"
