"""tshark as the judge of what a router says: every field of every HSRP frame against what it was configured to say."""

import ipaddress
import subprocess

from .hsrp_bytes import (ACTIVE, ADVERTISE, COUP, HELLO, LISTEN, PASSIVE, RESIGN, SPEAK, STANDBY, V1_STATES, V2_STATES, keyed_md5,
                         virtual_mac)

HEADERS = ["frame.number", "eth.src", "eth.dst", "ip.src", "ip.dst", "ip.ttl", "ip.dsfield", "ip.id", "ip.flags", "ip.checksum.status",
           "ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.tclass", "ipv6.flow", "udp.srcport", "udp.dstport", "udp.checksum.status",
           "udp.payload", "_ws.malformed", "_ws.expert.message"]
FIELDS = ["hsrp.version", "hsrp.opcode", "hsrp.state", "hsrp.hellotime", "hsrp.holdtime", "hsrp.priority", "hsrp.group",
          "hsrp.reserved", "hsrp.auth_data", "hsrp.virt_ip", "hsrp.adv.tlvtype", "hsrp.adv.tlvlength", "hsrp.adv.state",
          "hsrp.adv.reserved1", "hsrp.adv.activegrp", "hsrp.adv.passivegrp", "hsrp.adv.reserved2", "hsrp.md5_ip_address",
          "hsrp.unknown_tlv", "hsrp2.version", "hsrp2.opcode", "hsrp2.state", "hsrp2.group_state_tlv", "hsrp2.interface_state_tlv",
          "hsrp2.text_auth_tlv", "hsrp2.md5_auth_tlv", "hsrp2.ipversion", "hsrp2.group", "hsrp2.identifier", "hsrp2.priority",
          "hsrp2.hellotime", "hsrp2.holdtime", "hsrp2.auth_data", "hsrp2.virt_ip", "hsrp2.virt_ip_v6", "hsrp2.active_groups",
          "hsrp2.passive_groups", "hsrp2.md5_algorithm", "hsrp2.md5_padding", "hsrp2.md5_flags", "hsrp2.md5_key_id",
          "hsrp2.md5_auth_data"]
# (operation, state) a router may say; only the active's hello comes from the virtual MAC
SAYABLE = {(HELLO, SPEAK), (HELLO, STANDBY), (HELLO, ACTIVE), (COUP, LISTEN), (COUP, SPEAK), (COUP, STANDBY), (COUP, ACTIVE),
           (RESIGN, SPEAK)}


def read(path, where, fields):
    """[{field: text}] of the frames that a display filter takes; what a frame does not have is left out."""
    argv = ["tshark", "-n", "-r", path, "-Y", where, "-T", "fields", "-E", "separator=\t"]
    for protocol in ("ip", "udp"):
        argv += ["-o", f"{protocol}.check_checksum:TRUE"]
    for field in fields:
        argv += ["-e", field]
    out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return [{name: value for name, value in zip(fields, line.split("\t")) if value} for line in out.splitlines()]


def complaints(path, where):
    """Frames of which tshark says that they are malformed, wrong in a checksum, or worth an error."""
    return read(path, f"({where}) && (_ws.malformed || _ws.expert.severity >= 0x400000 || ip.checksum.status == 0 || "
                "udp.checksum.status == 0 || icmpv6.checksum.status == 0)", ["frame.number", "_ws.expert.message"])


def _headers(m, source):
    """What is around a payload."""
    if m.ipv6:
        return {"eth.dst": "33:33:00:00:00:66", "ipv6.src": source, "ipv6.dst": "ff02::66", "ipv6.hlim": "255",
                "ipv6.tclass": "0x000000e0", "ipv6.flow": "0x00000000", "udp.srcport": "2029", "udp.dstport": "2029",
                "udp.checksum.status": "1"}
    last = 102 if m.version == 2 else 2
    return {"eth.dst": f"01:00:5e:00:00:{last:02x}", "ip.src": source, "ip.dst": f"224.0.0.{last}",
            "ip.ttl": "255" if m.version == 2 else "1", "ip.dsfield": "0xc0", "ip.id": "0x0000", "ip.flags": "0x00",
            "ip.checksum.status": "1", "udp.srcport": "1985", "udp.dstport": "1985", "udp.checksum.status": "1"}


