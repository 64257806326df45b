"""Elections with a router of another make (hotswan_lab/cisco.py): every version and authentication in every scene.

One lab plays all scenes at once, a group each; every cell of the table then looks at its group: what both routers said and
in which order, what `show standby`, the log and the debug lines say.
"""

import dataclasses
import json
import os
import re
import time

import pytest

from hotswan_lab import Capture, Headend, Lab, tshark, wait_for
from hotswan_lab.capture import ARP
from hotswan_lab.cisco import Cisco
from hotswan_lab.hsrp_bytes import (ACTIVE, ADVERTISE, COUP, HELLO, LISTEN, PASSIVE, RESIGN, SPEAK, STANDBY, Message, read,
                                    virtual_mac)
from hotswan_lab.system import SLOW

KEY, TEXT = "openwall-openwall", b"lab-text"
HELLO_MS, HOLD_MS = int(250 * SLOW), int(2000 * SLOW)      # for a while a machine may stand still
HOLD_S = HOLD_MS / 1000
SOON_S = (HOLD_MS - HELLO_MS) / 1000            # no hold time can have ended by then
SCENES = ["win", "lose", "preempt", "coup", "resign", "wrong-key", "wrong-address", "learn"]
# Without a word of ours to the contrary: their priority. They are active first, except in "win" and "coup".
THEIRS = {"win": 90, "lose": 110, "preempt": 90, "coup": 110, "resign": 110, "wrong-key": 110, "wrong-address": 110, "learn": 110}
STRAY = 250                                     # priority of frames that are to be believed of nobody
OP_NAMES = {HELLO: "Hello", COUP: "Coup", RESIGN: "Resign"}
STATE_NAMES = {LISTEN: "Listen", SPEAK: "Speak", STANDBY: "Standby", ACTIVE: "Active"}


@dataclasses.dataclass(frozen=True)
class Variant:
    """A row of the table: where it lives, its addresses, how it proves itself."""
    name: str
    base: int                                   # its groups are base + number of the scene
    side: int                                   # interface and segment
    version: int
    ipv6: bool
    md5: bool
    chain: int = 0                              # number of the key in a key chain

    @property
    def interface(self):
        return f"FastEthernet0/{self.side}"

    @property
    def ours(self):
        return "fe80::2" if self.ipv6 else f"192.168.{self.side}.2"

    @property
    def theirs(self):
        return "fe80::100" if self.ipv6 else f"192.168.{self.side}.100"

    def virtual(self, scene, other=0):
        number = self.base + SCENES.index(scene)
        return f"fe80::{1 + other}:{number}" if self.ipv6 else f"192.168.{self.side}.{110 + number + 70 * other}"

    @property
    def proof(self):
        return {"key": KEY, "key_id": self.chain} if self.md5 else {"text": TEXT}

    @property
    def wrong_proof(self):
        return {"key": "another-key"} if self.md5 else {"text": b"cisco"}


VARIANTS = [Variant("v1-text", 10, 0, 1, False, False), Variant("v1-md5", 20, 0, 1, False, True),
            Variant("v2-text", 30, 1, 2, False, False), Variant("v2-md5", 40, 1, 2, False, True, chain=7),
            Variant("ipv6-text", 50, 1, 2, True, False), Variant("ipv6-md5", 60, 1, 2, True, True)]


def number_of(variant, scene):
    return variant.base + SCENES.index(scene)


def group_lines(variant, scene):
    """Our configuration of one cell."""
    g = number_of(variant, scene)
    learns = scene == "learn" and not variant.ipv6
    lines = [f"standby {g} authentication " + ("md5 key-chain LAB" if variant.chain else f"md5 key-string {KEY}" if variant.md5 else
                                             f"text {TEXT.decode()}")]
    if scene != "learn":
        lines.append(f"standby {g} timers msec {HELLO_MS} msec {HOLD_MS}")
    if scene == "preempt":
        lines.append(f"standby {g} preempt")
    lines.append(f"standby {g} " + (f"ipv6 {variant.virtual(scene)}" if variant.ipv6 else "ip" if learns else
                                    f"ip {variant.virtual(scene)}"))        # last: with it the group begins
    return lines


CONFIG = f"""hostname P
ipv6 unicast-routing
key chain LAB
 key 7
  key-string {KEY}
interface FastEthernet 0/0
 hotswan device eth0
 ip address 192.168.0.2 255.255.255.0
interface FastEthernet 0/1
 hotswan device eth1
 ip address 192.168.1.2 255.255.255.0
 ipv6 address FE80::2 link-local
 standby version 2
"""


