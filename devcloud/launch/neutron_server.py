"""neutron-server with its API, RPC and periodic workers in one process: a third of the memory."""
import sys

from neutron.cmd.eventlet import server  # patches the standard library first
from neutron_lib import worker

_init = worker.BaseWorker.__init__


def _in_process(self, worker_process_count=0, *args, **options):
    _init(self, 0, *args, **options)


worker.BaseWorker.__init__ = _in_process
sys.exit(server.main())
