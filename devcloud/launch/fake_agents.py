"""Pretends to be the network agents of hosts fake1 to fakeN: heartbeats, and every port bound there is reported as up.

fake_agents.py N ARGUMENTS...; OS_CLIENT_CONFIG_FILE names the cloud.
"""
import sys

count = int(sys.argv.pop(1))
import eventlet  # noqa: E402

eventlet.monkey_patch()
import time  # noqa: E402

import openstack  # noqa: E402
from neutron.agent import rpc  # noqa: E402
from neutron.common import config  # noqa: E402
from neutron.conf.agent import common  # noqa: E402
from neutron_lib import constants, context  # noqa: E402
from neutron_lib.agent import topics  # noqa: E402
from oslo_config import cfg  # noqa: E402

common.register_agent_state_opts_helper(cfg.CONF)
config.register_common_config_options()
config.init(sys.argv[1:])
config.setup_logging()
network = openstack.connect(cloud="devcloud-admin").network
admin = context.get_admin_context_without_session()
states = rpc.PluginReportStateAPI(topics.REPORTS)
plugin = rpc.PluginApi(topics.PLUGIN)
hosts = ["fake%d" % number for number in range(1, count + 1)]


def report(host, first):
    state = {
        "binary": "neutron-linuxbridge-agent",
        "host": host,
        "topic": constants.L2_AGENT_TOPIC,
        "agent_type": constants.AGENT_TYPE_LINUXBRIDGE,
        "configurations": {
            "bridge_mappings": {},
            "interface_mappings": {},
            "tunneling_ip": "10.200.1.%d" % (hosts.index(host) + 1),
            "tunnel_types": ["vxlan"],
            "l2_population": True,
            "devices": 0,
            "extensions": [],
        },
    }
    if first:
        state["start_flag"] = True
    states.report_state(admin, state, True)


for host in hosts:
    report(host, True)
last = time.time()
down = "/ports?status=DOWN&fields=id&fields=binding:host_id&fields=device_owner"
while True:
    try:
        for port in network.get(down).json()["ports"]:
            host = port.get("binding:host_id") or ""
            if host in hosts and port["device_owner"].startswith("compute:"):
                plugin.update_device_up(admin, port["id"], "lb" + host, host)
        if time.time() - last > 60:
            for host in hosts:
                report(host, False)
            last = time.time()
    except Exception as error:  # the loop outlives a restart of what it talks to
        print("failed:", error, flush=True)
    time.sleep(1)
