"""One ICMP echo request a millisecond, on time: ping(8) sends in bursts of 10 ms while nobody answers.

Run as a program: prober.py DESTINATION INTERVAL_MS; it ends with its parent or by a signal. Replies are read from a capture.
"""

import os
import socket
import struct
import sys
import time


def checksum(data):
    """RFC 1071."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def main():
    """Send until killed; the socket filters nothing and reads nothing."""
    destination, interval = sys.argv[1], float(sys.argv[2]) / 1000
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
    at, number = time.monotonic(), 0
    while True:
        body = struct.pack("!BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, number & 0xFFFF) + bytes(24)
        try:
            raw.sendto(body[:2] + struct.pack("!H", checksum(body)) + body[4:], (destination, 0))
        except OSError:
            pass                                # no neighbour entry at present: the next one asks again
        number += 1
        at += interval
        time.sleep(max(0.0, at - time.monotonic()))


if __name__ == "__main__":
    main()
