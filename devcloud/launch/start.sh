#!/bin/sh
# Starts a service of the cloud inside its namespaces, unless it runs: start.sh RUN LOG NAME COMMAND...
# RUN/NAME.pid holds its process id and start time: an id that was given to another process later is not mistaken.
set -eu
run=$1 log=$2 name=$3
shift 3
started() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
exec 9>"$run/$name.lock"
flock 9
pid='' since=''
[ ! -s "$run/$name.pid" ] || read -r pid since <"$run/$name.pid"
if [ -n "$pid" ]; then
  [ "$(started "$pid")" != "$since" ] || exit 0
  # What a killed service left behind would hold its port.
  pkill -KILL -s "$pid" || true
fi
ulimit -n 65536 2>/dev/null || true
# The lock is held until the file is written: it is closed by the new process.
setsid sh -c '
  file=$1
  shift
  printf "%s %s\n" $$ "$(sed "s/^.*) //" /proc/$$/stat | cut -d" " -f20)" >"$file.new"
  mv "$file.new" "$file"
  exec 9>&-
  exec "$@"' sh "$run/$name.pid" "$@" >>"$log" 2>&1 </dev/null &
