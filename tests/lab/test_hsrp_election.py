"""Elections with an independent speaker (scapy): we win, we lose, coup, resign."""

import time

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.speaker import ACTIVE, COUP, HELLO, RESIGN, SPEAK, STANDBY, Speaker
from hotswan_lab.system import stays
from hotswan_lab.topologies import VIRTUAL

OURS = "192.168.0.2"
INTERFACE = "interface FastEthernet 0/0\n"


@pytest.fixture
def scene(lab):
    """(network with one headend not started, speaker, function: moments of our frames of an opcode)."""
    net = topologies.single(lab, remotes=False, start=False)

    def ours(opcode, after=0.0):
        return [f for f in net.capture.hsrp() if f[1] == OURS and f[2] == opcode and f[0] >= after]
    return net, Speaker(lab), ours


def test_we_win_against_a_lower_speaker(scene):
    net, speaker, _ = scene
    speaker.say(SPEAK, 90)
    net.p.start(configs.hsrp("P"))
    net.p.wait_state("Active", timeout=15)
    speaker.say(STANDBY, 90)
    net.p.wait_show("show standby brief", "192.168.0.100")              # it is our standby
    stays(lambda: net.p.standby_state() == "Active", 1.5, "we stay active")


def test_we_lose_against_an_active_router_without_preempt(scene):
    net, speaker, ours = scene
    speaker.say(ACTIVE, 90)
    net.p.start(configs.hsrp("P"))
    net.p.wait_state("Standby", timeout=15)
    stays(lambda: net.p.standby_state() == "Standby", 1.5, "we do not preempt by default")
    assert ours(COUP) == []
    assert net.p.addresses(VIRTUAL) == []
    speaker.say(None, 0)                        # and when it dies we take over, after its hold time of 3 s
    began = time.time()
    net.p.wait_state("Active", timeout=8)
    assert 2 < time.time() - began < 4.5


def test_preempting_higher_router_sends_coup(scene):
    net, speaker, ours = scene
    speaker.say(ACTIVE, 90)
    net.p.start(configs.hsrp("P", extra=INTERFACE + " standby preempt\n standby priority 110\n"))
    wait_for(lambda: ours(COUP), 15, "our Coup", evidence=net.lab.evidence)
    speaker.say(SPEAK, 90)                      # it obeys
    net.p.wait_state("Active")


def test_coup_of_a_higher_router_makes_us_leave(scene):
    net, speaker, ours = scene
    net.p.start(configs.hsrp("P"))
    net.p.wait_state("Active", timeout=15)
    took_over = time.time()
    speaker.send(COUP, SPEAK, 200)
    speaker.say(ACTIVE, 200)
    wait_for(lambda: net.p.standby_state() in ("Speak", "Standby"), 3, "we leave", evidence=net.lab.evidence)
    spoke = [f for f in wait_for(lambda: ours(HELLO, took_over), 3, "our Hello") if f[3] == SPEAK]
    assert spoke and ours(RESIGN, took_over) == []      # as current routers: Hello(Speak) and no Resign
    assert [f for f in ours(HELLO, spoke[0][0]) if f[3] == ACTIVE] == []
    wait_for(lambda: not net.p.addresses(VIRTUAL), 2, "the address is gone", evidence=net.lab.evidence)
    assert net.p.rri() == []


def test_resign_of_the_active_makes_us_active_at_once(scene):
    net, speaker, ours = scene
    speaker.say(ACTIVE, 100)
    net.p.start(configs.hsrp("P"))
    net.p.wait_state("Standby", timeout=15)
    speaker.say(None, 0)
    resigned = time.time()
    speaker.send(RESIGN, ACTIVE, 100)
    net.p.wait_state("Active", timeout=2)
    first = next(f for f in net.capture.hsrp() if f[1] == OURS and f[3] == ACTIVE and f[0] >= resigned)
    assert first[0] - resigned < 0.05, first[0] - resigned
    assert wait_for(lambda: [g for g in net.capture.gratuitous_arps(VIRTUAL) if g[0] >= resigned], 2, "gratuitous ARP")
