#!/bin/bash
# usage: install.sh ROOT [group...]   groups: core (Keystone, Swift), compute (Nova, Placement, Glance, Neutron); default: both
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$1; shift
GROUPS_WANTED=${*:-core compute}
mkdir -p "$ROOT"; ROOT=$(cd "$ROOT" && pwd)
. "$HERE/lib.sh"
command -v apt-get >/dev/null || { say "There is no apt-get: this installs OpenStack from Debian 12."; exit 1; }
# The installed configuration contains the ports.
if [ -s "$ROOT/port-base" ] && [ "$(cat "$ROOT/port-base")" != "$PORT_BASE" ]; then
  say "$ROOT was installed for ports from $(cat "$ROOT/port-base"): remove it, or set OPENSTACK_PORT_BASE to that port"; exit 1
fi
echo "$PORT_BASE" >"$ROOT/port-base"
for g in $GROUPS_WANTED; do
  t0=$SECONDS; say "install $g into $ROOT"; . "$HERE/install-$g.sh"; say "install $g: $((SECONDS-t0))s"
done
