"""Routes and addresses as the kernel tells them: with protocol tags that Debian's ip(8) hides."""

import dataclasses
import ipaddress
import os
import socket
import struct
import subprocess
import sys
import tempfile

from .system import PATIENCE_S, LabError, die_with_parent, socket_in, wait_for

READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "netlink_reader.py")

NLMSG_NOOP, NLMSG_DONE, NLMSG_ERROR = 1, 3, 2
RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE = 20, 21, 24, 25
RTM_GETADDR, RTM_GETROUTE = 22, 26
NLM_F_REQUEST, NLM_F_DUMP = 1, 0x300
RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE = 0x10, 0x40
SO_RCVBUFFORCE = 33
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_MULTIPATH, RTA_TABLE = 1, 4, 5, 6, 9, 15
IFA_LOCAL, IFA_ADDRESS, IFA_CACHEINFO, IFA_FLAGS, IFA_PROTO = 2, 1, 6, 8, 11
FOREVER = 0xFFFFFFFF


@dataclasses.dataclass(frozen=True)
class Route:
    """One IPv4 route; hops are (gateway or None, interface index)."""
    prefix: ipaddress.IPv4Network
    hops: tuple
    metric: int
    protocol: int
    table: int
    kind: int

    @property
    def via(self):
        """Gateways as strings, sorted: two of them are an equal-cost pair."""
        return sorted(str(gateway) for gateway, _ in self.hops if gateway)


@dataclasses.dataclass(frozen=True)
class Address:
    """One IPv4 address; valid is the remaining lifetime in seconds, None for ever."""
    address: str
    length: int
    index: int
    protocol: int
    valid: int


def _attributes(data):
    """The attributes of a message as {type: payload}."""
    found, at = {}, 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[at + 4:at + length]
        at += (length + 3) & ~3
    return found


def _messages(data):
    """The messages of one datagram as (type, payload)."""
    at = 0
    while at + 16 <= len(data):
        length, kind, _, _, _ = struct.unpack_from("=LHHLL", data, at)
        yield kind, data[at + 16:at + length]
        at += (length + 3) & ~3


