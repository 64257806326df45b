/* Show commands: which view, with which arguments. show/ prints them. */
#include "cli/grammar.h"

#define SHOW(view_)	    .modes = IN(EXEC), .flags = CLI_PIPES, .action = CLI_DO_SHOW, .view = view_
#define ARG_TEXT(slot)	    TEXT(slot, struct cli_action, show.name)
#define ARG_INTERFACE(slot) TEXT(slot, struct cli_action, show.interface)
#define ARG_FLAG(slot, f)   FLAG(slot, struct cli_action, show.f)
#define SA_KIND(kind)	    CONST(struct cli_action, show.sa, kind)
#define ROUTE_KIND(kind)    CONST(struct cli_action, show.route, kind)
#define TRACK_KIND(kind)    CONST(struct cli_action, show.track, kind)
#define IPSEC_SA	    "show crypto ipsec sa "

static bool check_mask(struct cli_call *c)
{
	const struct cli_value *mask = cli_arg(c->args, "mask");

	c->action->show.address_len_set = mask->set;
	c->action->show.address_len = (uint8_t)mask->n;
	return true;
}

static const struct cli_row rows[] = {
	{SHOW(SHOW_CRYPTO_MAP), .syntax = "show crypto map [interface INTERFACE:interface|tag WORD/63:tag]",
		.help = "|Encryption module|Crypto maps|Crypto maps for a specific interface|Interface|"
			"Crypto maps with a given tag|Crypto map tag",
		.fields = {ARG_INTERFACE("interface"), ARG_TEXT("tag")}},
	{SHOW(SHOW_CRYPTO_DYNAMIC_MAP), .syntax = "show crypto dynamic-map [tag WORD/63:tag]",
		.help = "||Crypto map templates|Crypto dynamic maps with a given tag|Crypto map tag",
		.fields = {ARG_TEXT("tag")}},
	{SHOW(SHOW_IPSEC_TRANSFORM_SET), .syntax = "show crypto ipsec transform-set [tag] [WORD/63:name]",
		.help = "||Show IPSEC policy|Crypto transform sets|Transform set with a given tag|Transform "
			"set tag",
		.fields = {ARG_TEXT("name")}},
	{SHOW(SHOW_IPSEC_SA), .syntax = IPSEC_SA "[detail:detail]",
		.help = "|||IPSEC SA table|Show counter details", .fields = {ARG_FLAG("detail", detail)}},
	{SHOW(SHOW_IPSEC_SA), .syntax = IPSEC_SA "map WORD/63:map [detail:detail]",
		.help = "||||IPSEC SA table for a specific crypto map|Crypto map tag|Show counter details",
		.fields = {SA_KIND(SHOW_SA_MAP), ARG_TEXT("map"), ARG_FLAG("detail", detail)}},
	{SHOW(SHOW_IPSEC_SA), .syntax = IPSEC_SA "address [detail:detail]",
		.help = "||||IPSEC SA table in (dest) address order|Show counter details",
		.fields = {SA_KIND(SHOW_SA_ADDRESS), ARG_FLAG("detail", detail)}},
	{SHOW(SHOW_IPSEC_SA), .syntax = IPSEC_SA "identity [detail:detail]",
		.help = "||||IPSEC SADB identity tree|Show counter details",
		.fields = {SA_KIND(SHOW_SA_IDENTITY), ARG_FLAG("detail", detail)}},
	{SHOW(SHOW_IPSEC_SA), .syntax = IPSEC_SA "interface INTERFACE:interface [detail:detail]",
		.help = "||||Show info for specific interface|Interface|Show counter details",
		.fields = {SA_KIND(SHOW_SA_INTERFACE), ARG_INTERFACE("interface"),
			ARG_FLAG("detail", detail)}},
	{SHOW(SHOW_IPSEC_SA), .syntax = IPSEC_SA "peer HOST:peer [detail:detail]",
		.help = "||||IPSEC SA table for a specific peer|Peer address|Show counter details",
		.fields = {SA_KIND(SHOW_SA_PEER), ADDRESS("peer", struct cli_action, show.address),
			ARG_FLAG("detail", detail)}},
	{SHOW(SHOW_IPSEC_SA_COUNT), .syntax = IPSEC_SA "count", .help = "||||Number of SAs"},
	{SHOW(SHOW_IPSEC_SA_LIFETIME), .syntax = "show crypto ipsec security-association [lifetime]",
		.help = "|||Show parameters for IPSec security associations|Show lifetime"},
	{SHOW(SHOW_ISAKMP_SA), .syntax = "show crypto isakmp sa [detail:detail]",
		.help = "||Show ISAKMP|Show ISAKMP Security Associations|Show ISAKMP SA Detail",
		.fields = {ARG_FLAG("detail", detail)}},
	{SHOW(SHOW_ISAKMP_POLICY), .syntax = "show crypto isakmp policy",
		.help = "|||Show ISAKMP protection suite policy"},
	{SHOW(SHOW_ISAKMP_PEERS), .syntax = "show crypto isakmp peers",
		.help = "|||Show ISAKMP peer structures"},
	{SHOW(SHOW_IKEV2_SA), .syntax = "show crypto ikev2 sa [detailed:detail]",
		.help = "||Shows ikev2 info|Shows ikev2 sa info|Detailed information",
		.fields = {ARG_FLAG("detail", detail)}},
	{SHOW(SHOW_CRYPTO_SESSION), .syntax = "show crypto session [detail:detail|brief:brief]",
		.help = "||Show crypto sessions (tunnels)|detailed output|brief output",
		.fields = {ARG_FLAG("detail", detail), ARG_FLAG("brief", brief)}},
	{SHOW(SHOW_CRYPTO_ROUTE), .syntax = "show crypto route", .help = "||Show crypto VPN routes"},
	{SHOW(SHOW_STANDBY),
		.syntax = "show standby [INTERFACE:interface [<0-4095>:group]] [all:all|brief:brief]",
		.help = "|HSRP information|Interface|group number|Include groups in disabled state|Brief "
			"output",
		.fields = {ARG_INTERFACE("interface"), ARG_FLAG("group", group_set),
			UINT("group", struct cli_action, show.group), ARG_FLAG("all", all),
			ARG_FLAG("brief", brief)}},
	{SHOW(SHOW_REDUNDANCY), .syntax = "show redundancy [INTERFACE:interface]",
		.help = "|Redundancy of crypto maps|Interface", .fields = {ARG_INTERFACE("interface")}},
	{SHOW(SHOW_TRACK), .syntax = "show track [<1-1000>:object] [brief:brief]",
		.help = "|Tracking information|Tracked object|Brief tracking information",
		.fields = {ARG_FLAG("object", group_set), UINT("object", struct cli_action, show.group),
			ARG_FLAG("brief", brief)}},
	{SHOW(SHOW_TRACK), .syntax = "show track interface [brief:brief]", .help = "||Tracked interfaces",
		.fields = {TRACK_KIND(SHOW_TRACK_INTERFACE), ARG_FLAG("brief", brief)}},
	{SHOW(SHOW_TRACK), .syntax = "show track ip route [brief:brief]",
		.help = "||IP information|Tracked IP routes",
		.fields = {TRACK_KIND(SHOW_TRACK_ROUTE), ARG_FLAG("brief", brief)}},
	{SHOW(SHOW_IP_ROUTE), .syntax = "show ip route [A.B.C.D:address [MASK:mask]]",
		.help = "|IP information|IP routing table|Network to display information about|Network mask",
		.fields = {ADDRESS("address", struct cli_action, show.address)}, .check = check_mask},
	{SHOW(SHOW_IP_ROUTE), .syntax = "show ip route static", .help = "|||Static routes",
		.fields = {ROUTE_KIND(SHOW_ROUTE_STATIC)}},
	{SHOW(SHOW_IP_ROUTE), .syntax = "show ip route connected", .help = "|||Connected",
		.fields = {ROUTE_KIND(SHOW_ROUTE_CONNECTED)}},
	{SHOW(SHOW_IP_ROUTE), .syntax = "show ip route ospf", .help = "|||Open Shortest Path First (OSPF)",
		.fields = {ROUTE_KIND(SHOW_ROUTE_OSPF)}},
	{SHOW(SHOW_IP_INTERFACE_BRIEF), .syntax = "show ip interface [INTERFACE:interface] brief:brief",
		.help = "||IP interface status and configuration|Interface|Brief summary of IP status and "
			"configuration",
		.fields = {ARG_INTERFACE("interface"), ARG_FLAG("brief", brief)}},
	{SHOW(SHOW_ACCESS_LISTS),
		.syntax = "show {access-lists|ip access-lists} "
			  "[{<100-199>:list|<2000-2699>:list|NAME/63:list}]",
		.help = "|List access lists||List IP access lists|ACL number|ACL number|ACL name",
		.fields = {ARG_TEXT("list")}},
	{SHOW(SHOW_KEY_CHAIN), .syntax = "show key chain [WORD/63:name]",
		.help = "|Key information|Key-chain information|Name of key-chain",
		.fields = {ARG_TEXT("name")}},
	{SHOW(SHOW_VERSION), .syntax = "show version", .help = "|System hardware and software status"},

	{.modes = IN(EXEC),
		.flags = CLI_PRIVILEGED | CLI_PIPES,
		.action = CLI_DO_SHOW_RUNNING,
		.syntax = "show running-config [all|full|brief|view full|interface INTERFACE:interface]",
		.help = "|Current operating configuration|Configuration with defaults|full configuration|"
			"configuration without certificate data|View options|full configuration|"
			"Show interface configuration|Interface",
		.fields = {ARG_INTERFACE("interface")}},
	{.modes = IN(EXEC),
		.flags = CLI_PRIVILEGED | CLI_PIPES,
		.action = CLI_DO_SHOW_RUNNING,
		.syntax = "more system\\:running-config",
		.help = "Display the contents of a file|Current operating configuration"},
	{.modes = IN(EXEC),
		.flags = CLI_PRIVILEGED | CLI_PIPES,
		.action = CLI_DO_SHOW_STARTUP,
		.syntax = "show startup-config",
		.help = "|Contents of startup configuration"},
	{.modes = IN(EXEC),
		.flags = CLI_PIPES,
		.action = CLI_DO_SHOW_CLOCK,
		.syntax = "show clock",
		.help = "|Display the system clock"},
	{.modes = IN(EXEC),
		.flags = CLI_PIPES,
		.action = CLI_DO_SHOW_USERS,
		.syntax = "show users",
		.help = "|Display information about terminal lines"},
	{.modes = IN(EXEC),
		.flags = CLI_PIPES,
		.action = CLI_DO_SHOW_LOGGING,
		.syntax = "show logging",
		.help = "|Show the contents of logging buffers"},
	{.modes = IN(EXEC),
		.flags = CLI_PIPES,
		.action = CLI_DO_SHOW_DEBUG,
		.syntax = "show debugging",
		.help = "|State of each debugging option"},
};
CLI_TABLE(cli_table_show, rows);
