#!/usr/bin/env bash
# Brings up a real OpenStack on loopback, runs the tests of this folder against it, and ends it again.
# usage: run.sh [vitest's arguments]
#   OPENSTACK_ROOT       where everything is put; default: effect-rackspace-openstack in the temporary folder
#   OPENSTACK_PORT_BASE  the first of the 24 ports that it uses; default 25000
#   OPENSTACK_KEEP=1     leaves it running, and takes one that runs already
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export OPENSTACK_ROOT=${OPENSTACK_ROOT:-${TMPDIR:-/tmp}/effect-rackspace-openstack}
[ -n "${OPENSTACK_KEEP:-}" ] || trap 'bash "$here/stack/stop.sh" "$OPENSTACK_ROOT"' EXIT
bash "$here/stack/install.sh" "$OPENSTACK_ROOT"
bash "$here/stack/start.sh" "$OPENSTACK_ROOT"
cd "$here/../.."
npx vitest run --config test/openstack/vitest.config.ts "$@"
