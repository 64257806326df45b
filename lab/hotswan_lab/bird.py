"""BIRD in a node: the routing half of a headend."""

import os

from .router import ROOT
from .system import PATIENCE_S, run, tail, wait_for

CONFIG = """router id {router_id};
log stderr all;
protocol device {{ }}
include "{root}/packaging/bird/hotswan.conf";
{includes}
protocol ospf v2 inside {{
	ipv4 {{ import all; export filter hotswan_to_ospf; }};
	area 0 {{
		interface "eth1" {{ hello 1; dead 4; priority 0; }};
	}};
}}
protocol bgp neighbour {{
	local {router_id} as 65000;
	neighbor {neighbour} as 65001;
	hold time 4;
	ipv4 {{ import all; export filter hotswan_to_bgp; next hop self; }};
}}
"""


class Bird:
    """The shipped files, OSPF on eth1 and BGP to one neighbour."""

    def __init__(self, node, router_id, neighbour, tag):
        self.node = node
        self.config = os.path.join(node.path, "bird.conf")
        self.control = os.path.join(node.path, "bird.ctl")
        with open(self.config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(router_id=router_id, neighbour=neighbour, root=ROOT,
                                     includes=f'include "{ROOT}/packaging/bird/hotswan-tag.conf";' if tag else ""))

    def start(self):
        """Start it in the foreground, as a child of ours."""
        self.node.spawn(["bird", "-f", "-c", self.config, "-s", self.control], "bird.log")
        wait_for(lambda: os.path.exists(self.control), PATIENCE_S, f"bird of {self.node.name}",
                 evidence=lambda: tail(os.path.join(self.node.path, "bird.log")))
        return self

    def show(self, *words):
        """Output of a birdc command."""
        return run(["birdc", "-s", self.control, *words])
