"""The judge of our frames is judged: it passes what is right, and finds each field that is broken."""

import dataclasses
import struct

import pytest

from hotswan_lab import tshark
from hotswan_lab.hsrp_bytes import (ACTIVE, ADVERTISE, COUP, HELLO, PASSIVE, RESIGN, SPEAK, STANDBY, Message, frame, keyed_md5,
                                    virtual_mac)

MAC, KEY = "02:00:00:00:00:02", "openwall-openwall"
PLACES = {"v1": (1, False, "192.0.2.2", "192.0.2.254"), "v2": (2, False, "192.0.2.2", "192.0.2.254"),
          "ipv6": (2, True, "fe80::2", "fe80::5:73ff:fea0:7")}
VARIANTS = [(place, key) for place in PLACES for key in (None, KEY)]


def configured(place, key):
    version, ipv6, source, virtual = PLACES[place]
    return Message(version=version, ipv6=ipv6, group=7, priority=110, virtual=virtual, key=key), source


def clean(data, version, ipv6):
    """Without what the other make leaves uncleared, and with version 2's TTL of today: as a tidy router sends it."""
    data = bytearray(data)
    if version == 2 and not ipv6:
        data[22] = 255
        data[42 + 30:42 + 42] = bytes(12)
    return data


def summed(data, ipv6):
    """The same with right checksums."""
    import scapy.layers.inet6  # noqa: F401  (Ether then knows of IPv6)
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    packet = Ether(bytes(data))
    del packet[UDP].chksum
    if not ipv6:
        del packet[IP].chksum
    return bytes(Ether(bytes(packet)))


def sealed(data, ipv6, key):
    """... and with a right digest."""
    at = 62 if ipv6 else 42
    if key:
        data[-16:] = bytes(16)
        data[-16:] = keyed_md5(key.encode(), bytes(data[at:]))
    return summed(data, ipv6)


def all_said(place, key):
    """Good frames: hellos, Coup, Resign, Advertise."""
    m, source = configured(place, key)
    out = []
    for op, state in ((HELLO, SPEAK), (HELLO, STANDBY), (HELLO, ACTIVE), (COUP, STANDBY), (RESIGN, SPEAK)):
        mac = virtual_mac(m.version, m.group, m.ipv6) if (op, state) == (HELLO, ACTIVE) else MAC
        out.append(sealed(clean(frame(dataclasses.replace(m, op=op, state=state), source, mac, MAC), m.version, m.ipv6), m.ipv6, key))
    said = bytearray(frame(dataclasses.replace(m, op=ADVERTISE, state=PASSIVE, passive=1), source, MAC, MAC))
    if m.version == 1:
        said[-4:] = bytes(4)
    elif not m.ipv6:
        said[22] = 255
    return [*out, summed(said, m.ipv6)]


def verdict(tmp_path, frames, place, key):
    """(frames the judge saw, what it complains of)"""
    path = str(tmp_path / "frames.pcap")
    with open(path, "wb") as pcap:
        pcap.write(struct.pack("<LHHlLLL", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for n, data in enumerate(frames):
            pcap.write(struct.pack("<LLLL", n, 0, len(data), len(data)) + bytes(data))
    m, source = configured(place, key)
    return tshark.judge(path, source, MAC, {m.group: m})


@pytest.mark.parametrize("place,key", VARIANTS, ids=[f"{p}-{'md5' if k else 'text'}" for p, k in VARIANTS])
def test_the_judge_finds_every_broken_octet(tmp_path, place, key):
    good = all_said(place, key)
    assert verdict(tmp_path, good, place, key) == (len(good), [])

    # Each octet of each payload changed, with right checksums: something is said of every one of them.
    version, ipv6, _, _ = PLACES[place]
    at = 62 if ipv6 else 42
    broken = []
    for data in good:
        for n in range(at, len(data)):
            if version == 2 and not ipv6 and len(data) > at + 42 and at + 30 <= n < at + 42:
                continue                        # behind an IPv4 address nothing is meant
            bad = bytearray(data)
            bad[n] ^= 0x04
            broken.append(summed(bad, ipv6))
    seen, wrong = verdict(tmp_path, broken, place, key)
    assert seen == len(broken) > 100
    unseen = set(range(1, seen + 1)) - {int(line.split()[1][:-1]) for line in wrong}
    assert not unseen, [broken[n - 1][at:].hex() for n in sorted(unseen)][:5]

    # Headers: a checksum, TTL or hop limit, class, ports, both MACs; and frames that end too early.
    heads = []
    for offset in (0, 6):
        bad = bytearray(good[0])
        bad[offset] ^= 1
        heads.append(bytes(bad))
    for offset in (15, 21, 55, 57) if ipv6 else (15, 22, 35, 37):
        bad = bytearray(good[0])
        bad[offset] ^= 0x10 if offset == 15 else 1
        heads.append(summed(bad, ipv6))
    bad = bytearray(good[0])
    bad[at - 1] ^= 1                            # the UDP checksum itself
    heads.append(bytes(bad))
    seen, wrong = verdict(tmp_path, heads, place, key)
    assert {int(line.split()[1][:-1]) for line in wrong} == set(range(1, seen + 1)), wrong
    assert seen == len(heads)                   # one port of two is enough to be taken for HSRP

    short = []
    for cut in (1, 8, 16, 25):
        if cut > len(good[2]) - at:
            continue
        bad = bytearray(good[2][:-cut])
        struct.pack_into("!H", bad, 58 if ipv6 else 38, len(bad) - (54 if ipv6 else 34))
        struct.pack_into("!H", bad, 18 if ipv6 else 16, len(bad) - (54 if ipv6 else 14))
        short.append(summed(bad, ipv6))
    seen, wrong = verdict(tmp_path, short, place, key)
    assert seen == len(short) and {int(line.split()[1][:-1]) for line in wrong} == set(range(1, seen + 1)), wrong
