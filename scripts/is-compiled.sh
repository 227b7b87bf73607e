#!/bin/sh
# Whether dist/checkout/keystone is what the sources are now. It has the time at which its compilation began, and the change
# of a file or folder is known by its ctime, which nobody can set to an earlier time. Exit code 0: it is. Any doubt, such as a
# file that cannot be looked at, is a no. Takes 5 ms.
set -u
cd "${0%/*}/.." || exit 1
[ -x dist/checkout/keystone ] || exit 1
changed=$(find src tools dashboard licences LICENSE package.json node_modules/.package-lock.json bin scripts \
  -cnewer dist/checkout/keystone -print 2>&1 | head -n 1)
[ -z "$changed" ]
