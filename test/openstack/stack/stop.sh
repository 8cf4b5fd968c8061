#!/bin/bash
# usage: stop.sh ROOT   ends exactly what ROOT/run/*.pid name, the newest first, and forgets what Swift stored
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$1" && pwd)
. "$HERE/lib.sh"
for f in $(ls -t "$RUN"/*.pid 2>/dev/null); do n=$(basename "$f" .pid); stop_one "$n" & done
wait
# Only the folder that start.sh made itself, where the root's own file system has no room for Swift's metadata.
[ -s "$RUN/swift-data" ] && case $(cat "$RUN/swift-data") in /dev/shm/effect-rackspace-swift-*) rm -rf "$(cat "$RUN/swift-data")";; esac
rm -f "$RUN/swift-data"
say "stopped"
