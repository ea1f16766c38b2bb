"""Pretended hypervisors fake1 to fakeN in one process, for tests of scale: fake_compute.py N ARGUMENTS..."""
import shlex
import sys

count = int(sys.argv.pop(1))
import nova.cmd.compute  # noqa: E402,F401  patches the standard library first
import nova.conf  # noqa: E402
import nova.db.main.api  # noqa: E402
import os_vif  # noqa: E402
from nova import config, objects, service, utils  # noqa: E402
from nova.compute import rpcapi  # noqa: E402
from nova.conductor import rpcapi as conductor  # noqa: E402
from nova.objects import base  # noqa: E402
from nova.virt import fake  # noqa: E402
from oslo_log import log  # noqa: E402
from oslo_privsep import priv_context  # noqa: E402
from oslo_service import service as launcher  # noqa: E402

CONF = nova.conf.CONF
config.parse_args(sys.argv)
log.setup(CONF, "nova")
priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
objects.register_all()
os_vif.initialize()
nova.db.main.api.DISABLE_DB_ACCESS = True
base.NovaObject.indirection_api = conductor.ConductorAPI()
objects.Service.enable_min_version_cache()


class Driver(fake.FakeDriver):
    vcpus = 1000
    memory_mb = 8000000
    local_gb = 6000000

    def get_console_output(self, context, instance):
        return "fake console of %s\n" % instance.uuid

    def get_volume_connector(self, instance):
        connector = super().get_volume_connector(instance)
        connector["host"] = getattr(self, "_host", connector.get("host"))
        return connector


fake.DevFake = Driver
services = launcher.Launcher(CONF)
for number in range(1, count + 1):
    name = "fake%d" % number
    CONF.set_override("host", name)
    services.launch_service(service.Service.create(binary="nova-compute", topic=rpcapi.RPC_TOPIC, host=name))
CONF.clear_override("host")
services.wait()
