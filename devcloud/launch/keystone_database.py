"""Keystone's tables and its first user, in one process: keystone_database.py CONFIG-FILE. May run again.

The password and the addresses come from OS_BOOTSTRAP_*.
"""
import sys

from keystone.cmd import cli

file = sys.argv[1]
for command in ("db_sync", "bootstrap"):
    cli.main(["keystone-manage", "--config-file", file, command])
    cli.CONF.reset()