class Play:
    """All scenes, from the first frame to the last, and what was seen of them."""

    def __init__(self, lab):
        self.lab = lab
        self.p = Headend(lab, "p")
        for segment in ("one", "two"):
            self.p.connect(segment)
        self.captures = [Capture(lab, segment) for segment in ("one", "two")]
        self.others = [Cisco(lab, f"cisco{side}", segment, side + 1, f"192.168.{side}.100")
                       for side, segment in enumerate(("one", "two"))]
        self.macs = [self.p.ip("-br", "link", "show", "dev", device).split()[2] for device in ("eth0", "eth1")]
        self.shown = []                         # of each stage: group -> its part of `show standby`
        self.moments = {}
        self._states = (0, {})
        self._act()
        with open(os.path.join(self.p.path, "hotswand.log"), encoding="utf-8") as log:
            self.log = log.read()
        frames = [(f.time, read(f.data)) for capture in self.captures for f in capture.stop()]
        self.frames = sorted((f for f in frames if f[1]), key=lambda f: f[0])

    def other(self, variant):
        return self.others[variant.side]

    def begin(self, variant, scene, **changed):
        """Their group starts."""
        values = {"priority": THEIRS[scene], "hello": HELLO_MS, "hold": HOLD_MS, **variant.proof}
        if scene == "learn" and variant.version == 1:
            values.update(hello=1000, hold=3000)        # what version 1 can tell
        values["preempt"] = scene == "coup"
        if scene == "wrong-key":
            values = {**values, "text": b"cisco", "key": None, **variant.wrong_proof}
        virtual = variant.virtual(scene, scene == "wrong-address")
        self.other(variant).start(number_of(variant, scene), virtual, **{**values, **changed})

    def states(self):
        """Our state of every group, asked for at most ten times a second."""
        if time.monotonic() - self._states[0] > 0.1:
            lines = [line.replace(" P ", " ").split() for line in self.p.show("show standby brief").splitlines()]
            self._states = (time.monotonic(), {int(words[1]): words[3] for words in lines if len(words) > 4 and words[1].isdigit()})
        return self._states[1]

    def wait(self, wanted, timeout=60):
        """Until our group of each scene is in the state, in all variants."""
        numbers = {number_of(v, scene): state for scene, state in wanted.items() for v in VARIANTS}
        wait_for(lambda: all(self.states().get(n) == state for n, state in numbers.items()), timeout, f"{wanted}", every=0.1,
                 evidence=lambda: f"{ {n: self.states().get(n) for n in numbers} }\n{self.lab.evidence()}")

    def wait_theirs(self, scene, state, timeout=30):
        wait_for(lambda: all(self.other(v).state(number_of(v, scene)) == state for v in VARIANTS), timeout,
                 f"theirs of {scene} is {STATE_NAMES[state]}", evidence=self.lab.evidence)

    def wait_standby(self, *scenes):
        """Until theirs stands by, and we have heard of it."""
        def heard():
            parts = self.parts()
            return all(f"Standby router is {v.theirs.upper()}" in parts[number_of(v, scene)] for v in VARIANTS for scene in scenes)
        for scene in scenes:
            self.wait_theirs(scene, STANDBY)
        wait_for(heard, 30, f"theirs stands by: {scenes}", evidence=self.lab.evidence)

    def parts(self):
        """What `show standby` says of each group."""
        parts = re.split(r"^(?=\S+ - Group )", self.p.show("show standby"), flags=re.M)
        return {int(re.match(r"\S+ - Group (\d+)", part)[1]): part for part in parts if " - Group " in part}

    def look(self):
        """One stage of what `show standby` says."""
        self.shown.append(self.parts())

    def moment(self, name):
        self.moments[name] = time.time()

    def each(self, what, *scenes):
        for variant in VARIANTS:
            for scene in scenes:
                what(variant, scene)

    def _act(self):
        self.each(self.begin, "lose", "preempt", "resign", "wrong-key", "wrong-address", "learn")
        for scene in ("lose", "preempt", "resign", "wrong-key", "wrong-address", "learn"):
            self.wait_theirs(scene, ACTIVE)
        self.p.start(CONFIG)
        self.p.cli(["enable", "debug standby events protocol", "debug standby packets coup", "debug standby packets resign",
                    "debug standby errors"])
        for v in VARIANTS:                      # one after the other: a log has room for so many changes a second only
            self.p.configure([f"interface {v.interface}"] + [line for scene in SCENES for line in group_lines(v, scene)])
            wait_for(lambda v=v: self.states().get(number_of(v, "win")) in STATE_NAMES.values(), 30, "we are up",
                     evidence=self.lab.evidence)
            self.begin(v, "win")
            wait_for(lambda v=v: self.other(v).state(number_of(v, "win")) == STANDBY, 30, "they are our standby",
                     evidence=self.lab.evidence)
        self.wait({"win": "Active", "lose": "Standby", "preempt": "Active", "coup": "Active", "resign": "Standby",
                   "wrong-key": "Active", "wrong-address": "Standby", "learn": "Standby"})
        self.wait_standby("win", "preempt")
        self.look()

        self.moment("second")
        self.each(lambda v, s: self.other(v).die(number_of(v, s)), "lose")
        self.each(lambda v, s: self.other(v).shut(number_of(v, s)), "resign")
        self.wait({"lose": "Active", "resign": "Active"})
        self.each(self.begin, "coup")
        for v in VARIANTS:                      # a frame that would take everything, from where it cannot be
            for source in ("2001:db8::100" if v.ipv6 else "10.9.9.9", v.ours):
                self.other(v).send(number_of(v, "win"), COUP, SPEAK, STRAY, source)
        self.wait({"coup": "Standby"})
        self.look()
        self.counted = json.loads(self.p.show("show standby | json"))

        self.moment("third")
        self.each(lambda v, s: self.other(v).set(number_of(v, s), **v.proof), "wrong-key")
        self.each(lambda v, s: self.begin(v, s, priority=90), "resign")
        self.wait({"wrong-key": "Standby", "win": "Active"})
        self.wait_standby("resign")
        self.p.cli(["enable", "debug standby packets advertise"])
        for v in VARIANTS[::2]:
            self.other(v).advertise(3, 2, v.base, v.ipv6)
            wait_for(lambda v=v: f"active 2, passive {v.base}, from" in self.p.show("show logging"), 30, "their Advertise",
                     evidence=self.lab.evidence)
        self.neighbors = self.p.show("show standby neighbors")
        self.moment("gone")
        for side in (0, 1):
            self.p.configure([f"interface FastEthernet 0/{side}"] +
                             [f"no standby {number_of(v, 'resign')}" for v in VARIANTS if v.side == side])
        self.wait_theirs("resign", ACTIVE)
        self.look()
        self.moment("stopped")
        self.p.stop_daemon()

    def said(self, variant, scene, ours, until=None):
        """[(time, Heard)] of what one of the two routers said for a group, without what came out of the blue."""
        group = number_of(variant, scene)
        where = [f for f in self.frames if (f[1].said.group, f[1].said.version, f[1].said.ipv6) == (group, variant.version, variant.ipv6)]
        return [f for f in where if f[1].said.op != ADVERTISE and f[1].said.priority != STRAY and (until is None or f[0] < until)
                and (f[1].source == variant.ours) == ours]

    def story(self, variant, scene, ours, until=None):
        """The same as words, each change once. A Coup in defence is no change: hellos may have crossed it."""
        words = [f"{OP_NAMES[h.said.op]} {STATE_NAMES[h.said.state]}" for _, h in self.said(variant, scene, ours, until)]
        words = [word for word in words if word != "Coup Active"]
        return [word for n, word in enumerate(words) if n == 0 or words[n - 1] != word]

    def first(self, variant, scene, ours, op, state, after=0.0):
        """When it first said that."""
        return next(t for t, h in self.said(variant, scene, ours) if (h.said.op, h.said.state) == (op, state) and t >= after)

    def lines(self, variant, scene, pattern):
        """What the log says of a group, in order: the first group of the pattern, which begins behind "Grp N "."""
        return re.findall(rf"{variant.interface[:2]}\S*{variant.interface[-3:]} Grp {number_of(variant, scene)} {pattern}", self.log)


