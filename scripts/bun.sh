#!/bin/sh
# Runs the pinned Bun of the package `bun`, and keeps it from reading files in the caller's folder. No other file knows where
# Bun is. Usage: scripts/bun.sh <arguments of Bun>. Exit code 69 (EX_UNAVAILABLE): no Bun for this machine is installed.
set -u
root=${0%/*}/..

# Bun's install script moves the program to bun.exe, after running it once. If install scripts are off, bun.exe is a text
# that says so, and the program is still in the package of its platform.
is_program() {
  [ -x "$1" ] && [ "$(head -c 4 "$1")" != echo ]
}

# Looks for a package as Node does: in `node_modules` of a folder, then of those above it. npm and Yarn put packages beside
# this one or into it, pnpm puts links to them beside it. Usage: nearest FOLDER PACKAGE; the answer is in $found.
nearest() {
  folder=$1
  while :; do
    found=$folder/node_modules/$2
    [ -e "$found" ] && return
    [ -n "$folder" ] || return
    folder=${folder%/*}
  done
}

find_bun() {
  # At once where this is a clone of the repository.
  bun=$root/node_modules/bun/bin/bun.exe
  is_program "$bun" && return

  nearest "$(cd "$root" && pwd -P)" bun
  bun=$found/bin/bun.exe
  is_program "$bun" && return

  # The packages of platforms belong to the package `bun`, so look for them from there, behind all links.
  folder=$(cd "$found" 2> /dev/null && pwd -P) || folder=
  while [ -n "$folder" ]; do
    for bun in "$folder"/node_modules/@oven/bun-*/bin/bun; do
      # Several (for glibc and musl, or of another machine): one runs. To find out costs 10 ms.
      [ -x "$bun" ] && runs && return
    done
    folder=${folder%/*}
  done
  bun=
}

runs() {
  set -- "${bun%/bun-*}"/bun-*
  [ $# = 1 ] || "$bun" --revision > /dev/null 2>&1
}

explain() {
  if [ -e "$root/src/main.ts" ]; then
    echo "the dependencies are not installed. To install them: cd $(cd "$root" && pwd) && npm ci"
    return
  fi
  system=$(uname -s | tr '[:upper:]' '[:lower:]')
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) machine=x64 ;;
    arm64) machine=aarch64 ;;
  esac
  libc=
  case $(ldd --version 2>&1) in *musl*) libc=-musl ;; esac
  echo "its runtime for this machine is not installed: the package @oven/bun-$system-$machine$libc, an optional dependency" \
    "of bun. Install keystone-gateway again, on this machine and with optional dependencies (npm: --include=optional)"
}

find_bun
if [ -z "$bun" ]; then
  echo "keystone: $(explain)" >&2
  exit 69
fi

# Without these flags Bun reads .env and bunfig.toml from the folder that it is started in, and fetches missing packages.
exec "$bun" --no-install --no-env-file --config=/dev/null "$@"
