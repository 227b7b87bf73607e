#!/bin/sh
# The pinned Bun from node_modules, with nothing of the caller's folder mixed in: the only place that knows where it is.
# Usage: scripts/bun.sh <arguments of Bun>. Exit code 69 (EX_UNAVAILABLE): it is not installed, or not for this machine.
set -u
modules=${0%/*}/../node_modules

find_bun() {
  # Where install scripts ran, they moved the program to bun.exe and saw it run. Where they did not, bun.exe is a text
  # that says so, and the program is still in the package of its platform.
  bun=$modules/bun/bin/bun.exe
  [ -x "$bun" ] && [ "$(head -c 4 "$bun")" != echo ] && return

  set -- "$modules"/@oven/bun-*/bin/bun
  bun=$1
  [ $# = 1 ] && [ -x "$bun" ] && return

  # Several: for glibc and for musl. Only then is it worth 10 ms to ask which one runs.
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