BOOT = ["Hello Speak", "Hello Standby"]
WON = [*BOOT, "Hello Active"]
OURS = {"win": [WON], "lose": [WON], "preempt": [["Coup Listen", "Hello Active"]], "coup": [[*WON, *BOOT]], "resign": [WON],
        "wrong-key": [[*WON, *BOOT], [*WON, "Resign Speak", *BOOT]],    # who hears whom first decides
        "wrong-address": [BOOT], "learn": [BOOT]}
THEIR = {"win": [BOOT], "lose": [WON], "preempt": [[*WON, *BOOT]], "coup": [["Coup Listen", "Hello Active"]],
         "resign": [[*WON, "Resign Active", *BOOT, "Hello Active"]], "wrong-key": [WON], "wrong-address": [WON],
         "learn": [WON]}
# (change, letters of the events that may cause it), as `debug standby events` tells
STARTS = [("Init -> Listen", "a"), ("Listen -> Speak", "cd"), ("Speak -> Standby", "d")]
TAKES = ("Standby -> Active", "c")
CHANGES = {"win": [*STARTS, TAKES], "lose": [*STARTS, TAKES], "preempt": [STARTS[0], ("Listen -> Active", "h")],
           "coup": [*STARTS, TAKES, ("Active -> Speak", "j"), STARTS[2]], "resign": [*STARTS, ("Standby -> Active", "i")],
           "wrong-key": [*STARTS, TAKES, ("Active -> Speak", "gj"), STARTS[2]], "wrong-address": STARTS,
           "learn": [("Init -> Learn", "a"), ("Learn -> Listen", "g"), *STARTS[1:]]}
