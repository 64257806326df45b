/*
 * Lines of a router's configuration about things that are done elsewhere on this system: by the kernel, FRR, nftables,
 * tc, the system's own services. What loses nothing is kept and written back (a block as it stands); what somebody would
 * miss is refused with a word about where it belongs.
 */
#include "cli/grammar.h"

#define KEPT(section, syntax_, help_)                                                                        \
	{                                                                                                    \
		.modes = IN(CONFIG), .syntax = syntax_, .help = help_, .rank = section,                      \
		.flags = CLI_KEPT | CLI_KEPT_NO | CLI_HIDDEN                                                 \
	}
#define BLOCK(section, syntax_, help_)                                                                       \
	{                                                                                                    \
		.modes = IN(CONFIG), .syntax = syntax_, .help = help_, .rank = section,                      \
		.flags = CLI_KEPT | CLI_HIDDEN, .opens = MODE_BLOCK                                          \
	}
#define ON_INTERFACE(syntax_, help_)                                                                         \
	{                                                                                                    \
		.modes = IN(INTERFACE), .syntax = syntax_, .help = help_, .rank = 71,                        \
		.flags = CLI_KEPT | CLI_KEPT_NO | CLI_HIDDEN                                                 \
	}
#define IN_LINE(syntax_, help_)                                                                              \
	{                                                                                                    \
		.modes = IN(LINE), .syntax = syntax_, .help = help_, .rank = 30,                             \
		.flags = CLI_KEPT | CLI_KEPT_NO | CLI_HIDDEN                                                 \
	}
#define REFUSED(mode, syntax_, text)                                                                         \
	{                                                                                                    \
		.modes = IN(mode), .syntax = syntax_, .flags = CLI_HIDDEN, .refuse = text                    \
	}

#define NAT "NAT is not configured here: use nftables. A crypto map sees packets after it"
#define QOS "QoS is not configured here: use tc"
#define ACCESS                                                                                               \
	"Packets are filtered by nftables, not here; what a crypto map protects is guarded without a line"
#define TUNNELS "Tunnel interfaces are not available: crypto maps are"
#define ROUTING "Routing protocols are configured in FRR or BIRD, which take the injected routes over"
#define GROUPS	"Object groups are not available: write the access list's lines out"

