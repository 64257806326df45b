#!/usr/bin/python3
"""What tools demand of show outputs, beyond the golden files' own bytes.

check_show.py GOLDEN_SHOW DIR: JSON of every view in every scene is valid and says which facts are missing; the texts pass
line grammars as strict as those of the parsers in use, which stop at the first line they do not know.
Ends with "N passed, N failed".
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

IP = r"\d+\.\d+\.\d+\.\d+"
IP6 = r"[0-9A-F]*:[0-9A-F:]+"     # in capitals, as IOS prints it
MAC = r"[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}"
AGE = r"(never|\d\d:\d\d:\d\d|\d+d\d\dh|\d+w\dd|\d+y\d+w)"
TIME = r"\d+ m?sec( \(cfgd \d+ m?sec\))?"
ROUTER = rf"(local|unknown|({IP}|{IP6}), priority \d+( \(expires in \d+\.\d{{3}} sec\))?)"
ROLE = "(Disabled|Init|Learn|Listen|Speak|Standby|Active)"

# Every line of an output must match one of these, to its end.
STANDBY = [
    r"\S+ - Group \d+( \(version 2\))?",
    rf"  State is {ROLE}( \([^()]+\))?",
    rf"    \d+ state changes?, last state change {AGE}",
    rf"  Virtual IP address is ({IP}|unknown)( \(learnt\))?",
    rf"    Secondary virtual IP address {IP}",
    rf"  Link-Local Virtual IPv6 address is {IP6} \((conf auto EUI64|impl auto EUI64|conf|learnt)\)",
    rf"    Virtual IPv6 address {IP6}/\d+",
    rf"  Active virtual MAC address is ({MAC} \(MAC (Not )?In Use\)|unknown)",
    rf"    Local virtual MAC address is {MAC} \((v1 default|v2 default|v2 IPv6 default|bia|cfgd)\)",
    rf"  Hello time {TIME}, hold time {TIME}",
    r"    Next hello sent in \d+\.\d{3} secs",
    r'  Authentication (text, string "\*{8}"|MD5, key-string|MD5, key-chain "[^"]+")',
    r"  Preemption (disabled|enabled(, delay( (min|reload|sync) \d+ secs,?)+)?)",
    rf"  Active router is {ROUTER}",
    rf"    MAC address is {MAC}",
    rf"  Standby router is {ROUTER}",
    r"  Priority \d+ \((default|configured) \d+\)",
    r"    Track object \d+ (\(unknown\)|state (Up|Down)( decrement \d+| shutdown)?)",
    r"    Track interface \S+ state (Up|Down) decrement \d+",
    r'  Group name is "\S+" \((cfgd|default)\)',
    r"  Gratuitous ARP \d+ sent(, next sent in \d+\.\d{3} secs)?",
    r"  HSRP ICMP redirects disabled",
    r"  MAC refresh \d+ secs \(next refresh \d+ secs\)",
    r'  Following "\S+"',
]
STANDBY_BRIEF = [
    r" {21}P indicates configured to preempt\.",
    r" {21}\|",
    r"Interface   Grp  Pri P State   Active          Standby         Virtual IP",
    rf"\S+ +\d+ +\d+ +[P ] {ROLE} +\S+ +\S+( +\S+)?",
    rf" {{63}}{IP6}",
]
NEIGHBORS = [
    r"HSRP neighbors on \S+", rf"  ({IP}|[0-9A-F:]+)",
    r"    (No (active|standby) groups|(Active|Standby) groups: \d+(, \d+)*)",
]
DELAY = [r"Interface {10}Minimum Reload ", r"\S+ +\d+ +\d+ +"]
INTERNAL = [
    r"HSRP (common|IPv4|IPv6) process( not)? running", r"  MsgQ size \d+, max \d+", r"HSRP Timer wheel running",
    r"HSRP HA capable, v3 to v4 transform disabled", r"", r"HSRP virtual IP(v6)? Hash Table \(global\)",
    rf"\d+ +({IP}|[0-9A-F:]+) +\S+ +Grp \d+", r"HSRP MAC Address Table", rf"\d+ +\S+ {MAC}", r"    \S+ Grp \d+",
    r"HSRP statistics for \S+", r"  Packets sent: \d+, received: \d+", r"  Invalid packets received:", r"    [A-Z][A-Za-z/ ]+: \d+",
]
MOMENT = r"(always valid|infinite|\d+ seconds|\d\d:\d\d:\d\d (UTC|local) [A-Z][a-z]{2} \d+ \d{4})"
KEY_CHAIN = [
    r"Key-chain \S+:",
    r'    key \d+ -- text "(\*{8}|\(unset\))"',
    rf"        (accept|send) lifetime \({MOMENT}\) - \({MOMENT}\)( \[valid now\])?",
]
SESSION_DETAIL = [
    r"", r"Crypto session current status", r"Code: .*", r"[KXRS] - .*",
    r"Interface: \S+", r"Profile: \S+", rf"Uptime: {AGE}",
    r"Session status: (UP-ACTIVE|UP-IDLE|UP-NO-IKE|DOWN|DOWN-NEGOTIATING) *",
    rf"Peer: {IP} port \d+ fvrf: \(none\) ivrf: \(none\)",
    r"      (Desc|Phase1_id): \S+",
    r"  Session ID: \d+  ",
    rf"  IKEv[12] SA: local {IP}/\d+ remote {IP}/\d+ (Active|Inactive) ",
    r"          Capabilities:(\(none\)|[DNXK]+) connid:\d+ lifetime:(0|\d\d:\d\d:\d\d)",
    rf"  IPSEC FLOW: permit \S+ (host {IP} host {IP}|{IP}/{IP} {IP}/{IP}) ",
    r"        Active SAs: \d+, origin: (dynamic )?crypto map",
    r"        (Inbound: |Outbound:) #pkts (dec|enc)'ed \d+ drop 0 life \(KB/Sec\) (\d+|KB Vol Rekey Disabled)/\d+",
]
IDENT = rf"\({IP}/{IP}/\d+/\d+\)"
IPSEC_SA = [
    r"", r"interface: \S+", rf"    Crypto map tag: \S+, local addr {IP}", r"   protected vrf: \(none\)",
    rf"   (local |remote) ident \(addr/mask/prot/port\): {IDENT}", rf"   current_peer {IP} port \d+",
    r"     PERMIT, flags=\{(origin_is_acl,)?\}",
    r"    #pkts encaps: \d+, #pkts encrypt: \d+, #pkts digest: \d+",
    r"    #pkts decaps: \d+, #pkts decrypt: \d+, #pkts verify: \d+",
    r"    #pkts compressed: 0, #pkts decompressed: 0", r"    #pkts not compressed: 0, #pkts compr\. failed: 0",
    r"    #pkts not decompressed: 0, #pkts decompress failed: 0", r"    #send errors \d+, #recv errors \d+",
    rf"     local crypto endpt\.: {IP}, remote crypto endpt\.: {IP}",
    r"     plaintext mtu \d+, path mtu \d+, ip mtu \d+, ip mtu idb \S+",
    r"     current outbound spi: 0x[0-9A-F]+\(\d+\)", r"     PFS \(Y/N\): [YN], DH group: (none|group\d+)",
    r"     (inbound|outbound) (esp|ah|pcp) sas:", r"      spi: 0x[0-9A-F]+\(\d+\)",
    r"        transform: \S+ (\S+ )?,", r"        in use settings =\{(Tunnel|Transport)( UDP-Encaps)?, \}",
    r"        conn id: \d+, flow_id: SW:\d+, sibling_flags [0-9A-F]+, crypto map: \S+",
    r"        sa timing: remaining key lifetime \(k/sec\): \(\d+/\d+\)",
    r"        sa timing: remaining key lifetime \(sec\): \d+", r"        Kilobyte Volume Rekey has been disabled",
    r"        IV size: \d+ bytes", r"        replay detection support: [YN]", r"        Status: ACTIVE\(ACTIVE\)",
]
ENGINE = [
    r"", r"Crypto Engine Connections", r"   ID  Type    Algorithm           Encrypt  Decrypt LastSeqN IP-Address",
    rf" *\d+  (IPsec|IKE)  +\S+ +\d+ +\d+ +\d+ {IP}",
]
IKEV2_SESSION = [
    r"", r" IPv[46] Crypto IKEv2 Session ",
    r"Session-id:\d+, Status:(UP-ACTIVE|UP-IDLE|DOWN-NEGOTIATING), IKE count:1, CHILD count:\d+",
    r"Tunnel-id Local {17}Remote {16}fvrf/ivrf {12}Status ",
    rf"\d+ +{IP}/\d+ +{IP}/\d+ +none/none +(READY|DELETE|IN-NEG) ",
    r"      Encr: \S+, keysize: \d+, PRF: \S+, Hash: \S+, DH Grp:\d+, Auth sign: PSK, Auth verify: PSK",
    r"      Life/Active Time: \d+/\d+ sec",
    rf"(Child sa: local selector  |          remote selector ){IP}/\d+ - {IP}/\d+",
    r"          ESP spi in/out: 0x[0-9A-F]+/0x[0-9A-F]+  ",
]
KEYS = [r"", r"Keyring      Hostname/Address {28}Preshared Key", r"default +\S+( +\[\S+ *\])? +\*{8}"]
INTERFACES = [
    r"Interface {18}IP-Address {6}OK\? Method Status {16}Protocol",
    rf"\S+ +({IP}|unassigned) +YES \w+ +(up|down|administratively down) +(up|down)",
]
UP = r"(up|down|administratively down)"
DEVICES = [
    rf"\S+ is {UP}, line protocol is (up|down) ", rf"  Hardware is [\w ]+(, address is {MAC} \(bia {MAC}\))?",
    r"  Description: .+", rf"  Internet address is {IP}/\d+", r"  MTU \d+ bytes, BW \d+ Kbit/sec, DLY \d+ usec, ",
    r"     reliability 255/255, txload 1/255, rxload 1/255",
    r"  Encapsulation (ARPA, loopback not set|802\.1Q Virtual LAN, Vlan ID  \d+\.)", r"  Keepalive not supported ",
    r"  Auto Duplex, Auto Speed, link type is auto, media type is unknown media type",
    r'  Last clearing of "show interface" counters never',
    r"  Input queue: 0/0/\d+/0 \(size/max/drops/flushes\); Total output drops: \d+",
    r"  Queueing strategy: \S+", r"  Output queue: 0/\d+ \(size/max\)",
    r"     \d+ packets (input|output), \d+ bytes, \d+ (no buffer|underruns)",
    r"     Received \d+ broadcasts \(\d+ IP multicasts\)", r"     \d+ runts, \d+ giants, \d+ throttles ",
    r"     \d+ input errors, \d+ CRC, \d+ frame, \d+ overrun, \d+ ignored",
    r"     \d+ watchdog, \d+ multicast, \d+ pause input",
    r"     \d+ output errors, \d+ collisions, \d+ interface resets", r"     \d+ unknown protocol drops",
    r"     \d+ babbles, \d+ late collision, \d+ deferred",
    r"     \d+ lost carrier, \d+ no carrier, \d+ pause output",
    r"     \d+ output buffer failures, \d+ output buffers swapped out",
]
IP_INTERFACE = [
    rf"\S+ is {UP}, line protocol is (up|down)", rf"  Internet address is {IP}/\d+",
    r"  Internet protocol processing disabled", rf"  Broadcast address is {IP}",
    r"  Address determined by (non-volatile memory|setup command)", r"  MTU is \d+ bytes",
    r"  Helper address is not set", r"  Directed broadcast forwarding is disabled", rf"  Secondary address {IP}/\d+",
    r"  Multicast reserved groups joined: 224\.0\.0\.(2|102)", r"  (Outgoing|Inbound ) access list is not set",
]
ARP = [
    r"Protocol  Address {10}Age \(min\)  Hardware Addr   Type   Interface",
    rf"Internet  {IP} +(-|\d+)   {MAC}  ARPA   \S+", rf"Internet  {IP} +0   Incomplete      ARPA   ",
]
TRACK_TABLE = [rf" ip route {IP} {IP}( \S+)?( {IP})?( \d+)?( name \S+)? track \d+ state is \[(up|down)\]"]
CAPABILITY = [
    r"hotswan {39}\* indicates hardware may support HSRP", r" {46}\|",
    r"Interface {10}Type {23}H  Potential Max Groups per subin",
    r"\S+ +\d+ +\S.{22}(\*  \d+ +\(0x[0-9A-F]+, 0x[0-9A-F]+\)|   -   )",
]
ACL = [
    r"Extended IP access list \S+",
    rf"    \d+ (permit|deny) \S+( (any|host {IP}|{IP} {IP})( (eq|neq|lt|gt) \S+| range \S+ \S+)?){{2}}"
    r"( [a-z-]+)?( established)?( log)?( \(1 match\)| \(\d+ matches\))?",
]
ROUTE = [
    r"Codes: .*", r"       \S.*", "",
    rf"Gateway of last resort is (not set|{IP} to network 0\.0\.0\.0)",
    rf"      {IP}/\d+ is (variably subnetted, \d+ subnets, \d+ masks|subnetted, \d+ subnets)",
    rf"[A-Za-z][ *] +{IP}(/\d+)? (is directly connected, \S+|\[\d+/\d+\] via {IP}(, {AGE})?(, [A-Za-z]\S*)?)",
    rf" +\[\d+/\d+\] via {IP}(, {AGE})?(, [A-Za-z]\S*)?",
]

GRAMMARS = {
    "standby_active": STANDBY, "standby_down": STANDBY, "standby_standby": STANDBY, "standby_version2_all": STANDBY,
    "standby_interface": STANDBY, "standby_tracks": STANDBY, "standby_split": STANDBY, "standby_brief_active": STANDBY_BRIEF, "standby_brief_standby": STANDBY_BRIEF,
    "standby_more": STANDBY, "standby_ipv6": STANDBY, "standby_brief_ipv6": STANDBY_BRIEF, "key_chain": KEY_CHAIN, "key_chain_one": KEY_CHAIN,
    "standby_neighbors": NEIGHBORS, "standby_delay": DELAY, "standby_internal": INTERNAL,
    "standby_brief_headend": STANDBY_BRIEF, "session_active_detail": SESSION_DETAIL,
    "session_standby_detail": SESSION_DETAIL, "session_headend_detail": SESSION_DETAIL,
    "ip_interface_brief": INTERFACES, "access_lists": ACL, "ip_route_active": ROUTE, "ip_route_headend": ROUTE,
    "ip_route_standby": ROUTE, "session_remote_detail": SESSION_DETAIL,
    "ipsec_sa_active": IPSEC_SA, "ipsec_sa_headend": IPSEC_SA, "ipsec_sa_idle": IPSEC_SA,
    "interfaces": DEVICES, "interfaces_one": DEVICES, "interfaces_down": DEVICES, "ip_interface": IP_INTERFACE,
    "ip_interface_version2": IP_INTERFACE, "arp": ARP, "arp_one": ARP, "ip_route_track_table": TRACK_TABLE,
    "standby_capability": CAPABILITY, "engine_connections": ENGINE, "ikev2_session": IKEV2_SESSION, "isakmp_key": KEYS,
}

# Where these appear anywhere in a reply, automation takes it for a failed command.
FAILURE_WORDS = re.compile(
    r"not found|denied|sorry|invalid input|incomplete command|ambiguous command|connection timed out|% ?Error|Bad mask"
    r"|returned error code|ERROR:", re.I)
# A line of one word that ends so is taken for the prompt, and ends the command early.
PROMPT = re.compile(r"^[\w.@()-]+[#>]\s?$", re.M)

failures = []
passed = 0


def check(name, condition, what=""):
    global passed
    if condition:
        passed += 1
    else:
        failures.append(f"{name}: {what}")


def check_grammar(name, text, grammar):
    for number, line in enumerate(text.splitlines(), 1):
        if not any(re.fullmatch(g, line) for g in grammar):
            check(name, False, f"line {number} would stop a parser: {line!r}")
            return
    check(name, True)


def check_crypto_map(name, text):
    """Behind the heading, a line of one word is an interface; everything else must hold a blank."""
    heading = re.compile(r"^\tInterfaces using crypto map (\S+):$")
    inside = False
    for line in text.splitlines():
        if heading.match(line):
            inside = True
        elif not line.startswith("\t\t"):
            inside = False
        elif inside:
            word = line.strip()
            check(name, re.fullmatch(r"[A-Za-z]+[\d/.]+", word) or " " in word, f"read as an interface: {line!r}")
    for entry in re.split(r"(?m)^(?=Crypto Map)", text):
        if entry.startswith("Crypto Map") and "Dynamic map template tag" not in entry:
            check(name, "\tAccess-List SS dynamic: False\n" in entry, "a key that parsers insist on is missing")


def check_json(program, directory):
    with tempfile.TemporaryDirectory() as tmp:
        path = pathlib.Path(tmp) / "all.json"
        subprocess.run([program, directory, "--json", str(path)], check=True)
        lines = path.read_bytes().decode("utf-8").split("\n")[:-1]
    views = set()
    for number, line in enumerate(lines):
        document = json.loads(line)
        views.add(document["view"])
        check(f"json {number}", isinstance(document["entries"], list) and isinstance(document["missing"], list), line[:80])
        check(f"json {number}", "s3cret" not in line, "a secret")
    check("json", len(views) >= 28 and len(lines) % len(views) == 0, f"{len(lines)} documents, {len(views)} views")


def main():
    program, directory = sys.argv[1], sys.argv[2]
    check_json(program, directory)
    for path in sorted(pathlib.Path(directory).glob("*.txt")):
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        check(path.stem, not FAILURE_WORDS.search(text), "a word that tools take for a failure")
        check(path.stem, not PROMPT.search(text), "a line that looks like a prompt")
        check(path.stem, "s3cret" not in text, "a secret")
        if path.stem in GRAMMARS:
            check_grammar(path.stem, text, GRAMMARS[path.stem])
        if path.stem.startswith("crypto_map"):
            check_crypto_map(path.stem, text)
        if path.stem.startswith("isakmp_sa") and "silent" not in path.stem and "count" not in path.stem:
            check(path.stem, "IPv4 Crypto ISAKMP SA\n" in text and "IPv6 Crypto ISAKMP SA\n" in text, "both headings")
        if path.stem.startswith("version"):
            check(path.stem, len(re.findall(" uptime is ", text)) == 1, "one line only may say so")
    for failure in failures:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
