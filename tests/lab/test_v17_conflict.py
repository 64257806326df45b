"""V17: another speaker says Hello(Active) from our virtual MAC while we are active."""

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.hsrp_bytes import ACTIVE, COUP, HELLO, RESIGN
from hotswan_lab.speaker import Speaker
from hotswan_lab.topologies import VIRTUAL


def test_v17_lower_is_answered_with_coup_higher_with_resign(lab):
    net = topologies.single(lab, configs.hsrp("P"), remotes=False)
    intruder = Speaker(lab)
    net.p.wait_state("Active")

    def answer(opcode):
        """Until a frame with the opcode comes from P."""
        wait_for(lambda: [f for f in net.capture.hsrp() if f[1] == "192.168.0.2" and f[2] == opcode], 30,
                 f"opcode {opcode} from P", evidence=lab.evidence)

    intruder.send(HELLO, ACTIVE, 50, virtual_mac=True)
    answer(COUP)
    assert net.p.standby_state() == "Active"
    intruder.say(ACTIVE, 200)                   # and goes on: P would come back after its hold time
    answer(RESIGN)
    wait_for(lambda: net.p.standby_state() in ("Speak", "Standby", "Listen"), 30, "P left", evidence=lab.evidence)
    wait_for(lambda: not net.p.addresses(VIRTUAL), 30, "the address is gone", evidence=lab.evidence)
    net.p.wait_rri()
