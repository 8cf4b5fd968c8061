#!/bin/bash
# usage: [KNOB=value...] restart.sh ROOT GROUP NAME...   restarts the named processes (of ROOT/run/*.pid)
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$1" && pwd); GROUP=$2; shift 2
. "$HERE/lib.sh"
for n; do stop_one "$n"; done
exec "$HERE/start.sh" "$ROOT" "$GROUP"
