"""Runs a command and writes to descriptor 3, as JSON, what it took: seconds of wall and CPU time, peak memory in MiB.

Of the command's children those are counted that it has waited for. Node has no wait4(2), and GNU time is one more thing to
install where python-swiftclient brings Python anyway.
"""
import json
import os
import sys
import time

os.set_inheritable(3, False)
start = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - start
figures = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024}
os.write(3, json.dumps(figures).encode())
sys.exit(abs(os.waitstatus_to_exitcode(status)))
