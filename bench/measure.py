"""Runs a command, and writes its wall and CPU time in seconds and its peak memory in MiB to descriptor 3, as JSON.

Child processes are included if the command has waited for them. This is Python because Node has no wait4(2), and because
python-swiftclient needs Python anyway, unlike GNU time.
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
