#!/bin/sh
# Runs the pinned Bun from node_modules, and keeps it from reading files in the caller's folder. No other file knows where
# Bun is. Usage: scripts/bun.sh <arguments of Bun>. Exit code 69 (EX_UNAVAILABLE): no Bun for this machine is installed.
set -u
modules=${0%/*}/../node_modules

find_bun() {
  # Bun's install script moves the program to bun.exe, after running it once. If install scripts are off, bun.exe is a text
  # that says so, and the program is still in the package of its platform.
  bun=$modules/bun/bin/bun.exe
  [ -x "$bun" ] && [ "$(head -c 4 "$bun")" != echo ] && return

  set -- "$modules"/@oven/bun-*/bin/bun
  bun=$1
  [ $# = 1 ] && [ -x "$bun" ] && return

  # Several packages (for glibc and musl): find out which one runs, at a cost of 10 ms.
  for bun; do
    "$bun" --revision > /dev/null 2>&1 && return
  done
  bun=
}

find_bun
if [ -z "$bun" ]; then
  echo "keystone: the dependencies are not installed. To install them: cd $(cd "${0%/*}/.." && pwd) && npm ci" >&2
  exit 69
fi

# Without these flags Bun reads .env and bunfig.toml from the folder that it is started in, and fetches missing packages.
exec "$bun" --no-install --no-env-file --config=/dev/null "$@"
