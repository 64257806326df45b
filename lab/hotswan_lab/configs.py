"""The guide's configurations as printed, and the prologue that the guide leaves out."""

import os

from .system import SLOW

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "configs")
FAST_TIMERS = f"msec {250 * SLOW:.0f} msec {750 * SLOW:.0f}"
CALM_TIMERS = f"{SLOW:.0f} {6 * SLOW:.0f}"      # the hold time outlasts a machine that stands still for a while


def text(name):
    """A configuration of lab/configs, to the letter."""
    with open(os.path.join(FOLDER, f"{name}.txt"), encoding="ascii") as file:
        return file.read()


def prologue(name, last=2):
    """Host name, IKE, transform sets and addresses .<last> outside and inside."""
    return text("prologue").format(name=name, outside=f"192.168.0.{last}", inside=f"192.168.1.{last}")


def dynamic(name, last=2):
    """Example 1 (dynamic map with RRI) on a headend."""
    return prologue(name, last) + text("example1-dynamic")


def static(name, last=2):
    """Example 2 (static maps, RRI on the first) on a headend."""
    return prologue(name, last) + text("example2-static")


def hsrp(name, last=2, timers=FAST_TIMERS, ike=1, extra=""):
    """Example 3 (HSRP and RRI) on a headend; timers None leaves HSRP's defaults."""
    lines = text("example3-hsrp").replace("192.168.0.2 ", f"192.168.0.{last} ")
    if ike == 2:
        lines = text("ikev2") + lines + "crypto map mymap 1 ipsec-isakmp\n set ikev2-profile lab-profile\n"
    if timers:
        lines += f"interface FastEthernet 0/0\n standby timers {timers}\n"
    return prologue(name, last) + lines + extra
