#!/bin/sh
# Makes a guest of a machine that booted a stock Debian image. Each verb may be repeated, and goes on where it was ended.
#   look USER ID                     what the machine is, a line `NAME<tab>VALUE` for each fact; changes nothing
#   booted SECONDS                   waits until cloud-init has ended
#   begin RECIPE                     notes that the installation has begun
#   user USER ID                     the user that the server runs as
#   mask UNIT...                     these never run
#   packages SERVER VERSION PACKAGE...  begins to install them, apart from this connection; `packages-state` tells
#   packages-state                   the same lines: state, result, percent, phase; then the last lines of the log
#   settle UNIT...                   the units are enabled, and what reads our files reads them now
#   done RECIPE                      notes that all of it is there
# A refusal is words on stderr and exit code 1.
set -eu
LC_ALL=C.UTF-8
export LC_ALL

place=/var/lib/coffer
note=$place/software
job=coffer-install.service
run=/run/coffer-install
log=/var/log/coffer-install.log
policy=/usr/sbin/policy-rc.d
policy_saved=$place/policy-rc.d
# Seconds that apt waits for another one that installs something.
lock_limit=600

fail() {
  echo "coffer-install: $*" >&2
  exit 1
}

fact() { printf '%s\t%s\n' "$1" "$(printf %s "$2" | tr '\n\t' '  ')"; }

look() {
  fact root "$([ "$(id -u)" = 0 ] && echo yes || echo no)"
  (
    ID='' VERSION_CODENAME='' PRETTY_NAME=''
    [ ! -r /etc/os-release ] || . /etc/os-release
    fact os "$ID"
    fact suite "$VERSION_CODENAME"
    fact system "$PRETTY_NAME"
  )
  fact systemd "$([ -d /run/systemd/system ] && echo yes || echo no)"
  fact apt "$(command -v apt-get >/dev/null && echo yes || echo no)"
  fact free "$(df --output=avail --block-size=1 / | tail -n 1 | tr -d ' ')"
  fact userId "$(getent passwd "$1" | cut -d: -f3)"
  fact idUser "$(getent passwd "$2" | cut -d: -f1)"
  fact hostKey "$(cat /etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null || true)"
  fact note "$(cat "$note" 2>/dev/null || true)"
  fact ours "$([ -e /usr/sbin/coffer-service ] && echo yes || echo no)"
}

# cloud-init's own exit code says whether all of it worked, which is not ours to judge.
booted() {
  command -v cloud-init >/dev/null || return 0
  code=0
  timeout "$1" cloud-init status --wait >/dev/null 2>&1 || code=$?
  [ "$code" != 124 ] || fail "cloud-init did not end within $1 s: $(cloud-init status --long 2>&1 | tr '\n' ' ')"
}

write_note() {
  mkdir -p "$place"
  echo "$1" >"$note.new"
  sync "$note.new"
  mv "$note.new" "$note"
  sync "$place"
}

user() {
  getent group "$1" >/dev/null || groupadd --gid "$2" "$1"
  getent passwd "$1" >/dev/null ||
    useradd --uid "$2" --gid "$2" --no-create-home --home-dir /nonexistent --shell /bin/sh "$1"
}

# A unit that the machine does not know yet is masked too, before its package could start it.
mask() {
  for unit in "$@"; do
    ln -sfT /dev/null "/etc/systemd/system/$unit"
  done
  systemctl daemon-reload
  for unit in "$@"; do
    systemctl stop "$unit" 2>/dev/null || true
  done
}

# Apart from the connection, which may be lost: dpkg is not ended in the middle. One that still works is not disturbed.
packages() {
  case $(systemctl show --property ActiveState --value "$job") in
    active | activating | deactivating) return 0 ;;
  esac
  systemctl reset-failed "$job" 2>/dev/null || true
  rm -rf "$run"
  mkdir -p "$run"
  systemd-run --quiet --unit="$job" --property=Nice=5 sh "$place/install" packages-job "$@"
}

