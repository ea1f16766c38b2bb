"""neutron-linuxbridge-agent without its ARP spoofing protection.

That protection works with ebtables rules, which ebtables-nft cannot delete: when the port of a running server changes, the agent
repeats the failing call without limit, and every server after it goes to ERROR. Security groups (iptables) are not touched.
"""
import sys

import neutron.cmd.eventlet  # noqa: F401  patches the standard library first
from neutron.plugins.ml2.drivers.linuxbridge.agent import arp_protect

for _name in ("setup_arp_spoofing_protection", "delete_arp_spoofing_protection", "delete_unreferenced_arp_protection"):
    getattr(arp_protect, _name)  # a version without it must be looked at again
    setattr(arp_protect, _name, lambda *_args, **_options: None)

from neutron.cmd.eventlet.plugins.linuxbridge_neutron_agent import main  # noqa: E402

sys.exit(main())
