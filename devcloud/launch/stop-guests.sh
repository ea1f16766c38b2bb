#!/bin/sh
# Shuts down every guest of this host, and ends those that do not within SECONDS: stop-guests.sh SECONDS
set -u
guests() { virsh -q list --name 2>/dev/null | grep . || true; }
for guest in $(guests); do virsh -q shutdown "$guest" >/dev/null 2>&1; done
for _ in $(seq $(($1 * 2))); do
  [ -n "$(guests)" ] || exit 0
  sleep 0.5
done
for guest in $(guests); do
  echo "$guest did not shut down within $1 s"
  virsh -q destroy "$guest" >/dev/null 2>&1
done
