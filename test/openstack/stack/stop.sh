#!/bin/bash
# usage: stop.sh ROOT   stops the processes of ROOT/run/*.pid, the newest first, and deletes Swift's data
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$1" && pwd)
. "$HERE/lib.sh"
for f in $(ls -t "$RUN"/*.pid 2>/dev/null); do n=$(basename "$f" .pid); stop_one "$n" & done
wait
# Only the folder that start.sh created because ROOT's file system has too little space for Swift's metadata.
[ -s "$RUN/swift-data" ] && case $(cat "$RUN/swift-data") in /dev/shm/effect-rackspace-swift-*) rm -rf "$(cat "$RUN/swift-data")";; esac
rm -f "$RUN/swift-data"
say "stopped"