def _dump(namespace, kind, body):
    """All answers to a dump request."""
    with socket_in(namespace, socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as nl:
        nl.bind((0, 0))
        nl.send(struct.pack("=LHHLL", 16 + len(body), kind, NLM_F_REQUEST | NLM_F_DUMP, 1, 0) + body)
        while True:
            for answer, payload in _messages(nl.recv(1 << 18)):
                if answer == NLMSG_DONE:
                    return
                if answer == NLMSG_ERROR:
                    raise OSError(-struct.unpack_from("=i", payload)[0], "netlink dump")
                yield answer, payload


def _gateway(raw):
    return ipaddress.IPv4Address(raw) if raw else None


def _hops(attributes):
    """Next hops of a route, of one or of many paths."""
    paths = attributes.get(RTA_MULTIPATH)
    if paths is None:
        index = struct.unpack("=i", attributes[RTA_OIF])[0] if RTA_OIF in attributes else 0
        return ((_gateway(attributes.get(RTA_GATEWAY)), index),)
    found, at = [], 0
    while at + 8 <= len(paths):
        length, _, _, index = struct.unpack_from("=HBBi", paths, at)
        found.append((_gateway(_attributes(paths[at + 8:at + length]).get(RTA_GATEWAY)), index))
        at += (length + 3) & ~3
    return tuple(found)


def _route(payload):
    """A Route from an rtmsg, None if it is not IPv4."""
    family, length, _, _, table, protocol, _, kind, _ = struct.unpack_from("=BBBBBBBBL", payload)
    if family != socket.AF_INET:
        return None
    attributes = _attributes(payload[12:])
    network = ipaddress.ip_network((attributes.get(RTA_DST, b"\0\0\0\0"), length))
    metric = struct.unpack("=L", attributes[RTA_PRIORITY])[0] if RTA_PRIORITY in attributes else 0
    if RTA_TABLE in attributes:
        table = struct.unpack("=L", attributes[RTA_TABLE])[0]
    return Route(network, _hops(attributes), metric, protocol, table, kind)


def _address(payload):
    """An Address from an ifaddrmsg, None if it is not IPv4."""
    family, length, _, _, index = struct.unpack_from("=BBBBL", payload)
    if family != socket.AF_INET:
        return None
    attributes = _attributes(payload[8:])
    raw = attributes.get(IFA_LOCAL, attributes.get(IFA_ADDRESS))
    valid = struct.unpack_from("=4L", attributes[IFA_CACHEINFO])[1] if IFA_CACHEINFO in attributes else FOREVER
    protocol = attributes.get(IFA_PROTO, b"\0")[0]
    return Address(str(ipaddress.IPv4Address(raw)), length, index, protocol, None if valid == FOREVER else valid)


def routes(namespace, table=254):
    """Unicast IPv4 routes of a table (None: of all)."""
    body = struct.pack("=BBBBBBBBL", socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)
    found = (_route(payload) for kind, payload in _dump(namespace, RTM_GETROUTE, body) if kind == RTM_NEWROUTE)
    return [route for route in found if route and (table is None or route.table == table)]


def addresses(namespace):
    """IPv4 addresses of a namespace."""
    body = struct.pack("=BBBBL", socket.AF_INET, 0, 0, 0, 0)
    found = (_address(payload) for kind, payload in _dump(namespace, RTM_GETADDR, body) if kind == RTM_NEWADDR)
    return [address for address in found if address]


class Monitor:
    """Records changes of routes and addresses with the time of day they were announced at."""

    def __init__(self, namespace):
        self._log = tempfile.TemporaryFile("w+")
        with socket_in(namespace, socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as source:
            source.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
            source.bind((0, RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE))
            self._reader = subprocess.Popen([sys.executable, "-E", "-S", READER, str(source.fileno())],
                                            stdin=subprocess.PIPE, stdout=self._log, pass_fds=[source.fileno()],
                                            preexec_fn=die_with_parent)
        wait_for(lambda: self._lines(), PATIENCE_S, "the netlink reader")

    def _lines(self):
        return os.pread(self._log.fileno(), 1 << 26, 0).decode().splitlines()

    @property
    def changes(self):
        """[(time, "add" | "del", Route | Address)] in the kernel's order; raises if the kernel dropped some."""
        found = []
        for line in self._lines()[1:]:
            when, data = line.split()
            if data == "overrun":
                raise LabError("netlink overrun: the record of changes has a hole")
            found += [(float(when), *change) for change in _changes(bytes.fromhex(data))]
        return found

    def first(self, after, what, wanted):
        """Time of the first change 'add' or 'del' after a moment for which wanted(thing) holds."""
        for when, kind, thing in self.changes:
            if when >= after and kind == what and wanted(thing):
                return when
        return None

    def close(self):
        """Stop recording, with nothing left unread; what was recorded stays."""
        self._reader.stdin.close()
        self._reader.wait(PATIENCE_S)


def _changes(data):
    """("add" | "del", thing) of the messages of one datagram that are about routes or addresses."""
    for kind, payload in _messages(data):
        read = {RTM_NEWROUTE: _route, RTM_DELROUTE: _route, RTM_NEWADDR: _address, RTM_DELADDR: _address}.get(kind)
        thing = read(payload) if read else None
        if thing:
            yield "add" if kind in (RTM_NEWROUTE, RTM_NEWADDR) else "del", thing


def flood_listeners(namespace, megabytes=64, size=30000):
    """Fill the sockets of all who listen to IPv4 routes and do not read. Who reads ignores it: it is not the kernel that speaks."""
    message = struct.pack("=IHHII", 16 + size, NLMSG_NOOP, 0, 0, 0) + bytes(size)
    with socket_in(namespace, socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as nl:
        for _ in range(megabytes * 2**20 // size):
            nl.sendto(message, (0, RTMGRP_IPV4_ROUTE))
