/*
 * Every row of `standby`, `track`, `key chain` and `ip route` at its bounds: what is taken and how it is written back, and what is
 * refused, with the caret under the word that is wrong. Ranges: Cisco's YANG model of IOS XE 17.9 (standby), its command
 * reference (track, key chain).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* One line typed at an interface with an address. */
struct row {
	const char *before; /* lines typed first; NULL: none */
	const char *line;
	const char *
		says; /* NULL: taken. "^word": the caret is there; "$": at the last character; "?": incomplete; else the reply, without "% " */
	const char *
		prints; /* what the running configuration has then, beside the interface. "=": the line itself */
};

#define TAKEN(l)                                                                                             \
	{                                                                                                    \
		NULL, l, NULL, "="                                                                           \
	}
#define PRINTS(l, p)                                                                                         \
	{                                                                                                    \
		NULL, l, NULL, p                                                                             \
	}
#define AFTER(b, l, p)                                                                                       \
	{                                                                                                    \
		b, l, NULL, p                                                                                \
	}
#define WRONG(l, word)                                                                                       \
	{                                                                                                    \
		NULL, l, "^" word, NULL                                                                      \
	}
#define LONG(l)                                                                                              \
	{                                                                                                    \
		NULL, l, "$", NULL                                                                           \
	}
#define SHORT(l)                                                                                             \
	{                                                                                                    \
		NULL, l, "?", NULL                                                                           \
	}
#define SAYS(b, l, s)                                                                                        \
	{                                                                                                    \
		b, l, s, NULL                                                                                \
	}

#define KEY55  "0123456789012345678901234567890123456789012345678901234"
#define KEY64  KEY55 "567890123"
#define NAME63 "n23456789012345678901234567890123456789012345678901234567890123"

static const struct row interface_rows[] = {
	/* Versions */
	PRINTS("standby version 1", ""),
	TAKEN("standby version 2"),
	WRONG("standby version 0", "0"),
	WRONG("standby version 3", "3"),
	SHORT("standby version"),
	WRONG("standby version 2 2", "2"),
	AFTER("standby version 2", "standby version 1", ""),
	AFTER("standby version 2", "no standby version", ""),
	AFTER("standby version 2", "no standby version 2", ""),
	AFTER("standby version 2", "default standby version", ""),
	SAYS("standby version 2\nstandby 256 ip 10.0.0.3", "standby version 1",
		"Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS("standby version 2\nstandby 256 ip 10.0.0.3", "no standby version",
		"Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS("standby version 2\nstandby 1 ipv6 autoconfig", "standby version 1",
		"Group 1 needs HSRP version 2; version 1 is for IPv4 only"),

	/* Delays */
	TAKEN("standby delay minimum 1"),
	TAKEN("standby delay minimum 10000"),
	TAKEN("standby delay reload 1"),
	TAKEN("standby delay reload 10000"),
	TAKEN("standby delay minimum 10000 reload 10000"),
	PRINTS("standby delay minimum 0", ""),
	PRINTS("standby delay minimum 0 reload 0", ""),
	WRONG("standby delay minimum 10001", "10001"),
	WRONG("standby delay reload 10001", "10001"),
	WRONG("standby delay minimum 1 reload 10001", "10001"),
	SHORT("standby delay"),
	SHORT("standby delay minimum"),
	SHORT("standby delay minimum 1 reload"),
	WRONG("standby delay 1", "1"),
	AFTER("standby delay minimum 5 reload 6", "no standby delay", ""),
	AFTER("standby delay minimum 5 reload 6", "default standby delay", ""),

	/* MAC refresh */
	TAKEN("standby mac-refresh 1"),
	TAKEN("standby mac-refresh 0"),
	TAKEN("standby mac-refresh 255"),
	PRINTS("standby mac-refresh 10", ""),
	WRONG("standby mac-refresh 256", "256"),
	SHORT("standby mac-refresh"),
	AFTER("standby mac-refresh 20", "no standby mac-refresh", ""),

	/* Burned-in address */
	TAKEN("standby use-bia"),
	TAKEN("standby use-bia scope interface"),
	SHORT("standby use-bia scope"),
	WRONG("standby use-bia scope group", "group"),
	AFTER("standby use-bia", "no standby use-bia", ""),
	AFTER("standby use-bia scope interface", "no standby use-bia", ""),
	AFTER("standby use-bia scope interface", "standby use-bia", "standby use-bia"),
	SAYS("standby 1 mac-address 0200.0000.0001", "standby use-bia",
		"Group 1 of eth1 has a standby mac-address: remove that first"),

	/* Redirects */
	PRINTS("standby redirect", ""),
	PRINTS("no standby redirect", "no standby redirect"),
	AFTER("no standby redirect", "standby redirect", ""),
	AFTER("no standby redirect", "default standby redirect", ""),
	PRINTS("standby redirects", ""),
	PRINTS("standby redirects disable", "no standby redirect"),
	AFTER("standby redirects disable", "standby redirects enable", ""),
	PRINTS("no standby redirects", "no standby redirect"),
	PRINTS("standby redirect unknown", ""),
	PRINTS("no standby redirect unknown", "no standby redirect unknown"),
	AFTER("no standby redirect unknown", "standby redirect unknown", ""),
	TAKEN("standby redirect timers 10 30"),
	TAKEN("standby redirect timers 10 3600"),
	TAKEN("standby redirect timers 180 3600"),
	TAKEN("standby redirect timers 29 30"),
	WRONG("standby redirect timers 9 180", "9"),
	WRONG("standby redirect timers 181 3600", "181"),
	WRONG("standby redirect timers 10 29", "29"),
	WRONG("standby redirect timers 10 3601", "3601"),
	SHORT("standby redirect timers"),
	SHORT("standby redirect timers 10"),
	SAYS(NULL, "standby redirect timers 30 30",
		"Holddown must be longer than the advertisement interval"),
	AFTER("standby redirect timers 10 30", "no standby redirect timers", ""),
	AFTER("standby redirect timers 10 30", "no standby redirect timers 10 30", ""),
	TAKEN("standby redirect advertisement authentication md5 key-string s3cret"),
	PRINTS("standby redirect advertisement authentication md5 key-string 0 s3cret",
		"standby redirect advertisement authentication md5 key-string s3cret"),
	TAKEN("standby redirect advertisement authentication md5 key-string 7 0822455D0A16"),
	TAKEN("standby redirect advertisement authentication md5 key-string s3cret timeout 32767"),
	PRINTS("standby redirect advertisement authentication md5 key-string s3cret timeout 0",
		"standby redirect advertisement authentication md5 key-string s3cret"),
	WRONG("standby redirect advertisement authentication md5 key-string s3cret timeout 32768", "32768"),
	TAKEN("standby redirect advertisement authentication md5 key-string " KEY64),
	LONG("standby redirect advertisement authentication md5 key-string " KEY64 "x"),
	TAKEN("standby redirect advertisement authentication md5 key-chain RED"),
	SHORT("standby redirect advertisement"),
	SHORT("standby redirect advertisement authentication"),
	SHORT("standby redirect advertisement authentication md5"),
	SHORT("standby redirect advertisement authentication md5 key-string"),
	SHORT("standby redirect advertisement authentication md5 key-chain"),
	WRONG("standby redirect advertisement authentication text x", "text"),
	AFTER("standby redirect advertisement authentication md5 key-string a",
		"standby redirect advertisement authentication md5 key-chain B",
		"standby redirect advertisement authentication md5 key-chain B"),
	AFTER("standby redirect advertisement authentication md5 key-chain B",
		"standby redirect advertisement authentication md5 key-string a",
		"standby redirect advertisement authentication md5 key-string a"),
	AFTER("standby redirect advertisement authentication md5 key-chain B",
		"no standby redirect advertisement authentication md5 key-chain", ""),

	/* Gratuitous ARP */
	PRINTS("standby arp gratuitous", ""),
	PRINTS("standby arp gratuitous count 2", ""),
	PRINTS("standby arp gratuitous count 2 interval 3", ""),
	TAKEN("standby arp gratuitous count 0"),
	TAKEN("standby arp gratuitous count 60"),
	TAKEN("standby arp gratuitous count 3 interval 1800"),
	TAKEN("standby arp gratuitous count 2 interval 4"),
	PRINTS("standby arp gratuitous count 3 interval 3", "standby arp gratuitous count 3"),
	WRONG("standby arp gratuitous count 61", "61"),
	WRONG("standby arp gratuitous count 1 interval 2", "2"),
	WRONG("standby arp gratuitous count 1 interval 1801", "1801"),
	SHORT("standby arp"),
	SHORT("standby arp gratuitous count"),
	SHORT("standby arp gratuitous count 1 interval"),
	AFTER("standby arp gratuitous count 5", "no standby arp gratuitous", ""),
	TAKEN("standby bfd"),
	AFTER("standby bfd", "no standby bfd", ""),
};

