/*
 * Lines without effect here that configurations of routers and their tools bring along. They are kept, written back in
 * their place, and can be taken away again, so that a pasted configuration gives no error and compares equal.
 */
#include "cli/grammar.h"

#define KEPT(section, syntax_, help_)                                                                        \
	{                                                                                                    \
		.modes = IN(CONFIG), .syntax = syntax_, .help = help_, .rank = section, .flags = CLI_KEPT    \
	}
/* On by default: the `no` form is what is kept. */
#define KEPT_NO(section, syntax_, help_)                                                                     \
	{                                                                                                    \
		.modes = IN(CONFIG), .syntax = syntax_, .help = help_, .rank = section,                      \
		.flags = CLI_KEPT | CLI_KEPT_NO                                                              \
	}
#define KEPT_ON(section, syntax_, help_)                                                                     \
	{                                                                                                    \
		.modes = IN(CONFIG), .syntax = syntax_, .help = help_, .rank = section,                      \
		.flags = CLI_KEPT | CLI_KEPT_NO | CLI_KEPT_ON                                                \
	}
#define IN_LINE(rank_, syntax_, help_)                                                                       \
	{                                                                                                    \
		.modes = IN(LINE), .syntax = syntax_, .help = help_, .rank = rank_,                          \
		.flags = CLI_KEPT | CLI_KEPT_NO                                                              \
	}
#define ON_INTERFACE(syntax_, help_)                                                                         \
	{                                                                                                    \
		.modes = IN(INTERFACE), .syntax = syntax_, .help = help_, .rank = 70,                        \
		.flags = CLI_KEPT | CLI_KEPT_NO                                                              \
	}