packages_job() {
  exec >"$log" 2>&1
  trap 'code=$?; allow_services; echo "$code" >"$run/result"' EXIT
  export DEBIAN_FRONTEND=noninteractive
  server=$1 version=$2
  shift 2

  phase waiting
  while systemctl --quiet is-active apt-daily.service apt-daily-upgrade.service ||
    [ "$(systemctl show --property ActiveState --value apt-daily.service)" = activating ] ||
    [ "$(systemctl show --property ActiveState --value apt-daily-upgrade.service)" = activating ]; do
    sleep 2
  done
  forbid_services
  # What an installation that was ended in the middle left.
  dpkg --configure -a

  phase refreshing
  apt_get update --error-on=any
  candidate=$(apt-cache policy "$server" | sed -n 's/^  Candidate: //p')
  case ${candidate#*:} in
    "" | "(none)") echo "E: Unable to locate package $server"; exit 1 ;;
    "$version" | "$version"[.+~-]*) ;;
    *) echo "E: coffer: the package sources offer $server $candidate, and this is $version"; exit 1 ;;
  esac

  # One daemon that keeps the time is enough, whichever it is.
  keeps_time || set -- "$@" systemd-timesyncd
  phase installing
  apt_get install --yes --no-install-recommends --no-remove "$@"
  apt-get clean
}

apt_get() {
  apt-get -o DPkg::Lock::Timeout="$lock_limit" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o Acquire::Retries=3 -o APT::Status-Fd=3 "$@" 3>>"$run/status"
}

keeps_time() { [ "$(timedatectl show --property NTP --value 2>/dev/null)" = yes ]; }

phase() { echo "phase:$1" >>"$run/status"; }

# Debian's packages start their services, unless this program forbids it. One of the image's own comes back.
forbid_services() {
  if [ -e "$policy" ] && ! grep -q coffer-install "$policy" && [ ! -e "$policy_saved" ]; then
    mv "$policy" "$policy_saved"
  fi
  printf '#!/bin/sh\n# coffer-install\nexit 101\n' >"$policy"
  chmod 0755 "$policy"
}

allow_services() {
  if [ -e "$policy_saved" ]; then
    mv -f "$policy_saved" "$policy"
  elif grep -q coffer-install "$policy" 2>/dev/null; then
    rm -f "$policy"
  fi
}

packages_state() {
  fact state "$(systemctl show --property ActiveState --value "$job")"
  fact result "$(cat "$run/result" 2>/dev/null || true)"
  fact phase "$(sed -n 's/^phase://p' "$run/status" 2>/dev/null | tail -n 1)"
  fact percent "$(grep '^[dp][lm]status:' "$run/status" 2>/dev/null | tail -n 1 | cut -d: -f1,3)"
  [ ! -s "$run/result" ] || tail -n 40 "$log" 2>/dev/null || true
}

settle() {
  mkdir -p /srv/coffer
  # The key is this machine's already: host-key makes another one only for a copy of the disk in another machine.
  cat /sys/class/dmi/id/product_uuid 2>/dev/null >/etc/ssh/coffer-host-key-owner ||
    echo unknown >/etc/ssh/coffer-host-key-owner
  sync /etc/ssh/coffer-host-key-owner
  words=$(visudo --check 2>&1) || fail "sudo does not take its settings: $words"
  words=$(sshd -t 2>&1) || fail "sshd does not take its settings: $words"
  sshd -T 2>/dev/null | grep -qx 'maxsessions 100' ||
    fail "sshd does not read /etc/ssh/sshd_config.d: the image's /etc/ssh/sshd_config needs its Include line"
  systemd-tmpfiles --create /usr/lib/tmpfiles.d/coffer.conf
  systemctl daemon-reload
  systemctl --quiet enable "$@"
  # It was installed without being started.
  keeps_time || timedatectl set-ntp true || fail "nothing keeps the time of this machine"
  systemctl restart systemd-journald.service
  systemctl reload ssh.service
}

verb=${1:-}
[ "$verb" = "" ] || shift
case $verb in
  look) look "$@" ;;
  booted) booted "$@" ;;
  begin) write_note "begun $1" ;;
  user) user "$@" ;;
  mask) mask "$@" ;;
  packages) packages "$@" ;;
  packages-job) packages_job "$@" ;;
  packages-state) packages_state ;;
  settle) settle "$@" ;;
  done) write_note "done $1" ;;
  *) fail "unknown verb \"$verb\"; allowed: look, booted, begin, user, mask, packages, packages-state, settle, done" ;;
esac
