#!/bin/sh
# Lays out the files of the image: image.sh EXECUTABLE FOLDER
# The executable, the libraries that it is linked to, the certificates of public authorities, and the folders that it writes
# to. There is no shell and no other program.
set -eu
umask 022
executable=$1
image=$2
user=10001
certificates=/etc/ssl/certs/ca-certificates.crt

mkdir -p "$image/usr/bin" "$image/etc/ssl/certs" "$image/etc/keystone" "$image/var/lib/keystone" "$image/tmp"
install -m 0755 "$executable" "$image/usr/bin/keystone"
install -m 0644 "$certificates" "$image$certificates"

# `ldd` says `name => path (address)`, and of the loader only its path.
ldd "$executable" | sed -n 's,^[^/]*\(/[^ ]*\) (0x[0-9a-f]*)$,\1,p' | while read -r library; do
  mkdir -p "$image${library%/*}"
  install -m 0755 "$library" "$image$library"
done

printf 'root:x:0:0:root:/:/usr/sbin/nologin\nkeystone:x:%s:%s:Keystone Gateway:/var/lib/keystone:/usr/sbin/nologin\n' \
  "$user" "$user" > "$image/etc/passwd"
printf 'root:x:0:\nkeystone:x:%s:\n' "$user" > "$image/etc/group"
chmod 1777 "$image/tmp"
chmod 0700 "$image/var/lib/keystone"
chown "$user:$user" "$image/var/lib/keystone"
