"""Version 2 and MD5 with an independent speaker: win, lose, resign, wrong key; and what tshark says of our frames."""

import subprocess
import time

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.speaker import ACTIVE, COUP, HELLO, RESIGN, SPEAK, STANDBY, Speaker, keyed_md5
from hotswan_lab.system import stays
from hotswan_lab.topologies import VIRTUAL

OURS, KEY = "192.168.0.2", "openwall-openwall"
VARIANTS = [(1, KEY), (2, None), (2, KEY)]


def commands(version, key):
    return (f"interface FastEthernet 0/0\n standby version {version}\n"
            + (f" standby authentication md5 key-string {key}\n" if key else ""))


@pytest.fixture(params=VARIANTS, ids=["v1-md5", "v2", "v2-md5"])
def scene(lab, request):
    """(network with one headend not started, speaker, our configuration, function: our frames of an opcode)."""
    version, key = request.param
    net = topologies.single(lab, remotes=False, start=False)

    def ours(opcode, after=0.0):
        return [f for f in net.capture.hsrp() if f[1] == OURS and f[2] == opcode and f[0] >= after]
    return net, Speaker(lab, version=version, key=key), configs.hsrp("P", extra=commands(version, key)), ours


def tshark(path, what):
    return subprocess.run(["tshark", "-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
                           "-Y", what], capture_output=True, text=True, check=True).stdout.splitlines()


def test_we_win_and_tshark_understands_us(scene):
    net, speaker, config, _ = scene
    speaker.say(SPEAK, 90)
    net.p.start(config)
    net.p.wait_state("Active", timeout=15)
    speaker.say(STANDBY, 90)
    net.p.wait_show("show standby brief", "192.168.0.100")
    shown = net.p.show("show standby")
    assert ("(version 2)" in shown) == ("v2 default" in shown) == (speaker.version == 2), shown
    assert ("Authentication MD5, key-string" in shown) == bool(speaker.key), shown
    assert KEY not in shown + net.p.show("show standby | json") and (not speaker.key or KEY in net.p.show("show running-config"))
    net.p.stop_daemon()
    frames = [f for f in net.capture.stop() if f.udp and f.udp[1] == 1985 and str(f.ends[0]) == OURS]
    assert len(frames) == len(tshark(net.capture.path, f"hsrp && ip.src == {OURS}"))
    complaints = tshark(net.capture.path, f"ip.src == {OURS} && udp.port == 1985 && (_ws.malformed || "
                        "_ws.expert.severity >= 0x400000 || ip.checksum.status == 0 || udp.checksum.status == 0)")
    assert complaints == [], complaints
    sealed = [f.udp[2] for f in frames if len(f.udp[2]) in (50, 72)]
    assert bool(sealed) == bool(speaker.key)
    for payload in sealed:
        assert keyed_md5(KEY.encode(), payload[:-16] + bytes(16)) == payload[-16:]


def test_we_lose_and_take_over_when_it_dies_or_resigns(scene):
    net, speaker, config, ours = scene
    speaker.say(ACTIVE, 90)
    net.p.start(config)
    net.p.wait_state("Standby", timeout=15)
    assert ours(COUP) == [] and net.p.addresses(VIRTUAL) == []
    speaker.say(None, 0)
    resigned = time.time()
    speaker.send(RESIGN, ACTIVE, 90)
    net.p.wait_state("Active", timeout=2)
    first = [f for f in ours(HELLO, resigned - 0.1) if f[3] == ACTIVE][0]
    assert first[0] - resigned < 0.3 and first[4] == speaker.virtual_mac
    speaker.send(COUP, SPEAK, 200)
    speaker.say(ACTIVE, 200)
    wait_for(lambda: net.p.standby_state() in ("Speak", "Standby"), 3, "we leave", evidence=net.lab.evidence)
    wait_for(lambda: not net.p.addresses(VIRTUAL), 2, "the address is gone", evidence=net.lab.evidence)


@pytest.mark.parametrize("wrong", ["another-key", None], ids=["key", "text"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_wrong_key_is_not_believed(lab, version, wrong):
    net = topologies.single(lab, remotes=False, start=False)
    speaker = Speaker(lab, version=version, key=wrong)
    speaker.say(ACTIVE, 200)
    net.p.start(configs.hsrp("P", extra=commands(version, KEY)))
    net.p.wait_state("Active", timeout=15)
    stays(lambda: net.p.standby_state() == "Active", 1.5, "both are active")
    speaker.key = KEY
    speaker.send(COUP, SPEAK, 200)
    wait_for(lambda: net.p.standby_state() in ("Speak", "Standby"), 3, "we leave", evidence=net.lab.evidence)