static const struct cli_row rows[] = {
	KEPT_NO(100,
		"service {pad|password-encryption|tcp-keepalives-in|tcp-keepalives-out|dhcp|config|call-home|"
		"compress-config|sequence-numbers}",
		"Modify use of network based services|PAD commands|Encrypt system passwords|"
		"Keepalives on idle incoming connections|Keepalives on idle outgoing connections|DHCP server "
		"and relay|"
		"TFTP load config files|Call-home service|Compress the configuration file|Number log "
		"messages"),
	KEPT_NO(101, "service timestamps {debug|log} ; [LINE/60]",
		"|Timestamp debug and log messages|Timestamp debug messages|Timestamp log messages|Format"),
	KEPT_NO(110, "file prompt ; {quiet|noisy|alert}",
		"File system commands|Amount of prompting|No questions|All questions|Questions before harm"),
	KEPT_NO(250, "boot-start-marker", "Start of boot commands"),
	KEPT_NO(251, "boot-end-marker", "End of boot commands"),
	KEPT_ON(300, "logging {console|monitor|buffered} ; [LINE/60]",
		"Modify message logging facilities|Console logging|Terminal line logging|Logging "
		"buffer|Parameters"),
	KEPT_NO(400, "aaa LINE/200", "Authentication, Authorization and Accounting|Parameters"),
	KEPT(410, "clock timezone ; LINE/60",
		"Configure time-of-day clock|Time zone|Name and offset from UTC"),
	KEPT(411, "clock summer-time ; LINE/100", "|Summer time|Parameters"),
	KEPT_NO(420,
		"ip {cef|subnet-zero|source-route|classless|bootp server|domain lookup|domain-lookup|finger}",
		"|Cisco Express Forwarding|Subnet zero|Source routing|Classless "
		"forwarding|BOOTP|server|Domain names|"
		"Look names up|Look names up|Finger server"),
	KEPT_NO(421, "ip domain lookup source-interface LINE/60", "||||Source address of look-ups|Interface"),
	KEPT_NO(422, "ipv6 cef [LINE/40]",
		"Global IPv6 configuration commands|Cisco Express Forwarding|Parameters"),
	KEPT(430, "ip {domain name|domain-name} ; WORD/100", "||Default domain|Default domain|Domain name"),
	KEPT(431, "ip name-server LINE/200", "|Address of name server|Addresses"),
	KEPT(500, "username WORD/63 ; LINE/300", "Establish user name|User name|Parameters"),
	KEPT(520, "ip ssh LINE/200", "|SSH options|Parameters"),
	KEPT(899, "crypto logging {session|ikev2}",
		"|Security log events|Log up/down events of sessions|IKEv2 log events"),
	KEPT(898, "crypto call admission LINE/60", "|Limits of calls|Admission|Parameters"),
	KEPT(922, "crypto isakmp fragmentation", "|ISAKMP|Fragment IKE messages (always on)"),
	KEPT(923, "crypto isakmp aggressive-mode disable", "||ISAKMP aggressive mode|Disable (never used)"),
	KEPT_NO(845,
		"crypto ikev2 "
		"{fragmentation|cookie-challenge|http-url|limit|window|diagnose|certificate-cache} "
		"[LINE/60]",
		"|IKEv2|Fragmentation (always on)|Cookies (charon decides)|HTTP URL|Limits|Window|Diagnose|"
		"Certificates|Parameters"),
	KEPT(1091, "crypto ipsec fragmentation ; {after-encryption|before-encryption}",
		"|IPsec|Handling of fragmentation of near-MTU sized packets|Fragment after encryption|"
		"Fragment before encryption"),
	KEPT_NO(1400, "ip {http server|http secure-server|forward-protocol nd|scp server enable}",
		"|HTTP server|Enable http server|HTTP server|Enable https server|Forwarded protocols|Network "
		"disk|"
		"SCP|server|Enable"),
	KEPT(1420, "logging {host|trap|facility|source-interface|origin-id|buffered-size} ; LINE/100",
		"|Syslog server|Level of the syslog server|Facility|Source address|Origin of "
		"messages|Size|Parameters"),
	KEPT(1421, "logging A.B.C.D", "|IP address of the syslog server"),
	KEPT(1700, "snmp-server LINE/200", "Modify SNMP engine parameters|Parameters"),
	KEPT_NO(1710, "{cdp|lldp} run", "CDP|LLDP|Enable"),
	{.modes = IN(CONFIG),
		.syntax = "banner {motd|login|exec} ; LINE/4000",
		.help = "Define a login banner|Message of the day|Login banner|Exec banner|"
			"c banner-text c, where 'c' is a delimiting character",
		.rank = 1800,
		.flags = CLI_KEPT},
	{.modes = IN(CONFIG),
		.syntax = "line {con|console~con|vty|aux} <0-1869> [<1-1869>]",
		.help = "Configure a terminal line|Primary terminal line|Primary terminal line|Virtual "
			"terminal|"
			"Auxiliary line|First Line number|Last Line number",
		.rank = 1900,
		.flags = CLI_KEPT,
		.opens = MODE_LINE},
	KEPT(2000, "ntp LINE/200", "Configure NTP|Parameters"),

	IN_LINE(10, "exec-timeout ; <0-35791> [<0-2147483>]",
		"Set the EXEC timeout|Timeout in minutes|Timeout in seconds"),
	IN_LINE(11, "session-timeout ; <0-35791>", "Set interval for closing connection|Minutes"),
	IN_LINE(12, "privilege level ; <0-15>",
		"Change privilege level for line|Default privilege level|Level"),
	IN_LINE(13, "logging synchronous", "Modify message logging facilities|Synchronized message output"),
	IN_LINE(14, "login ; [local|authentication WORD]",
		"Enable password checking|Local password checking|Authentication list|Name"),
	IN_LINE(15, "password ; LINE/100", "Set a password|The line password"),
	IN_LINE(16, "length ; <0-512>", "Set number of lines on a screen|Number of lines"),
	IN_LINE(17, "width ; <0-512>", "Set width of the display terminal|Number of characters"),
	IN_LINE(18, "transport {input|output|preferred} ; LINE/60",
		"Define transport protocols for line|Incoming|Outgoing|Preferred|Protocols"),
	IN_LINE(19, "stopbits ; <1-2>", "Set async line stop bits|Stop bits"),
	IN_LINE(20, "exec", "Start an EXEC process"),
	IN_LINE(21, "monitor", "Copy debug output to the terminal line"),

	ON_INTERFACE("duplex ; {auto|full|half}", "Configure duplex operation.|Automatic|Full|Half"),
	ON_INTERFACE("speed ; {auto|10|100|1000|10000}",
		"Configure speed operation.|Automatic|10|100|1000|10000 Mbps"),
	ON_INTERFACE("negotiation auto", "Select Autonegotiation mode|Automatic"),
	ON_INTERFACE("media-type ; WORD/20", "Interface media type|Type"),
	ON_INTERFACE("{cdp|lldp} {enable|transmit|receive}", "CDP|LLDP|Enable|Transmit|Receive"),
	{.modes = IN(INTERFACE),
		.syntax = "ip {redirects|unreachables|proxy-arp|route-cache}",
		.rank = 70,
		.help = "|ICMP redirects|ICMP unreachables|Proxy ARP|Route cache",
		.flags = CLI_KEPT | CLI_KEPT_NO | CLI_KEPT_ON},
	ON_INTERFACE("ip {mask-reply|directed-broadcast|virtual-reassembly}",
		"|Mask replies|Directed broadcasts|Reassembly"),
	ON_INTERFACE("load-interval ; <30-600>", "Interval of load calculation|Seconds"),
	ON_INTERFACE("keepalive ; [<0-32767>]", "Enable keepalive|Seconds"),
	ON_INTERFACE("bandwidth ; <1-100000000>", "Set bandwidth informational parameter|Kilobits"),
};
CLI_TABLE(cli_table_kept, rows);