# What `show standby` says at each look: our state, the active and the standby router
LOCAL, OTHER, NOBODY = "local", "other", "unknown"
A, S = ("Active", LOCAL), ("Standby", OTHER)
SHOWN = {"win": [(*A, OTHER)] * 3, "lose": [(*S, LOCAL), (*A, NOBODY), (*A, NOBODY)], "preempt": [(*A, OTHER)] * 3,
         "coup": [(*A, NOBODY), (*S, LOCAL), (*S, LOCAL)], "resign": [(*S, LOCAL), (*A, NOBODY), None],
         "wrong-key": [(*A, NOBODY), (*A, NOBODY), (*S, LOCAL)], "wrong-address": [(*S, LOCAL)] * 3, "learn": [(*S, LOCAL)] * 3}


@pytest.fixture(scope="module")
def play():
    """The one performance."""
    with Lab() as lab:
        yield Play(lab)


def assert_shown(variant, scene, part, wanted):
    state, active, standby = wanted
    ios = str.upper if variant.ipv6 else str
    assert part.startswith(f"{variant.interface} - Group {number_of(variant, scene)}{' (version 2)' * (variant.version == 2)}\n"), part
    assert re.search(rf"^  State is {state}\b", part, re.M), part
    virtual = ios(variant.virtual(scene))
    assert re.search(f"^  Link-Local Virtual IPv6 address is {virtual} \\(conf\\)$" if variant.ipv6 else
                     f"^  Virtual IP address is {virtual}{' .learnt.' * (scene == 'learn')}$", part, re.M), part
    for role, who in (("Active", active), ("Standby", standby)):
        peer = rf"{ios(variant.theirs)}, priority \d+ \(expires in \d+\.\d+ sec\)"
        assert re.search(f"^  {role} router is {peer if who == OTHER else who}$", part, re.M), part
    assert ('Authentication MD5, key-chain "LAB"' if variant.chain else "Authentication MD5, key-string" if variant.md5 else
            "Authentication text, string ") in part, part
    assert KEY not in part
    assert f"Preemption {'en' if scene == 'preempt' else 'dis'}abled" in part, part


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
def test_cell(play, variant, scene):
    gone = play.moments["gone"]
    assert play.story(variant, scene, True, gone) in OURS[scene]
    assert play.story(variant, scene, False, play.moments["stopped"]) in THEIR[scene]

    # From the virtual MAC: hellos of the active router and nothing else; priority and proof in all of them.
    assert all((h.mac == virtual_mac(variant.version, h.said.group, variant.ipv6)) == ((h.said.op, h.said.state) == (HELLO, ACTIVE))
               for _, h in play.said(variant, scene, True))
    assert all(h.said.priority == 100 and h.believable(TEXT, KEY if variant.md5 else None) for _, h in play.said(variant, scene, True))

    for stage, wanted in zip(play.shown, SHOWN[scene], strict=True):
        if wanted:
            assert_shown(variant, scene, stage[number_of(variant, scene)], wanted)
        else:
            assert number_of(variant, scene) not in stage

    # What is logged, and what debug says: each change, and the event before it.
    changes = CHANGES["win" if scene == "learn" and variant.ipv6 else scene][:3 if scene == "learn" and variant.ipv6 else None]
    logged = play.lines(variant, scene, r"state (\w+ -> (?!Init|Disabled)\w+)")
    assert logged == [change for change, _ in changes]
    told = play.lines(variant, scene, r"(\w+: \w/.*|\w+ -> (?!Init|Disabled)\w+)\n")
    told = [line for line in told if not re.match(r"\w+: b/", line)]
    assert told[1::2] == logged
    for line, (change, letters) in zip(told[::2], changes, strict=True):
        assert line.startswith(change.split()[0] + ": ") and line.split(": ")[1][0] in letters, (line, change)
    CHECKS.get(scene, lambda *_: None)(play, variant, gone)


