"""V17: another speaker says Hello(Active) from our virtual MAC while we are active."""

import socket

from scapy.layers.hsrp import HSRP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from hotswan_lab import Node, configs, topologies, wait_for
from hotswan_lab.system import socket_in
from hotswan_lab.topologies import VIRTUAL

VIRTUAL_MAC = "00:00:0c:07:ac:00"
HELLO, COUP, RESIGN = 0, 1, 2
ACTIVE = 16


def hello(source, priority):
    """A Hello(Active) as an independent speaker (scapy) builds it, with the virtual MAC as its source."""
    return bytes(Ether(src=VIRTUAL_MAC, dst="01:00:5e:00:00:02")
                 / IP(src=source, dst="224.0.0.2", ttl=1, tos=0xC0) / UDP(sport=1985, dport=1985)
                 / HSRP(opcode=HELLO, state=ACTIVE, hellotime=1, holdtime=3, priority=priority, group=0,
                        virtualIP=VIRTUAL))


def test_v17_lower_is_answered_with_coup_higher_with_resign(lab):
    net = topologies.single(lab, configs.hsrp("P"), remotes=False)
    intruder = Node(lab, "intruder")
    intruder.connect("outside", "192.168.0.100/24")
    wire = socket_in(intruder.ns, socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind(("eth0", 0))
    net.p.wait_state("Active")

    def answer(opcode):
        """Until a frame with the opcode comes from P; sources it used."""
        wait_for(lambda: [f for f in net.capture.hsrp() if f[1] == "192.168.0.2" and f[2] == opcode], 5,
                 f"opcode {opcode} from P", evidence=lab.evidence)

    wire.send(hello("192.168.0.100", 50))
    answer(COUP)
    assert net.p.standby_state() == "Active"
    wire.send(hello("192.168.0.100", 200))
    answer(RESIGN)
    wait_for(lambda: net.p.standby_state() in ("Speak", "Standby", "Listen"), 3, "P left", evidence=lab.evidence)
    wait_for(lambda: not net.p.addresses(VIRTUAL), 2, "the address is gone", evidence=lab.evidence)
    assert net.p.rri() == []
    wire.close()
