"""Nova's tables and cells, in one process: starting nova-manage five times costs ten seconds. May run again.

nova_databases.py api|cell ARGUMENTS...: `api` makes the API database with both cells' mappings, `cell` the tables of cell1.
"""
import sys

what = sys.argv.pop(1)
from nova.cmd import manage  # noqa: E402
from nova import config, objects  # noqa: E402
from nova.db import migration  # noqa: E402

config.parse_args(sys.argv)
objects.register_all()
if what == "cell":
    migration.db_sync(None)
    sys.exit(0)
migration.db_sync(None, database="api")
cells = manage.CellV2Commands()
cells.map_cell0()
# 2: the cell is there already, after an attempt that was killed.
sys.exit(0 if cells.create_cell(name="cell1") in (0, 2, None) else 1)
