"""A real SSH server with the shell behind it, and a real network automation tool in front of it: netmiko, unmodified."""

import json
import os

import pytest

from hotswan_lab import Headend, Lab, configs
from hotswan_lab.headend import HOTSWAN
from hotswan_lab.system import LabError, run, wait_for

SSHD = """Port 22
ListenAddress 127.0.0.1
HostKey {dir}/host
AuthorizedKeysFile {dir}/key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PrintMotd no
PrintLastLog no
ForceCommand {shell} --run-dir {run}
"""
CLIENT = """
import json, sys
from netmiko import ConnectHandler
device = ConnectHandler(device_type="cisco_ios", host="127.0.0.1", username="root", use_keys=True, key_file={key!r},
                        allow_agent=False, secret="", timeout=60, banner_timeout=60, auth_timeout=60,
                        global_delay_factor=2)          # it takes two seconds of silence for the end: a slow machine's pause
out = {{"prompt": device.find_prompt()}}
out["version"] = device.send_command("show version")
out["route"] = device.send_command("show ip route | include ^S")
out["set"] = device.send_config_set([f"access-list 150 permit ip host 10.9.9.{{n}} host 10.8.8.8" for n in range(1, 101)]
                                    + ["interface FastEthernet 0/0", "description by a tool"])
out["wrong"] = device.send_command("show nonsense")
out["running"] = device.send_command("show running-config")
out["save"] = device.save_config()
out["alive"] = device.is_alive()
device.disconnect()
json.dump(out, sys.stdout)
"""


@pytest.fixture(scope="module")
def said():
    """What netmiko heard in one session."""
    if not os.path.exists("/usr/sbin/sshd"):
        pytest.skip("no sshd")
    with Lab() as lab:
        head = Headend(lab, "p")
        head.connect("outside")
        head.connect("inside")
        head.start(configs.hsrp("P"))
        for name in ("host", "key"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{head.path}/{name}"])
        # netmiko's paramiko wants a key in PEM form that it knows: RSA.
        os.remove(f"{head.path}/key")
        os.remove(f"{head.path}/key.pub")
        run(["ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", f"{head.path}/key"])
        with open(f"{head.path}/sshd_config", "w", encoding="ascii") as config:
            config.write(SSHD.format(dir=head.path, shell=HOTSWAN, run=head.run_dir))
        os.makedirs("/run/sshd", exist_ok=True)
        head.spawn(["/usr/sbin/sshd", "-D", "-e", "-f", f"{head.path}/sshd_config"], "sshd.log")
        wait_for(lambda: "LISTEN" in head.run("ss", "-ltn"), 30, "sshd listens", evidence=head.evidence)
        out = head.run("/usr/bin/python3", "-W", "ignore", "-c", CLIENT.format(key=f"{head.path}/key"), timeout=180)
        try:
            yield json.loads(out[out.index("{"):])
        except ValueError:
            raise LabError(out) from None


def test_prompt_and_version(said):
    assert said["prompt"] == "P#"
    assert said["version"].startswith("hotswan Software, Version")
    assert "P uptime is" in said["version"]


def test_a_filtered_table_has_its_lines_only(said):
    assert said["route"].splitlines()[0].startswith("S*    0.0.0.0/0")
    assert all(line.startswith("S") for line in said["route"].splitlines())


def test_lines_sent_without_waiting_all_arrive(said):
    assert said["set"].count("P(config)#access-list 150 permit") == 100
    assert "%" not in said["set"]
    for number in range(1, 101):
        assert f"access-list 150 permit ip host 10.9.9.{number} host 10.8.8.8" in said["running"]
    assert " description by a tool" in said["running"]


def test_a_refusal_is_seen_as_one(said):
    assert "% Invalid input detected at '^' marker." in said["wrong"]


def test_running_configuration_has_no_pager_in_it(said):
    assert "More" not in said["running"]
    assert said["running"].startswith("Building configuration...")
    assert said["running"].rstrip().endswith("\nend")


def test_save_and_keepalive(said):
    assert "[OK]" in said["save"]
    assert said["alive"] is True
