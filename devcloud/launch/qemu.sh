#!/bin/sh
# Mounted over QEMU in the cloud's namespaces. Limits the translation cache to 128 MiB for each guest (QEMU's own limit is 1 GiB,
# and Nova has no setting for it): it halves a guest's memory.
count=$# previous=
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  [ "$previous" != -accel ] || [ "$word" != tcg ] || word=tcg,thread=multi,tb-size=128
  set -- "$@" "$word"
  previous=$word
done
exec /run/coffer/usr/bin/qemu-system-x86_64 "$@"