static const struct row group_rows[] = {
	/* Numbers of groups */
	PRINTS("standby ip", "standby 0 ip"),
	PRINTS("standby ip 10.0.0.3", "standby 0 ip 10.0.0.3"),
	TAKEN("standby 0 ip 10.0.0.3"),
	TAKEN("standby 255 ip 10.0.0.3"),
	SAYS(NULL, "standby 256 ip 10.0.0.3",
		"Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS(NULL, "standby 4095 priority 110",
		"Group 4095 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS(NULL, "standby 256 timers 1 3", "Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS(NULL, "standby 256 preempt", "Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS(NULL, "standby 256 authentication x",
		"Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS(NULL, "standby 256 name X", "Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS(NULL, "standby 256 mac-address 0200.0000.0001",
		"Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS(NULL, "standby 256 track 1", "Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	SAYS(NULL, "standby 256 follow X", "Group 256 needs HSRP version 2; version 1 has groups 0 to 255"),
	WRONG("standby 4096 ip 10.0.0.3", "4096"),
	WRONG("standby -1 ip 10.0.0.3", "-1"),
	AFTER("standby version 2", "standby 256 ip 10.0.0.3", "standby version 2\nstandby 256 ip 10.0.0.3"),
	AFTER("standby version 2", "standby 4095 ip 10.0.0.3", "standby version 2\nstandby 4095 ip 10.0.0.3"),
	AFTER("standby 1 ip 10.0.0.3\nstandby 1 priority 110", "no standby 1", ""),
	AFTER("standby ip 10.0.0.3\nstandby 1 ip 10.0.0.4", "no standby", "standby 1 ip 10.0.0.4"),
	PRINTS("no standby 77", ""),
	SHORT("standby"),
	SHORT("standby 1"),

	/* Addresses */
	TAKEN("standby 1 ip"),
	TAKEN("standby 1 ip 10.0.0.254"),
	SAYS(NULL, "standby 1 ip 10.0.1.3", "Address 10.0.1.3 is not within a subnet on this interface"),
	SAYS(NULL, "standby 1 ip 10.0.0.1",
		"Address 10.0.0.1 is interface eth1's own: a standby address must be another"),
	SAYS(NULL, "standby 1 ip 10.0.0.0", "Address 10.0.0.0 is the network's own or its broadcast"),
	SAYS(NULL, "standby 1 ip 10.0.0.255", "Address 10.0.0.255 is the network's own or its broadcast"),
	WRONG("standby 1 ip 10.0.0.256", "10.0.0.256"),
	WRONG("standby 1 ip 10.0.0", "10.0.0"),
	WRONG("standby 1 ip 224.0.0.2", "224.0.0.2"),
	WRONG("standby 1 ip 10.0.0.3 10.0.0.4", "10.0.0.4"),
	AFTER("standby 1 ip 10.0.0.3", "standby 1 ip 10.0.0.4", "standby 1 ip 10.0.0.4"),
	AFTER("standby 1 ip 10.0.0.3", "standby 1 ip 10.0.0.4 secondary",
		"standby 1 ip 10.0.0.3\nstandby 1 ip 10.0.0.4 secondary"),
	AFTER("standby 1 ip 10.0.0.3\nstandby 1 ip 10.0.0.4 secondary", "no standby 1 ip 10.0.0.4 secondary",
		"standby 1 ip 10.0.0.3"),
	AFTER("standby 1 ip 10.0.0.3\nstandby 1 ip 10.0.0.4 secondary", "no standby 1 ip", ""),
	AFTER("standby 1 ip 10.0.0.3", "no standby 1 ip 10.0.0.3", ""),
	SAYS("standby 1 ip 10.0.0.3", "no standby 1 ip 10.0.0.4", "Address 10.0.0.4 is not that of group 1"),
	SAYS("standby 1 ip 10.0.0.3", "standby 2 ip 10.0.0.3",
		"Address 10.0.0.3 is already that of eth1 group 1"),
	SAYS("standby 1 ip 10.0.0.3", "standby 1 ip 10.0.0.3 secondary",
		"Address 10.0.0.3 is already that of eth1 group 1"),

	/* IPv6 */
	SAYS(NULL, "standby 1 ipv6 autoconfig",
		"HSRP for IPv6 needs HSRP version 2: enter standby version 2 first"),
	AFTER("standby version 2", "standby 1 ipv6 autoconfig",
		"standby version 2\nstandby 1 ipv6 autoconfig"),
	AFTER("standby version 2", "standby 1 ipv6 FE80::1", "standby version 2\nstandby 1 ipv6 FE80::1"),
	AFTER("standby version 2", "standby 1 ipv6 2001:DB8::1/64",
		"standby version 2\nstandby 1 ipv6 2001:DB8::1/64"),
	AFTER("standby version 2\nstandby 1 ipv6 autoconfig", "no standby 1 ipv6 autoconfig",
		"standby version 2"),
	{"standby version 2", "standby 1 ipv6 2001:DB8::1/129", "^2001:DB8::1/129", NULL},
	{"standby version 2", "standby 1 ipv6", "?", NULL},

	/* Priority */
	TAKEN("standby 1 priority 1"),
	TAKEN("standby 1 priority 99"),
	PRINTS("standby 1 priority 100", ""),
	TAKEN("standby 1 priority 255"),
	PRINTS("standby priority 110", "standby 0 priority 110"),
	WRONG("standby 1 priority 0", "0"),
	WRONG("standby 1 priority 256", "256"),
	WRONG("standby 1 priority high", "high"),
	SHORT("standby 1 priority"),
	AFTER("standby 1 priority 110", "no standby 1 priority", ""),
	AFTER("standby 1 priority 110", "no standby 1 priority 110", ""),
	AFTER("standby 1 priority 110", "default standby 1 priority", ""),
	AFTER("standby 1 priority 110", "standby 1 priority 100", ""),

	/* Preemption */
	TAKEN("standby 1 preempt"),
	PRINTS("standby preempt", "standby 0 preempt"),
	TAKEN("standby 1 preempt delay minimum 1"),
	TAKEN("standby 1 preempt delay minimum 3600"),
	TAKEN("standby 1 preempt delay reload 3600"),
	TAKEN("standby 1 preempt delay sync 3600"),
	TAKEN("standby 1 preempt delay minimum 3600 reload 3600 sync 3600"),
	TAKEN("standby 1 preempt delay minimum 1 sync 2"),
	TAKEN("standby 1 preempt delay reload 1 sync 2"),
	PRINTS("standby 1 preempt delay minimum 0", "standby 1 preempt"),
	PRINTS("standby 1 preempt delay minimum 0 reload 0 sync 0", "standby 1 preempt"),
	PRINTS("standby 1 preempt delay", "standby 1 preempt"),
	WRONG("standby 1 preempt delay minimum 3601", "3601"),
	WRONG("standby 1 preempt delay reload 3601", "3601"),
	WRONG("standby 1 preempt delay sync 3601", "3601"),
	WRONG("standby 1 preempt delay minimum 1 reload 3601", "3601"),
	WRONG("standby 1 preempt delay 30", "30"),
	SHORT("standby 1 preempt delay minimum"),
	SHORT("standby 1 preempt delay reload"),
	SHORT("standby 1 preempt delay sync"),
	AFTER("standby 1 preempt delay minimum 5 reload 6 sync 7", "standby 1 preempt delay minimum 8",
		"standby 1 preempt delay minimum 8"),
	AFTER("standby 1 preempt delay minimum 5", "no standby 1 preempt delay", "standby 1 preempt"),
	AFTER("standby 1 preempt delay minimum 5", "no standby 1 preempt", ""),
	AFTER("standby 1 preempt delay minimum 5", "standby 1 preempt", "standby 1 preempt delay minimum 5"),

	/* Timers */
	TAKEN("standby 1 timers 1 2"),
	TAKEN("standby 1 timers 1 255"),
	TAKEN("standby 1 timers 254 255"),
	PRINTS("standby timers 1 4", "standby 0 timers 1 4"),
	TAKEN("standby 1 timers msec 15 msec 50"),
	TAKEN("standby 1 timers msec 999 msec 3000"),
	TAKEN("standby 1 timers msec 999 msec 2997"),
	TAKEN("standby 1 timers msec 15 1"),
	TAKEN("standby 1 timers msec 999 255"),
	TAKEN("standby 1 timers msec 999 1"),
	TAKEN("standby 1 timers 3 10"), /* typed, they are not learned */
	WRONG("standby 1 timers 0 10", "0"),
	WRONG("standby 1 timers 255 254", "255"),
	WRONG("standby 1 timers 1 0", "0"),
	WRONG("standby 1 timers 1 256", "256"),
	WRONG("standby 1 timers msec 14 msec 50", "14"),
	WRONG("standby 1 timers msec 1000 msec 3000", "1000"),
	WRONG("standby 1 timers msec 15 msec 49", "49"),
	WRONG("standby 1 timers msec 15 msec 3001", "3001"),
	WRONG("standby 1 timers msec 15 256", "256"),
	WRONG("standby 1 timers msec 15 0", "0"),
	SAYS(NULL, "standby 1 timers 3 3", "Hold time must be greater than the hello time"),
	SAYS(NULL, "standby 1 timers 10 9", "Hold time must be greater than the hello time"),
	SAYS(NULL, "standby 1 timers msec 100 msec 299",
		"Hold time must be at least 3 times the hello time: 300 msec"),
	SHORT("standby 1 timers"),
	SHORT("standby 1 timers 3"),
	SHORT("standby 1 timers msec"),
	SHORT("standby 1 timers msec 15"),
	SHORT("standby 1 timers msec 15 msec"),
	AFTER("standby 1 timers 1 3", "no standby 1 timers", ""),
	AFTER("standby 1 timers 1 3", "no standby 1 timers 1 3", ""),
	AFTER("standby 1 timers 1 3", "default standby 1 timers", ""),
	AFTER("standby 1 timers 1 3", "standby 1 timers 3 10", "standby 1 timers 3 10"),

	/* Authentication */
	TAKEN("standby 1 authentication a"),
	TAKEN("standby 1 authentication 12345678"),
	PRINTS("standby 1 authentication text 12345678", "standby 1 authentication 12345678"),
	PRINTS("standby 1 authentication cisco", ""),
	PRINTS("standby 1 authentication text cisco", ""),
	TAKEN("standby 1 authentication text te"),
	LONG("standby 1 authentication 123456789"),
	LONG("standby 1 authentication text 123456789"),
	SHORT("standby 1 authentication"),
	SHORT("standby 1 authentication text"),
	TAKEN("standby 1 authentication md5 key-string k"),
	TAKEN("standby 1 authentication md5 key-string " KEY64),
	PRINTS("standby 1 authentication md5 key-string 0 k", "standby 1 authentication md5 key-string k"),
	TAKEN("standby 1 authentication md5 key-string 7 0822455D0A16"),
	TAKEN("standby 1 authentication md5 key-string k timeout 1"),
	TAKEN("standby 1 authentication md5 key-string k timeout 32767"),
	PRINTS("standby 1 authentication md5 key-string k timeout 0",
		"standby 1 authentication md5 key-string k"),
	WRONG("standby 1 authentication md5 key-string k timeout 32768", "32768"),
	LONG("standby 1 authentication md5 key-string " KEY64 "x"),
	TAKEN("standby 1 authentication md5 key-chain C"),
	TAKEN("standby 1 authentication md5 key-chain " NAME63),
	LONG("standby 1 authentication md5 key-chain " NAME63 "x"),
	SHORT("standby 1 authentication md5"),
	SHORT("standby 1 authentication md5 key-string"),
	SHORT("standby 1 authentication md5 key-string k timeout"),
	SHORT("standby 1 authentication md5 key-chain"),
	WRONG("standby 1 authentication md5 sha", "sha"),
	AFTER("standby 1 authentication md5 key-string k", "standby 1 authentication text t",
		"standby 1 authentication text t"),
	AFTER("standby 1 authentication x", "standby 1 authentication md5 key-string k",
		"standby 1 authentication md5 key-string k"),
	AFTER("standby 1 authentication md5 key-string k", "standby 1 authentication md5 key-chain C",
		"standby 1 authentication md5 key-chain C"),
	AFTER("standby 1 authentication md5 key-string k", "no standby 1 authentication", ""),
	AFTER("standby 1 authentication md5 key-string k", "no standby 1 authentication md5 key-string k",
		""),
	AFTER("standby 1 authentication md5 key-chain C", "no standby 1 authentication md5 key-chain C", ""),
	AFTER("standby 1 authentication x", "no standby 1 authentication x", ""),

	/* Names */
	TAKEN("standby 1 name X"),
	TAKEN("standby 1 name " NAME63),
	LONG("standby 1 name " NAME63 "x"),
	SHORT("standby 1 name"),
	WRONG("standby 1 name X Y", "Y"),
	SAYS("standby 1 name X", "standby 2 name X", "Name X is already that of group 1"),
	AFTER("standby 1 name X", "standby 1 name Y", "standby 1 name Y"),
	AFTER("standby 1 name X", "no standby 1 name", ""),
	AFTER("standby 1 name X", "no standby 1 name X", ""),
	TAKEN("standby 1 follow X"),
	SHORT("standby 1 follow"),
	WRONG("standby 1 follow X Y", "Y"),
	AFTER("standby 1 follow X", "no standby 1 follow", ""),
	AFTER("standby 1 follow X", "no standby 1 follow X", ""),

	/* MAC addresses */
	TAKEN("standby 1 mac-address 0200.0000.0001"),
	PRINTS("standby 1 mac-address 02AB.CDEF.0001", "standby 1 mac-address 02ab.cdef.0001"),
	WRONG("standby 1 mac-address 0200.0000", "0200.0000"),
	WRONG("standby 1 mac-address 0200.0000.000g", "0200.0000.000g"),
	SAYS(NULL, "standby 1 mac-address 0100.0000.0001",
		"MAC address 0100.0000.0001 is not that of a single station"),
	SAYS(NULL, "standby 1 mac-address ffff.ffff.ffff",
		"MAC address ffff.ffff.ffff is not that of a single station"),
	SAYS(NULL, "standby 1 mac-address 0000.0000.0000",
		"MAC address 0000.0000.0000 is not that of a single station"),
	SAYS("standby use-bia", "standby 1 mac-address 0200.0000.0001",
		"standby use-bia is configured: a group has the interface's own MAC address"),
	SAYS("standby 1 mac-address 0200.0000.0001", "standby 2 mac-address 0200.0000.0001",
		"MAC address 0200.0000.0001 is already that of group 1"),
	SHORT("standby 1 mac-address"),
	AFTER("standby 1 mac-address 0200.0000.0001", "no standby 1 mac-address", ""),

	/* Tracking */
	TAKEN("standby 1 track 1"),
	TAKEN("standby 1 track 1000"),
	TAKEN("standby 1 track 1 decrement 1"),
	TAKEN("standby 1 track 1 decrement 255"),
	PRINTS("standby 1 track 1 decrement 10", "standby 1 track 1"),
	TAKEN("standby 1 track 1 shutdown"),
	TAKEN("standby 1 track 1 decrement 20 shutdown"),
	PRINTS("standby track 1", "standby 0 track 1"),
	TAKEN("standby 1 track FastEthernet0/1"),
	TAKEN("standby 1 track FastEthernet0/1 1"),
	TAKEN("standby 1 track FastEthernet0/1 255"),
	PRINTS("standby 1 track fa0/1 10", "standby 1 track FastEthernet0/1"),
	WRONG("standby 1 track FastEthernet0/1 0", "0"),
	WRONG("standby 1 track FastEthernet0/1 256", "256"),
	WRONG("standby 1 track 0", "0"),
	WRONG("standby 1 track 1001", "1001"),
	WRONG("standby 1 track 1 decrement 0", "0"),
	WRONG("standby 1 track 1 decrement 256", "256"),
	WRONG("standby 1 track 1 20", "20"),
	SHORT("standby 1 track"),
	SHORT("standby 1 track 1 decrement"),
	AFTER("standby 1 track 1", "standby 1 track 1 decrement 30", "standby 1 track 1 decrement 30"),
	AFTER("standby 1 track 1 decrement 30", "standby 1 track 1", "standby 1 track 1"),
	AFTER("standby 1 track 1 decrement 30", "no standby 1 track 1", ""),
	AFTER("standby 1 track 1 decrement 30", "no standby 1 track 1 decrement 30", ""),
	AFTER("standby 1 track 1 shutdown", "no standby 1 track 1", ""),
	AFTER("standby 1 track FastEthernet0/1 20", "no standby 1 track FastEthernet0/1", ""),
};

static const struct row track_rows[] = {
	TAKEN("track 1 interface FastEthernet0/1 line-protocol"),
	TAKEN("track 1000 interface FastEthernet0/1 line-protocol"),
	TAKEN("track 1 interface FastEthernet0/1 ip routing"),
	WRONG("track 0 interface FastEthernet0/1 line-protocol", "0"),
	WRONG("track 1001 interface FastEthernet0/1 line-protocol", "1001"),
	SHORT("track"),
	SHORT("track 1"),
	SHORT("track 1 interface"),
	SHORT("track 1 interface FastEthernet0/1"),
	SHORT("track 1 interface FastEthernet0/1 ip"),
	WRONG("track 1 interface FastEthernet0/1 speed", "speed"),
	TAKEN("track 1 ip route 10.9.0.0 255.255.0.0 reachability"),
	TAKEN("track 1 ip route 0.0.0.0 0.0.0.0 reachability"),
	TAKEN("track 1 ip route 10.9.0.1 255.255.255.255 reachability"),
	TAKEN("track 1 ip route 10.9.0.0 255.255.0.0 metric threshold"),
	SAYS(NULL, "track 1 ip route 10.9.0.1 255.255.0.0 reachability", "Inconsistent address and mask"),
	WRONG("track 1 ip route 10.9.0.0 255.0.255.0 reachability", "255.0.255.0"),
	SHORT("track 1 ip route"),
	SHORT("track 1 ip route 10.9.0.0"),
	SHORT("track 1 ip route 10.9.0.0 255.255.0.0"),
	SHORT("track 1 ip route 10.9.0.0 255.255.0.0 metric"),
	TAKEN("track 1 ip sla 1"),
	PRINTS("track 1 ip sla 1 state", "track 1 ip sla 1"),
	TAKEN("track 1 ip sla 2147483647 reachability"),
	WRONG("track 1 ip sla 0", "0"),
	WRONG("track 1 ip sla 2147483648", "2147483648"),
	SHORT("track 1 ip sla"),
	TAKEN("track 1 list boolean and"),
	TAKEN("track 1 list boolean or"),
	WRONG("track 1 list boolean xor", "xor"),
	SHORT("track 1 list"),
	SHORT("track 1 list boolean"),
	TAKEN("track 1 list threshold weight"),
	TAKEN("track 1 list threshold percentage"),
	SHORT("track 1 list threshold"),
	SAYS("track 1 list boolean and", "track 1 list boolean or",
		"Cannot change tracked object 1 - delete old config first"),
	AFTER("track 1 list boolean and", "no track 1", ""),
	AFTER("track 1 list boolean and", "no track 1 list boolean and", ""),

	/* Below them */
	AFTER("track 1 list boolean and", "object 2", "track 1 list boolean and\nobject 2"),
	AFTER("track 1 list boolean and", "object 1000 not", "track 1 list boolean and\nobject 1000 not"),
	AFTER("track 1 list boolean and\nobject 2 not", "object 2", "track 1 list boolean and\nobject 2"),
	AFTER("track 1 list boolean and\nobject 2 not", "no object 2", "track 1 list boolean and"),
	{"track 1 list boolean and", "object 0", "^0", NULL},
	{"track 1 list boolean and", "object 1001", "^1001", NULL},
	{"track 1 list boolean and", "object", "?", NULL},
	SAYS("track 1 list boolean and", "object 1",
		"Object 1 depends on object 1: a list cannot track itself"),
	SAYS("track 1 list boolean and", "object 2 weight 3", "Keyword weight needs a list threshold weight"),
	SAYS("track 1 ip sla 1", "object 2", "Object 1 is not a list"),
	AFTER("track 1 list threshold weight", "object 2 weight 1",
		"track 1 list threshold weight\nobject 2 weight 1"),
	AFTER("track 1 list threshold weight", "object 2 weight 10",
		"track 1 list threshold weight\nobject 2"),
	AFTER("track 1 list threshold weight", "object 2 weight 255",
		"track 1 list threshold weight\nobject 2 weight 255"),
	{"track 1 list threshold weight", "object 2 weight 0", "^0", NULL},
	{"track 1 list threshold weight", "object 2 weight 256", "^256", NULL},
	SAYS("track 1 list threshold weight", "object 2 not", "Keyword not needs a list boolean"),
	AFTER("track 1 list threshold weight", "threshold weight up 1 down 0",
		"track 1 list threshold weight\nthreshold weight down 0 up 1"),
	AFTER("track 1 list threshold weight", "threshold weight down 254 up 255",
		"track 1 list threshold weight\nthreshold weight down 254 up 255"),
	{"track 1 list threshold weight", "threshold weight up 256 down 0", "^256", NULL},
	{"track 1 list threshold weight", "threshold weight up 0 down 1", "^0", NULL},
	{"track 1 list threshold weight", "threshold weight down 255 up 254", "^255", NULL},
	SAYS("track 1 list threshold weight", "threshold weight up 5 down 5",
		"The down threshold must be less than the up threshold"),
	SAYS("track 1 list threshold weight", "threshold percentage up 5 down 4",
		"Object 1 is not a list threshold percentage"),
	AFTER("track 1 list threshold percentage", "threshold percentage up 100 down 0",
		"track 1 list threshold percentage\nthreshold percentage down 0 up 100"),
	SAYS("track 1 list threshold percentage", "threshold percentage up 101 down 0",
		"A percentage is at most 100"),
	AFTER("track 1 list threshold weight\nthreshold weight up 5 down 4", "no threshold",
		"track 1 list threshold weight"),
	AFTER("track 1 list boolean and", "delay up 180", "track 1 list boolean and\ndelay up 180"),
	AFTER("track 1 list boolean and", "delay down 180", "track 1 list boolean and\ndelay down 180"),
	AFTER("track 1 list boolean and", "delay up 1 down 2", "track 1 list boolean and\ndelay down 2 up 1"),
	AFTER("track 1 list boolean and", "delay up 0 down 0", "track 1 list boolean and"),
	{"track 1 list boolean and", "delay up 181", "^181", NULL},
	{"track 1 list boolean and", "delay down 181", "^181", NULL},
	{"track 1 list boolean and", "delay", "?", NULL},
	{"track 1 list boolean and", "delay up", "?", NULL},
	AFTER("track 1 list boolean and\ndelay up 1 down 2", "no delay up",
		"track 1 list boolean and\ndelay down 2"),
	AFTER("track 1 list boolean and\ndelay up 1 down 2", "no delay", "track 1 list boolean and"),
};

#define TO "ip route 10.9.0.0 255.255.0.0 10.0.0.9"

static const struct row route_rows[] = {
	TAKEN(TO),
	PRINTS(TO " 1", TO),
	TAKEN(TO " 2"),
	TAKEN(TO " 255"),
	WRONG(TO " 0", "0"),
	WRONG(TO " 256", "256"),
	TAKEN(TO " tag 1"),
	TAKEN(TO " tag 4294967295"),
	WRONG(TO " tag 0", "0"),
	WRONG(TO " tag 4294967296", "4294967296"),
	TAKEN(TO " name X"),
	TAKEN(TO " permanent"),
	TAKEN(TO " track 1"),
	TAKEN(TO " track 1000"),
	WRONG(TO " track 0", "0"),
	WRONG(TO " track 1001", "1001"),
	WRONG(TO " permanent permanent", "permanent"),
	WRONG(TO " track 1 permanent", "permanent"),
	SHORT(TO " track"),
	SHORT(TO " tag"),
	SHORT(TO " name"),
	SHORT("ip route 10.9.0.0"),
	SHORT("ip route 10.9.0.0 255.255.0.0"),
	TAKEN(TO " 250 tag 50 name X track 150"),
	PRINTS(TO " 250 tag 50 track 150 name X", TO " 250 tag 50 name X track 150"),
	PRINTS(TO " 250 name X tag 50 track 150", TO " 250 tag 50 name X track 150"),
	PRINTS(TO " 250 name X track 150 tag 50", TO " 250 tag 50 name X track 150"),
	PRINTS(TO " 250 track 150 tag 50 name X", TO " 250 tag 50 name X track 150"),
	PRINTS(TO " 250 track 150 name X tag 50", TO " 250 tag 50 name X track 150"),
	PRINTS(TO " permanent name X", TO " name X permanent"),
	TAKEN("ip route 10.9.0.0 255.255.0.0 FastEthernet0/1 track 3"),
	TAKEN("ip route 10.9.0.0 255.255.0.0 FastEthernet0/1 10.0.0.9 5 permanent"),
	AFTER(TO " track 1", TO " track 2", TO " track 2"),
	AFTER(TO " track 1", TO, TO),
	AFTER(TO " permanent", TO " track 2", TO " track 2"),
	AFTER(TO " track 1", "no " TO " track 1", ""),
	AFTER(TO " track 1", "no " TO, ""),
	AFTER(TO " 250 tag 5 name X track 1", "no " TO " 250 tag 5 name X track 1", ""),
	AFTER(TO " track 1", "no ip route 10.9.0.0 255.255.0.0", ""),
	SAYS(NULL, "no " TO " track 1", "No matching route to delete"),
	SAYS(NULL, "ip route 10.9.0.1 255.255.0.0 10.0.0.9 track 1", "Inconsistent address and mask"),
};

#define CHAIN	  "key chain C\nkey 1"
#define CHAIN_OUT "key chain C\nkey 1\n"

static const struct row chain_rows[] = {
	TAKEN("key chain C"),
	TAKEN("key chain " NAME63),
	LONG("key chain " NAME63 "x"),
	SHORT("key"),
	SHORT("key chain"),
	WRONG("key chain C D", "D"),
	AFTER("key chain C", "no key chain C", ""),
	AFTER("key chain C", "key 0", "key chain C\nkey 0"),
	AFTER("key chain C", "key 2147483647", "key chain C\nkey 2147483647"),
	{"key chain C", "key 2147483648", "^2147483648", NULL},
	{"key chain C", "key -1", "^-1", NULL},
	AFTER(CHAIN, "no key 1", "key chain C"),
	AFTER(CHAIN, "key-string k", CHAIN_OUT "key-string k"),
	AFTER(CHAIN, "key-string 0 k", CHAIN_OUT "key-string k"),
	AFTER(CHAIN, "key-string 7 0822455D0A16", CHAIN_OUT "key-string 7 0822455D0A16"),
	AFTER(CHAIN, "key-string " KEY64, CHAIN_OUT "key-string " KEY64),
	{CHAIN, "key-string " KEY64 "x", "$", NULL},
	{CHAIN, "key-string", "?", NULL},
	AFTER(CHAIN "\nkey-string k", "no key-string", "key chain C\nkey 1"),
	AFTER(CHAIN "\nkey-string k", "no key-string k", "key chain C\nkey 1"),
	AFTER(CHAIN, "accept-lifetime 00:00:00 Jan 1 1993 infinite",
		CHAIN_OUT "accept-lifetime 00:00:00 Jan 1 1993 infinite"),
	AFTER(CHAIN, "accept-lifetime 23:59:59 31 december 2035 infinite",
		CHAIN_OUT "accept-lifetime 23:59:59 Dec 31 2035 infinite"),
	AFTER(CHAIN, "accept-lifetime local 1:02:03 Feb 29 2024 duration 1",
		CHAIN_OUT "accept-lifetime local 01:02:03 Feb 29 2024 duration 1"),
	AFTER(CHAIN, "send-lifetime 00:00:00 Jan 1 2026 duration 2147483646",
		CHAIN_OUT "send-lifetime 00:00:00 Jan 1 2026 duration 2147483646"),
	AFTER(CHAIN, "send-lifetime 00:00:00 Jan 1 2026 00:00:01 Jan 1 2026",
		CHAIN_OUT "send-lifetime 00:00:00 Jan 1 2026 00:00:01 Jan 1 2026"),
	{CHAIN, "send-lifetime 00:00:00 Jan 1 1992 infinite", "^1992", NULL},
	{CHAIN, "send-lifetime 00:00:00 Jan 1 2036 infinite", "^2036", NULL},
	{CHAIN, "send-lifetime 24:00:00 Jan 1 2026 infinite", "^24:00:00", NULL},
	{CHAIN, "send-lifetime 00:60:00 Jan 1 2026 infinite", "^00:60:00", NULL},
	{CHAIN, "send-lifetime 00:00:60 Jan 1 2026 infinite", "^00:00:60", NULL},
	{CHAIN, "send-lifetime 00:00:00 Jan 0 2026 infinite", "^0", NULL},
	{CHAIN, "send-lifetime 00:00:00 Jan 32 2026 infinite", "^32", NULL},
	{CHAIN, "send-lifetime 00:00:00 Jan 1 2026 duration 0", "^0", NULL},
	{CHAIN, "send-lifetime 00:00:00 Jan 1 2026 duration 2147483647", "^2147483647", NULL},
	{CHAIN, "send-lifetime 00:00:00 Jan 1 2026", "?", NULL},
	{CHAIN, "send-lifetime 00:00:00 Jan 1", "?", NULL},
	{CHAIN, "send-lifetime", "?", NULL},
	SAYS(CHAIN, "send-lifetime 00:00:00 Apr 31 2026 infinite", "There is no such day in that month"),
	SAYS(CHAIN, "send-lifetime 00:00:00 Feb 29 2026 infinite", "There is no such day in that month"),
	SAYS(CHAIN, "send-lifetime 00:00:00 Jan 1 2026 00:00:00 Jan 1 2026",
		"The end of a lifetime must be later than its start"),
	AFTER(CHAIN "\nsend-lifetime 00:00:00 Jan 1 2026 infinite", "no send-lifetime", "key chain C\nkey 1"),
	AFTER(CHAIN "\naccept-lifetime 00:00:00 Jan 1 2026 infinite", "no accept-lifetime",
		"key chain C\nkey 1"),
};

/* --- Walking them --------------------------------------------------------------------------------------------------- */

static bool device_exists(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "eth1") == 0;
}

static const struct cli_ops ops = {.device_exists = device_exists};

static void write_running(const struct model *m, struct text *out)
{
	struct cli_writer w;

	cli_writer_begin(&w, m, NULL);
	while (cli_writer_next(&w, out, 4096))
		;
}

/* What the running configuration has beside the interface and what every configuration has. */
static void rest_of(const struct model *m, struct text *out)
{
	static const char *const always[] = {
		"version 15.2", "!", "interface eth1", "ip address 10.0.0.1 255.255.255.0", "end", ""};
	struct text running = {0};
	char *save = NULL;

	write_running(m, &running);
	for (char *l = strtok_r(running.s, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		bool usual = false;

		l += strspn(l, " ");
		for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
			usual = usual || strcmp(l, always[i]) == 0;
		if (!usual)
			text_printf(out, "%s%s", out->len ? "\n" : "", l);
	}
	text_free(&running);
}

/* What runs can be loaded, and is the same then. */
static void loads_again(const struct row *r, const struct model *m)
{
	struct text first = {0}, second = {0}, errors = {0};
	struct model *copy = model_new();

	write_running(m, &first);
	if (cli_load(copy, &ops, "running", text_str(&first), first.len, &errors))
		fail_msg("\"%s\": %s", r->line, text_str(&errors));
	write_running(copy, &second);
	assert_string_equal(text_str(&first), text_str(&second));
	text_free(&first);
	text_free(&second);
	text_free(&errors);
	model_free(copy);
}

/* The last place where the word stands by itself: numbers repeat in a line. */
static size_t column_of(const char *line, const char *word)
{
	size_t found = SIZE_MAX;

	for (const char *at = line; (at = strstr(at, word)) != NULL; at++)
		if (at == line || at[-1] == ' ')
			found = (size_t)(at - line);
	assert_true(found != SIZE_MAX);
	return found;
}

static void expected_reply(const struct row *r, const char *prompt, struct text *out)
{
	if (r->says[0] == '^' || r->says[0] == '$')
		text_printf(out, "%*s^\n%% Invalid input detected at '^' marker.\n\n",
			(int)(strlen(prompt) +
				(r->says[0] == '$' ? strlen(r->line) - 1 : column_of(r->line, r->says + 1))),
			"");
	else if (strcmp(r->says, "?") == 0)
		text_add(out, "% Incomplete command.\n\n");
	else
		text_printf(out, "%% %s\n", r->says);
}

static void type_all(struct cli_session *s, const char *lines, struct text *out)
{
	char *copy = strdup(lines), *save = NULL;

	assert_non_null(copy);
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		text_clear(out);
		if (cli_line(s, l, out) != CLI_OK)
			fail_msg("before: \"%s\": %s", l, text_str(out));
	}
	free(copy);
}

static void type_row(const struct row *r)
{
	struct model *m = model_new();
	struct cli_session *s = cli_session_new(m, &ops, 15, "test");
	struct text out = {0}, before = {0}, after = {0}, wanted = {0};
	char prompt[CLI_PROMPT_MAX];
	enum cli_status status;

	assert_non_null(s);
	type_all(s, "configure terminal\ninterface eth1\nip address 10.0.0.1 255.255.255.0", &out);
	if (r->before)
		type_all(s, r->before, &out);
	rest_of(m, &before);
	cli_prompt(s, prompt);
	text_clear(&out);
	status = cli_line(s, r->line, &out);
	rest_of(m, &after);
	if (r->says) {
		expected_reply(r, prompt, &wanted);
		if (status != CLI_REFUSED || strcmp(text_str(&out), text_str(&wanted)) != 0)
			fail_msg("\"%s\" should be refused with\n%s  but\n%s", r->line, text_str(&wanted),
				text_str(&out));
	} else if (status != CLI_OK) {
		fail_msg("\"%s\": %s", r->line, text_str(&out));
	}
	const char *prints = r->says ? text_str(&before) : strcmp(r->prints, "=") == 0 ? r->line : r->prints;
	if (strcmp(text_str(&after), prints) != 0)
		fail_msg("\"%s\" should leave\n%s\n  but\n%s", r->line, prints, text_str(&after));
	loads_again(r, m);
	cli_session_free(s);
	model_free(m);
	text_free(&out);
	text_free(&before);
	text_free(&after);
	text_free(&wanted);
}

#define WALK(name, rows)                                                                                     \
	static void name(void **state)                                                                       \
	{                                                                                                    \
		(void)state;                                                                                 \
		for (size_t i = 0; i < sizeof(rows) / sizeof(*(rows)); i++)                                  \
			type_row(&(rows)[i]);                                                                \
	}

WALK(lines_of_an_interface, interface_rows)
WALK(lines_of_a_group, group_rows)
WALK(lines_of_tracked_objects, track_rows)
WALK(lines_of_key_chains, chain_rows)
WALK(lines_of_static_routes, route_rows)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_an_interface),
		cmocka_unit_test(lines_of_a_group),
		cmocka_unit_test(lines_of_tracked_objects),
		cmocka_unit_test(lines_of_key_chains),
		cmocka_unit_test(lines_of_static_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