def _seconds(ms):
    return str(max(1, -(-ms // 1000)))


def _fields(m, op, state, identifier, source):
    """What the payload says, in tshark's names, without the digest."""
    if m.version == 2:
        out = {"hsrp2.group_state_tlv": "1", "hsrp2.version": "2", "hsrp2.opcode": str(op), "hsrp2.state": str(V2_STATES[state]),
               "hsrp2.ipversion": "6" if m.ipv6 else "4", "hsrp2.group": str(m.group), "hsrp2.identifier": identifier,
               "hsrp2.priority": str(m.priority), "hsrp2.hellotime": str(m.hello), "hsrp2.holdtime": str(m.hold),
               "hsrp2.virt_ip_v6" if m.ipv6 else "hsrp2.virt_ip": m.virtual}
        if not m.key:
            out.update({"hsrp2.text_auth_tlv": "3", "hsrp2.auth_data": m.text.decode()})
    else:
        out = {"hsrp.version": "0", "hsrp.opcode": str(op), "hsrp.state": str(state), "hsrp.hellotime": _seconds(m.hello),
               "hsrp.holdtime": _seconds(m.hold), "hsrp.priority": str(m.priority), "hsrp.group": str(m.group), "hsrp.reserved": "0",
               "hsrp.virt_ip": m.virtual}
        if not m.key:
            out["hsrp.auth_data"] = m.text.decode()
    if m.key:
        tail = ".".join(str(b) for b in _tail(source))
        out.update({"hsrp2.md5_auth_tlv": "4", "hsrp2.md5_algorithm": "1", "hsrp2.md5_padding": "0x00", "hsrp2.md5_flags": "0",
                    "hsrp.md5_ip_address": tail, "hsrp2.md5_key_id": str(m.key_id)})
    return out


def _tail(source):
    return ipaddress.ip_address(source).packed[-4:]


def _number(text):
    """tshark's hexadecimal forms differ between its versions."""
    return str(int(text, 16)) if text is not None and text.startswith("0x") else text


def _judge_advertise(row, version, identifier, groups):
    """An Advertise: how many are active changes, but no more than all can be."""
    if version == 2:
        wanted = {"hsrp2.interface_state_tlv": "2"}
        counts = ["hsrp2.active_groups", "hsrp2.passive_groups"]
    else:
        active = row.get("hsrp.adv.activegrp") not in (None, "0")
        wanted = {"hsrp.version": "0", "hsrp.opcode": str(ADVERTISE), "hsrp.adv.tlvtype": "1", "hsrp.adv.tlvlength": "14",
                  "hsrp.adv.state": "3" if active else str(PASSIVE), "hsrp.adv.reserved1": "0", "hsrp.adv.reserved2": "0"}
        counts = ["hsrp.adv.activegrp", "hsrp.adv.passivegrp"]
    if row.get("hsrp.adv.state") == "1":        # dormant: the last group is gone
        wanted["hsrp.adv.state"] = "1"
    wrong = [f"{name} is missing" for name in counts if name not in row]
    least = 0 if version == 2 or row.get("hsrp.adv.state") == "1" else 1     # none: the last group is gone
    if not wrong and not least <= sum(int(row[name]) for name in counts) <= groups:
        wrong = ["another number of groups than there are"]
    return wanted | {name: row[name] for name in counts if name in row} | {"eth.src": identifier}, wrong


def _judge_one(row, groups, source, identifier, ipv6):
    """What is wrong with one frame."""
    version = 2 if row.get("ip.dst") == "224.0.0.102" or ipv6 else 1
    advertise = "hsrp2.interface_state_tlv" in row or row.get("hsrp.opcode") == str(ADVERTISE)
    if advertise:
        m = next(iter(groups.values()))
        wanted, wrong = _judge_advertise(row, version, identifier, len(groups))
    else:
        prefix = "hsrp2" if version == 2 else "hsrp"
        m = groups.get(int(row.get(f"{prefix}.group", -1)))
        if not m:
            return [f"group {row.get(f'{prefix}.group')} is none of ours"]
        op, number = int(row.get(f"{prefix}.opcode", -1)), int(row.get(f"{prefix}.state", -1))
        state = (V1_STATES if version == 2 else {n: n for n in V2_STATES}).get(number)
        if (op, state) not in SAYABLE:
            return [f"operation {op} in state {number}"]
        wanted, wrong = _fields(m, op, state, identifier, source), []
        wanted["eth.src"] = virtual_mac(version, m.group, ipv6) if (op, state) == (HELLO, ACTIVE) else identifier
        payload = bytes.fromhex(row["udp.payload"].replace(":", ""))
        if not m.key and payload[-8 if version == 2 else 8:][:8] != m.text.ljust(8, b"\0"):
            wrong.append("the text is not padded with zeros")        # tshark shows it up to the first one
        if m.key:
            wanted["hsrp2.md5_auth_data"] = keyed_md5(m.key.encode(), payload[:-16] + bytes(16)).hex()
    wanted |= _headers(m, source)
    for name in ("_ws.malformed", "_ws.expert.message"):
        if name in row:
            wrong.append(f"{name}: {row[name]}")
    said = {name: value.replace(":", "") if name == "hsrp2.md5_auth_data" else value for name, value in row.items()
            if name in FIELDS or name in wanted}
    wrong += [f"{name} is {said.get(name)}, not {wanted.get(name)}" for name in sorted(wanted.keys() | said.keys())
              if _number(said.get(name)) != _number(wanted.get(name))]
    return wrong


def judge(path, source, identifier, groups, besides="frame"):
    """(number of frames, [what is wrong with one]) of all that a router said as HSRP.

    groups: number -> hsrp_bytes.Message as configured, all of one version and family; operation and state are the frame's.
    besides: a display filter that takes the router's frames only, where others speak in its name.
    """
    ipv6 = ":" in source
    where = f"{'ipv6' if ipv6 else 'ip'}.src == {source} && udp.port == {2029 if ipv6 else 1985} && !icmp && !icmpv6 && ({besides})"
    rows = read(path, where, HEADERS + FIELDS)
    wrong = [f"frame {row['frame.number']}: {what}" for row in rows for what in _judge_one(row, groups, source, identifier, ipv6)]
    return len(rows), wrong
