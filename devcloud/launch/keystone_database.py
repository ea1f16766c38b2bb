"""Keystone's tables and its first user: keystone_database.py CONFIG-FILE. May run again.

The password and the addresses come from OS_BOOTSTRAP_*. Each command is a process of its own: a second one in the same
process reads Keystone's defaults in place of the file, and only the loading of Keystone is worth sharing.
"""
import os
import sys

from keystone.cmd import cli

file = sys.argv[1]
for command in ("db_sync", "bootstrap"):
    child = os.fork()
    if child == 0:
        cli.main(["keystone-manage", "--config-file", file, command])
        sys.exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 0:
        sys.exit(code)
