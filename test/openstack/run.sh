#!/usr/bin/env bash
# Starts a real OpenStack on loopback, runs the tests of this folder against it, and stops it.
# usage: run.sh [vitest's arguments]
#   OPENSTACK_ROOT       the folder for everything; default: effect-rackspace-openstack in the temporary folder
#   OPENSTACK_PORT_BASE  the first of the 24 ports that it uses; default: 25000
#   OPENSTACK_KEEP=1     keeps it running, and uses one that is already running
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export OPENSTACK_ROOT=${OPENSTACK_ROOT:-${TMPDIR:-/tmp}/effect-rackspace-openstack}
[ -n "${OPENSTACK_KEEP:-}" ] || trap 'bash "$here/stack/stop.sh" "$OPENSTACK_ROOT"' EXIT
bash "$here/stack/install.sh" "$OPENSTACK_ROOT"
bash "$here/stack/start.sh" "$OPENSTACK_ROOT"
cd "$here/../.."
npx vitest run --config test/openstack/vitest.config.ts "$@"