def check_lose(play, variant, _):
    """Their hold time, from their last hello, and not a moment less."""
    last = play.said(variant, "lose", False)[-1][0]
    assert HOLD_S - 0.01 <= play.first(variant, "lose", True, HELLO, ACTIVE) - last < 2 * HOLD_S
    assert f"Standby: c/Active timer expired ({variant.theirs.upper()})" in play.log


def check_preempt(play, variant, _):
    """Coup, Hello of the active; then the other one steps back."""
    coup, active = (play.first(variant, "preempt", True, *what) for what in ((COUP, LISTEN), (HELLO, ACTIVE)))
    assert coup < active <= play.first(variant, "preempt", False, HELLO, SPEAK, coup)
    assert play.lines(variant, "preempt", rf"(Coup   out {variant.ours.upper()} Listen  pri 100 vIP {variant.virtual('preempt').upper()})\n")


def check_coup(play, variant, _):
    """We step back at once, without a Resign, and are not heard as active again."""
    coup = play.first(variant, "coup", False, COUP, LISTEN)
    spoke = play.first(variant, "coup", True, HELLO, SPEAK, coup)
    assert coup < spoke < coup + SOON_S
    assert not [t for t, h in play.said(variant, "coup", True) if t > spoke and h.said.state == ACTIVE]
    assert play.lines(variant, "coup", rf"(Active: j/Coup rcvd from higher pri router \(110/{variant.theirs.upper()}\))")


def check_resign(play, variant, gone):
    """Both ways: nobody waits for a hold time."""
    resigned = play.first(variant, "resign", False, RESIGN, ACTIVE)
    assert 0 < play.first(variant, "resign", True, HELLO, ACTIVE) - resigned < SOON_S
    ours = play.first(variant, "resign", True, RESIGN, SPEAK, gone)
    assert 0 < play.first(variant, "resign", False, HELLO, ACTIVE, ours) - ours < SOON_S
    assert not [t for t, h in play.said(variant, "resign", True) if t > ours and h.said.state == ACTIVE]


def check_wrong_key(play, variant, _):
    """Two active routers, which do not believe each other, until the key is right."""
    peer = f"Bad authentication from {variant.theirs.upper()}"
    said = (f"%HSRP-4-BADAUTH: {peer}, group {number_of(variant, 'wrong-key')}, remote state Active" if variant.version == 1
            else f"%HSRP-4-BADAUTH2: {peer}\n")
    assert said in play.log
    both = [[t for t, h in play.said(variant, "wrong-key", ours) if h.said.state == ACTIVE and t < play.moments["third"]]
            for ours in (True, False)]
    assert min(len(b) for b in both) > 2 and both[0][0] < both[1][-1]
    assert f"Packet dropped from {variant.theirs.upper()}: failed_authentication" in play.log
    last = [[(t, h.said.op) for t, h in play.said(variant, "wrong-key", ours) if t > play.moments["third"]] for ours in (True, False)]
    assert RESIGN in [op for _, op in last[0]] or COUP in [op for _, op in last[1]]


def check_wrong_address(play, variant, _):
    """The election goes on, and is complained of."""
    ours, theirs = (variant.virtual("wrong-address", n).upper() for n in (0, 1))
    group = f"{variant.interface} Grp {number_of(variant, 'wrong-address')}"
    assert re.search(rf"%HSRP-4-DIFFVIP1: {group} active routers virtual IP(v6)? address {theirs} is different to the locally "
                     f"configured address {ours}\n", play.log)