static const struct cli_row rows[] = {
	/* Definitions and settings without which nothing is missing here. */
	BLOCK(252, "redundancy", "Redundancy of the platform (without effect)"),
	KEPT(255, "boot LINE/200", "Modify system boot parameters|Parameters"),
	BLOCK(401, "aaa group LINE/100", "|Server group|Parameters"),
	KEPT(412, "{memory-size|memory} LINE/100", "Memory|Memory|Parameters"),
	KEPT(413, "resource policy", "Resources|Policy"),
	KEPT(414, "multilink LINE/100", "Multilink|Parameters"),
	KEPT(415, "ip dhcp use LINE/100", "|DHCP|Use|Parameters"),
	KEPT(416, "subscriber LINE/100", "Subscribers|Parameters"),
	KEPT(417, "{license|platform|diagnostic|card|hw-module|facility-alarm} LINE/200",
		"License|Platform|Diagnostics|Card|Hardware|Alarms|Parameters"),
	KEPT(418, "{spanning-tree|vtp|mls|vlan} LINE/200",
		"Spanning tree|VLAN trunking|Multilayer switching|VLANs|Parameters"),
	BLOCK(419, "call-home", "Call home"),
	BLOCK(421, "archive", "Archive the configuration"),
	KEPT(422, "{alias|privilege|scheduler|process|exception|security} LINE/200",
		"Command alias|Command privilege|Scheduler|Processes|Exceptions|Security|Parameters"),
	KEPT(423, "login {block-for|delay|on-success|on-failure|quiet-mode} [LINE/200]",
		"Login|Block after failures|Delay|Log successes|Log failures|Quiet mode|Parameters"),
	KEPT(432, "ip {ftp|tftp|telnet|rcmd|options|gratuitous-arps} [LINE/200]",
		"|FTP|TFTP|Telnet|Remote commands|IP options|Gratuitous ARP|Parameters"),
	KEPT(433,
		"ip tcp {synwait-time|path-mtu-discovery|window-size|selective-ack|ecn|mss|queuemax} "
		"[LINE/60]",
		"|TCP|Wait for SYN|Path MTU discovery|Window|Selective acknowledgement|ECN|MSS of own "
		"connections|Queue|Parameters"),
	KEPT(434, "ip icmp rate-limit LINE/60", "|ICMP|Rate limit|Parameters"),
	KEPT(435, "ip {flow-export|flow-cache|flow-top-talkers} [LINE/200]",
		"|Flow export|Flow cache|Top talkers|Parameters"),
	BLOCK(436, "{flow|sampler} LINE/200", "Flow record, exporter or monitor|Sampler|Parameters"),
	KEPT(437,
		"ip {http|tacacs|radius|sftp} {client|source-interface|access-class|authentication|"
		"max-connections|path|port|secure-port|timeout-policy|vrf|secure-client-auth} [LINE/100]",
		"|HTTP|TACACS+|RADIUS|SFTP|Client|Source "
		"interface|Filter|Authentication|Connections|Path|Port|Port|"
		"Timeouts|VRF|Client authentication|Parameters"),
	KEPT(438,
		"logging {message-counter|count|userinfo|exception|queue-limit|rate-limit|discriminator|on} "
		"[LINE/100]",
		"|Counter|Count|User|Exceptions|Queue|Rate|Discriminator|On|Parameters"),
	KEPT(439, "dot11 LINE/100", "Wireless|Parameters"),
	BLOCK(450, "class-map LINE/200", "QoS class map (without effect)|Parameters"),
	BLOCK(451, "policy-map LINE/200", "QoS policy map (without effect)|Parameters"),
	BLOCK(460, "ip sla <1-2147483647>", "|IP Service Level Agreement (without effect)|Entry number"),
	KEPT(461, "ip sla {schedule|responder|logging|reaction-configuration|auto|enable} [LINE/200]",
		"||Schedule|Responder|Logging|Reaction|Auto|Enable|Parameters"),
	BLOCK(462, "event manager LINE/200", "Event manager (without effect)|Manager|Parameters"),
	KEPT(1610, "ip {prefix-list|as-path|community-list|bgp-community} LINE/200",
		"|Prefix list (without effect)|AS path list|Community list|Community format|Parameters"),
	KEPT(1702, "{tacacs-server|radius-server} LINE/200",
		"TACACS+ (without effect)|RADIUS (without effect)|Parameters"),
	BLOCK(1703, "{tacacs|radius} server WORD/63", "TACACS+|RADIUS|Server (without effect)|Name"),
	BLOCK(1705, "control-plane [LINE/60]", "Control plane|Parameters"),
	{.modes = IN(BLOCK),
		.syntax = "LINE/2000",
		.help = "A line of the block, indented",
		.rank = 10,
		.flags = CLI_KEPT | CLI_KEPT_NO},

	ON_INTERFACE("encapsulation dot1Q ; <1-4094> [native]",
		"Encapsulation (the network device has the tag)|IEEE 802.1Q|VLAN|Native"),
	ON_INTERFACE("mop {enabled|sysid}", "DEC MOP|Enable|System id"),
	ON_INTERFACE("ip {nbar|flow|accounting} [LINE/100]", "|NBAR|Flow accounting|Accounting|Parameters"),
	ON_INTERFACE("ip route-cache {flow|same-interface|cef|policy}", "||Flow|Same interface|CEF|Policy"),
	ON_INTERFACE(
		"ip virtual-reassembly {in|out|max-reassemblies} [LINE/60]", "||In|Out|Limit|Parameters"),
	/* Words that begin global lines, too, are taken with what only an interface has. */
	ON_INTERFACE("{carrier-delay|hold-queue|fair-queue|tx-ring-limit|delay|switchport|udld|storm-control}"
		     " [LINE/100]",
		"Carrier delay|Hold queue|Fair queueing|Transmit ring|Delay|Switch port (without "
		"effect)|UDLD|Storm control|Parameters"),
	ON_INTERFACE("{arp timeout|snmp trap|logging event|ntp disable} [LINE/100]",
		"ARP|Timeout|SNMP|Traps|Logging|Events|NTP|Off|Parameters"),
	ON_INTERFACE("{spanning-tree portfast|spanning-tree bpduguard|mls qos trust} [LINE/100]",
		"Spanning tree|Port fast||BPDU guard|Multilayer switching|QoS|Trust|Parameters"),

	IN_LINE("access-class LINE/60", "Filter connections (without effect)|Parameters"),
	IN_LINE("{history|activation-character|escape-character|notify|rotary|modem|flowcontrol|databits|"
		"parity|"
		"authorization|accounting|absolute-timeout|autocommand|motd-banner|exec-banner|location} "
		"[LINE/100]",
		"Command history|Activation|Escape|Notify|Rotary|Modem|Flow control|Data "
		"bits|Parity|Authorization|"
		"Accounting|Timeout|Command|Banner|Banner|Location|Parameters"),
	IN_LINE("ipv6 access-class LINE/60", "IPv6|Filter connections (without effect)|Parameters"),

	/* What would be missed. */
	REFUSED(CONFIG, "ip nat LINE", NAT),
	REFUSED(INTERFACE, "ip nat LINE", NAT),
	REFUSED(CONFIG, "object-group LINE", GROUPS),
	REFUSED(CONFIG, "time-range LINE", "Time ranges are not available"),
	REFUSED(CONFIG, "ip route A.B.C.D A.B.C.D {Null0|null 0} [LINE]",
		"Routes to Null0 are not available: FRR and BIRD would announce them"),
	REFUSED(INTERFACE, "ip mtu <68-65535>", "The MTU is the network device's own: set it there"),
	REFUSED(CONFIG, "ip route vrf LINE", "VRFs are not available: there is one routing table"),
	REFUSED(CRYPTO_MAP, "{qos|dialer} pre-classify", QOS),
	REFUSED(CONFIG, "ip dhcp {pool|excluded-address|relay|snooping|ping|database|binding} [LINE]",
		"DHCP is not served here"),
	REFUSED(INTERFACE, "ip helper-address LINE", "DHCP is not relayed here"),
	REFUSED(INTERFACE, "ip {access-group|inspect|verify|ips} LINE", ACCESS),
	REFUSED(INTERFACE, "zone-member LINE", ACCESS),
	REFUSED(INTERFACE, "{channel-group|lacp} LINE",
		"Bundles are the network device's own: make them there"),
	REFUSED(INTERFACE, "bfd LINE",
		"BFD is not available here: FRR and BIRD have it for their own neighbours"),
	REFUSED(CONFIG, "{zone|zone-pair|ip inspect|ip ips|parameter-map} LINE", ACCESS),
	REFUSED(INTERFACE, "{service-policy|traffic-shape|rate-limit|priority-group|random-detect} [LINE]",
		QOS),
	REFUSED(INTERFACE,
		"ip {ospf|eigrp|rip|pim|igmp|summary-address|hello-interval|hold-time|bandwidth-percent|"
		"authentication|policy|split-horizon|next-hop-self} [LINE]",
		ROUTING),
	REFUSED(INTERFACE, "{tunnel|ip nhrp|ip unnumbered} LINE", TUNNELS),
	REFUSED(CONFIG, "ip {multicast-routing|pim|msdp|local} [LINE]", ROUTING),
	REFUSED(CONFIG, "crypto ikev2 {authorization|name-mangler|client|redirect|cluster} LINE",
		"FlexVPN is not available: proposal, policy, keyring, profile and dpd are"),
	REFUSED(IKEV2_PROFILE, "{aaa|virtual-template|pki|ivrf|config-exchange|config-mode} LINE",
		"FlexVPN and certificates are not available: match, identity, authentication, keyring, "
		"lifetime "
		"and dpd are"),
};
CLI_TABLE(cli_table_foreign, rows);
