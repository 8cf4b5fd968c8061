#!/bin/bash
# usage: start.sh ROOT [group...]   as install.sh; writes ROOT/creds.json
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$1; shift
GROUPS_WANTED=${*:-core compute}
mkdir -p "$ROOT"; ROOT=$(cd "$ROOT" && pwd)
. "$HERE/lib.sh"
seed() { # creates missing users, projects, services and endpoints, and writes creds.json
  HOST=$HOST AUTH_URL=$AUTH_URL ADMIN_PASS=$ADMIN_PASS DEMO_PASS=$DEMO_PASS SERVICE_PASS=$SERVICE_PASS \
    APPCRED_SECRET=$APPCRED_SECRET KEYSTONE_SHORT_PORT=$KEYSTONE_SHORT_PORT SWIFT_SHORT_PORT=$SWIFT_SHORT_PORT \
    SWIFT_KEYSTONE_PORT=$SWIFT_KEYSTONE_PORT SWIFT_TEMPAUTH_PORT=$SWIFT_TEMPAUTH_PORT NOVA_PORT=$NOVA_PORT \
    PLACEMENT_PORT=$PLACEMENT_PORT GLANCE_PORT=$GLANCE_PORT NEUTRON_PORT=$NEUTRON_PORT \
    $PY "$HERE/src/seed.py" "$ROOT" "$@"
}
for g in $GROUPS_WANTED; do
  t0=$SECONDS; say "start $g"; . "$HERE/start-$g.sh"; say "start $g: $((SECONDS-t0))s"
done