def check_win(play, variant, _):
    """Coups from where they cannot come moved nothing."""
    assert ("2001:DB8::100" if variant.ipv6 else "10.9.9.9") + ": foreign_source" in play.log
    entry = next(e for e in play.counted["entries"] if e["group"] == number_of(variant, "win") and e["interface"] == variant.interface)
    assert entry["dropped_frames"]["own_source"] >= 2 and entry["dropped_frames"]["foreign_source"] >= 2


def check_learn(play, variant, _):
    """Timers come from the active router, and without one of ours its address."""
    told = "1 sec (cfgd 3 sec), hold time 3 sec (cfgd 10 sec)" if variant.version == 1 else \
        f"{HELLO_MS} msec (cfgd 3 sec), hold time {HOLD_MS // 1000} sec (cfgd 10 sec)"
    assert f"Hello time {told}" in play.shown[0][number_of(variant, "learn")]
    mine = {(h.said.hello, h.said.hold, h.said.virtual) for _, h in play.said(variant, "learn", True)}
    taught = {(h.said.hello, h.said.hold, h.said.virtual) for _, h in play.said(variant, "learn", False)}
    assert mine == taught


CHECKS = {"win": check_win, "lose": check_lose, "preempt": check_preempt, "coup": check_coup, "resign": check_resign,
          "wrong-key": check_wrong_key, "wrong-address": check_wrong_address, "learn": check_learn}


@pytest.mark.parametrize("variant", VARIANTS[::2], ids=["v1", "v2", "ipv6"])
def test_advertise(play, variant):
    """How many groups are active: from the interface's own MAC, believed of nobody for an election, known of neighbours."""
    ours = [h for _, h in play.frames if h.said.op == ADVERTISE and h.source == variant.ours]
    assert ours and all(h.mac != virtual_mac(variant.version, h.said.group, variant.ipv6) and not h.sealed for h in ours)
    assert ours[0].said.state == PASSIVE and ours[0].said.active == 0 and ours[0].said.passive > 0
    assert max(h.said.active for h in ours) > 0
    sides = [v for v in VARIANTS if v.side == variant.side and v.ipv6 == variant.ipv6]
    for word, scenes in (("Active", ("coup", "wrong-key", "wrong-address", "learn")), ("Standby", ("win", "preempt", "resign"))):
        numbers = sorted(number_of(v, scene) for v in sides for scene in scenes)
        assert f"  {variant.theirs.upper()}\n    Active groups:" in play.neighbors
        assert f"    {word} groups: {', '.join(map(str, numbers))}\n" in play.neighbors
    assert f"REDIRECT adv in, Active, active 2, passive {variant.base}, from {variant.theirs.upper()}" in play.log
    assert "left out" not in play.log


def configured(play, variant, scene):
    """What our frames of a cell are to say, for tshark's judge."""
    learns = scene == "learn"
    timers = (1000, 3000) if learns and variant.version == 1 else (HELLO_MS, HOLD_MS)
    return Message(version=variant.version, ipv6=variant.ipv6, group=number_of(variant, scene), hello=timers[0], hold=timers[1],
                   virtual=variant.virtual(scene), key=KEY if variant.md5 else None, key_id=variant.chain, text=TEXT)


@pytest.mark.parametrize("kind", range(3), ids=["v1", "v2", "ipv6"])
def test_tshark_reads_in_every_frame_what_was_configured(play, kind):
    sides = VARIANTS[2 * kind:2 * kind + 2]
    path = play.captures[sides[0].side].path
    groups = {number_of(v, scene): configured(play, v, scene) for v in sides for scene in SCENES}
    ours = [h for _, h in play.frames if h.source == sides[0].ours and h.said.priority != STRAY and h.said.version == sides[0].version]
    count, wrong = tshark.judge(path, sides[0].ours, play.macs[sides[0].side], groups, f"eth.src != {play.others[sides[0].side].mac}")
    assert count == len(ours) and wrong == []
    # The same of what else leaves: gratuitous ARP, neighbour and router advertisements.
    besides = [f for f in play.captures[sides[0].side].frames if f.source_mac in {virtual_mac(sides[0].version, n, sides[0].ipv6) for n in groups}
               and not read(f.data)]
    assert {f.icmpv6 if sides[0].ipv6 else f.kind for f in besides} == ({134, 136} if sides[0].ipv6 else {ARP})
    assert tshark.complaints(path, "!(udp.port == 1985 || udp.port == 2029)") == []
    assert {h.said.op for h in ours} == {HELLO, COUP, RESIGN, ADVERTISE} and {h.said.state for h in ours} >= {SPEAK, STANDBY, ACTIVE}
