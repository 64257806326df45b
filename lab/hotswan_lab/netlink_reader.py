"""Reads a netlink socket and prints each datagram with the time of day it was read at.

A process of its own, with real-time priority: inside a busy test the interpreter would stamp milliseconds
late. Arguments: the descriptor of the socket. Ends when standard input ends and nothing is left to read.
"""

import os
import select
import socket
import sys
import time


def main():
    """Print "ready", then lines of a time and the datagram in hexadecimal digits ("overrun": some were lost)."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        pass                                    # stamps are then only as good as the machine is idle
    source = socket.socket(fileno=int(sys.argv[1]))
    print("ready", flush=True)
    while True:
        readable = select.select([source, sys.stdin], [], [])[0]
        if source not in readable:
            return
        try:
            data = source.recv(1 << 18).hex()
        except OSError:
            data = "overrun"
        print(f"{time.time():.6f} {data}", flush=True)


if __name__ == "__main__":
    main()
