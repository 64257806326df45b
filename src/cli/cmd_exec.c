/* Exec commands, but for show. */
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"
#include "hsrp/hsrp.h"

static enum cli_status run_close(struct cli_call *c)
{
	(void)c;
	return CLI_CLOSE;
}

static enum cli_status run_enable(struct cli_call *c)
{
	struct cli_session *s = c->session;
	const struct model *m = c->model;

	if (s->privilege >= 15)
		return CLI_OK;
	if (m->enable_secret.set || m->enable_password.set) {
		s->question = ASK_ENABLE;
		return CLI_OK;
	}
	if (s->own_privilege >= 15) {
		s->privilege = 15;
		return CLI_OK;
	}
	text_add(c->out, "% Error in authentication.\n\n");
	return CLI_REFUSED;
}

static enum cli_status run_disable(struct cli_call *c)
{
	c->session->privilege = 1;
	cli_pop_to(c->session, 0);
	return CLI_OK;
}

static enum cli_status run_configure(struct cli_call *c)
{
	struct cli_session *s = c->session;

	if (s->depth > 0)
		return CLI_OK; /* do configure terminal */
	if (!cli_enter_configuration(s)) {
		text_add(c->out, "% Out of memory\n");
		return CLI_REFUSED;
	}
	text_add(c->out, "Enter configuration commands, one per line.  End with CNTL/Z.\n");
	return CLI_OK;
}

/* --- Terminal ------------------------------------------------------------------------------------------------------ */

static enum cli_status run_length(struct cli_call *c)
{
	c->session->page_length = cli_arg(c->args, "lines")->n;
	return CLI_OK;
}

static enum cli_status run_monitor(struct cli_call *c)
{
	c->session->monitor = true;
	return CLI_OK;
}

static enum cli_status run_no_monitor(struct cli_call *c)
{
	c->session->monitor = false;
	return CLI_OK;
}

static enum cli_status run_nothing(struct cli_call *c)
{
	(void)c;
	return CLI_OK;
}

static enum cli_status run_privilege(struct cli_call *c)
{
	text_printf(c->out, "Current privilege level is %u\n", c->session->privilege);
	return CLI_OK;
}

static enum cli_status run_terminal(struct cli_call *c)
{
	text_printf(c->out, "Length: %u lines, Width: 80 columns\nMonitor logging is %s\n",
		c->session->page_length, c->session->monitor ? "on" : "off");
	return CLI_OK;
}

static enum cli_status run_hosts(struct cli_call *c)
{
	const char *domain = model_domain_name(c->model);

	text_printf(c->out, "Default domain is %s\nName servers are 255.255.255.255\n",
		domain[0] ? domain : "not set");
	return CLI_OK;
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

static bool prompts_are_off(const struct model *m)
{
	const struct kept_line *k;

	vec_each (&m->kept, i, k)
		if (strcmp(k->text, "file prompt quiet") == 0)
			return true;
	return false;
}

static enum cli_status run_copy(struct cli_call *c)
{
	if (prompts_are_off(c->model))
		return CLI_ACTION;
	c->session->question = ASK_COPY_NAME;
	return CLI_OK;
}

static enum cli_status run_erase(struct cli_call *c)
{
	c->session->question = ASK_ERASE;
	return CLI_OK;
}

static enum cli_status run_reload(struct cli_call *c)
{
	c->session->question = ASK_RELOAD;
	return CLI_OK;
}

/* --- Clear -------------------------------------------------------------------------------------------------------- */

static bool check_spi(struct cli_call *c)
{
	const char *text = cli_arg(c->args, "spi")->s;
	char *end;
	unsigned long long spi = strtoull(text, &end, 0);

	if (cli_has(c->args, "ah"))
		return cli_refuse(c, "There are no AH SAs: use esp");
	if (*end || !*text || spi == 0 || spi > UINT32_MAX)
		return cli_refuse(c, "SPI \"%s\" is no number from 1 to 0xFFFFFFFF", text);
	c->action->clear.spi = (uint32_t)spi;
	return true;
}

/* --- debug standby ------------------------------------------------------------------------------------------------ */

#define DEBUG_STANDBY                                                                                        \
	"[errors|terse|events [{all|terse|icmp|protocol|redundancy|track}:event] [detail:detail]|"           \
	"packets [{all|terse|advertise|coup|hello|resign}:packet] [detail:detail]]:class"
#define DEBUG_STANDBY_HELP                                                                                   \
	"HSRP errors|HSRP errors, events and packets, except hellos and advertisements|HSRP events|"         \
	"All|All but hellos and advertisements|ICMP redirects|The state machine|Redundancy of groups|"       \
	"Tracked objects|In detail|HSRP packets|||HSRP advertisements|HSRP coups|HSRP hellos|HSRP resigns|"

static bool check_debug(struct cli_call *c)
{
	enum { ERRORS, TERSE, EVENTS, PACKETS };
	enum { TERSE_PACKETS = HSRP_DEBUG_COUP | HSRP_DEBUG_RESIGN };
	static const uint16_t events[] = {HSRP_DEBUG_EVENTS, HSRP_DEBUG_EVENTS, HSRP_DEBUG_ICMP,
		HSRP_DEBUG_PROTOCOL, HSRP_DEBUG_REDUNDANCY, HSRP_DEBUG_TRACK};
	static const uint16_t packets[] = {HSRP_DEBUG_PACKETS, TERSE_PACKETS, HSRP_DEBUG_ADVERTISE,
		HSRP_DEBUG_COUP, HSRP_DEBUG_HELLO, HSRP_DEBUG_RESIGN};
	const struct cli_value *class = cli_arg(c->args, "class");
	bool detail = cli_has(c->args, "detail");
	unsigned bits = HSRP_DEBUG_ALL;

	if (class->set && class->n == ERRORS)
		bits = HSRP_DEBUG_ERRORS;
	else if (class->set && class->n == TERSE)
		bits = HSRP_DEBUG_ERRORS | HSRP_DEBUG_EVENTS | TERSE_PACKETS;
	else if (class->set && class->n == EVENTS)
		bits = events[cli_arg(c->args, "event")->n] | (detail ? HSRP_DEBUG_EVENTS_DETAIL : 0);
	else if (class->set && class->n == PACKETS)
		bits = packets[cli_arg(c->args, "packet")->n] | (detail ? HSRP_DEBUG_PACKETS_DETAIL : 0);
	c->action->debug_bits = (uint16_t)bits;
	return true;
}

/* --- The rows ----------------------------------------------------------------------------------------------------- */

#define EXEC	    .modes = IN(EXEC)
#define PRIVILEGED  .modes = IN(EXEC), .flags = CLI_PRIVILEGED
#define CLEAR_SA    PRIVILEGED, .action = CLI_DO_CLEAR_SA
#define CLEAR_IKE   FLAG(NULL, struct cli_action, clear.ike)
#define CLEAR_PEER  ADDRESS("peer", struct cli_action, clear.peer)
#define CLEAR_LOCAL ADDRESS("local", struct cli_action, clear.local)
static const uint32_t pipes[] = {
	CLI_PIPE_BEGIN, CLI_PIPE_COUNT, CLI_PIPE_EXCLUDE, CLI_PIPE_INCLUDE, CLI_PIPE_SECTION};

#define CONDITION    PRIVILEGED, .action = CLI_DO_CONDITION
#define OF_INTERFACE TEXT("interface", struct cli_action, show.interface)
#define OF_GROUP                                                                                             \
	FLAG("group", struct cli_action, show.group_set), UINT("group", struct cli_action, show.group)

static const struct cli_row rows[] = {
	{EXEC, .syntax = "exit", .help = "Exit from the EXEC", .run = run_close},
	{EXEC, .syntax = "quit", .help = "Exit from the EXEC", .run = run_close},
	{EXEC, .syntax = "logout", .help = "Exit from the EXEC", .run = run_close},
	{EXEC, .syntax = "end", .flags = CLI_HIDDEN, .run = run_nothing},
	{EXEC, .syntax = "enable [15]", .help = "Turn on privileged commands|Enable level",
		.run = run_enable},
	{EXEC, .syntax = "disable", .help = "Turn off privileged commands", .run = run_disable},
	{PRIVILEGED, .syntax = "configure terminal",
		.help = "Enter configuration mode|Configure from the terminal", .run = run_configure},

	{EXEC, .syntax = "terminal length <0-512>:lines",
		.help = "Set terminal line parameters|Set number of lines on a screen|"
			"Number of lines on screen (0 for no pausing)",
		.run = run_length},
	{EXEC, .syntax = "terminal width <0-512>",
		.help = "|Set width of the display terminal|"
			"Number of characters on a screen line",
		.run = run_nothing},
	{EXEC, .syntax = "terminal monitor", .help = "|Copy debug output to the current terminal line",
		.run = run_monitor},
	{EXEC, .syntax = "terminal no monitor", .help = "|Negate a command or set its defaults|",
		.run = run_no_monitor},

	{PRIVILEGED, .syntax = "write [memory]", .help = "Write running configuration|Write to NV memory",
		.action = CLI_DO_SAVE},
	{PRIVILEGED, .syntax = "write erase", .help = "|Erase NV memory", .action = CLI_DO_ERASE_STARTUP,
		.run = run_erase},
	{.modes = IN(EXEC),
		.flags = CLI_PRIVILEGED | CLI_PIPES,
		.syntax = "write terminal",
		.help = "|Write to terminal",
		.action = CLI_DO_SHOW_RUNNING},
	{PRIVILEGED, .syntax = "copy running-config startup-config",
		.help = "Copy from one file to another|Copy from current system configuration|"
			"Copy to startup configuration",
		.action = CLI_DO_SAVE, .run = run_copy},
	{PRIVILEGED, .syntax = "copy startup-config running-config",
		.help = "|Copy from startup configuration|Update (merge with) current system configuration",
		.action = CLI_DO_LOAD_STARTUP},
	{PRIVILEGED, .syntax = "erase startup-config",
		.help = "Erase a filesystem|Erase contents of configuration memory",
		.action = CLI_DO_ERASE_STARTUP, .run = run_erase},

	{CLEAR_SA, .syntax = "clear crypto sa",
		.help = "Reset functions|Encryption subsystem|Clear all crypto SAs"},
	{CLEAR_SA, .syntax = "clear crypto sa peer HOST:peer",
		.help = "|||Clear all SAs for a given crypto peer|Peer address", .fields = {CLEAR_PEER}},
	{CLEAR_SA, .syntax = "clear crypto sa map WORD/63:map",
		.help = "|||Clear all SAs for a given crypto map|Crypto map tag",
		.fields = {TEXT("map", struct cli_action, clear.map)}},
	{CLEAR_SA, .syntax = "clear crypto sa interface INTERFACE:interface",
		.help = "|||Clear all SAs of an interface|Interface",
		.fields = {TEXT("interface", struct cli_action, clear.interface)}},
	{CLEAR_SA, .syntax = "clear crypto sa entry HOST:peer {esp|ah:ah} WORD/10:spi",
		.help = "|||Clear a specific SA|Destination address of the SA|ESP|AH|Security parameter "
			"index, "
			"0x... or decimal",
		.fields = {CLEAR_PEER}, .check = check_spi},
	{PRIVILEGED, .syntax = "clear crypto sa counters", .help = "|||Reset the SA counters",
		.action = CLI_DO_CLEAR_COUNTERS},
	{CLEAR_SA, .syntax = "clear crypto isakmp [<1001-4294967295>:conn]",
		.help = "||Flush the ISAKMP database|connection id of SA",
		.fields = {CLEAR_IKE, CONST(struct cli_action, clear.version, 1),
			UINT("conn", struct cli_action, clear.conn_id)}},
	{CLEAR_SA, .syntax = "clear crypto ikev2 sa [remote HOST:peer|local HOST:local]",
		.help = "||Clear IKEv2 information|Clear IKEv2 SAs|Clear SAs of a remote address|Remote "
			"address|Clear SAs of a local address|Local address",
		.fields = {CLEAR_IKE, CONST(struct cli_action, clear.version, 2), CLEAR_PEER, CLEAR_LOCAL}},
	{CLEAR_SA, .syntax = "clear crypto session [local HOST:local] [remote HOST:peer]",
		.help = "||Clear crypto sessions (tunnels)|Local address|Local address|Remote peer|Peer "
			"address",
		.fields = {CLEAR_IKE, CLEAR_PEER, CLEAR_LOCAL}},
	{CLEAR_SA, .syntax = "clear crypto session interface INTERFACE:interface",
		.help = "|||Interface|Interface",
		.fields = {CLEAR_IKE, TEXT("interface", struct cli_action, clear.interface)}},

	{PRIVILEGED, .syntax = "redundancy force-switchover [INTERFACE:interface [<0-4095>:group]]",
		.help = "Redundancy of this system|Hand the active role over|Interface|group number",
		.action = CLI_DO_SWITCHOVER,
		.fields = {TEXT("interface", struct cli_action, show.interface),
			FLAG("group", struct cli_action, show.group_set),
			UINT("group", struct cli_action, show.group)}},
	{PRIVILEGED, .syntax = "standby send arp [INTERFACE:interface [<0-4095>:group]]",
		.help = "HSRP commands|Send|Gratuitous ARP of active groups|Interface|group number",
		.action = CLI_DO_SEND_ARP,
		.fields = {TEXT("interface", struct cli_action, show.interface),
			FLAG("group", struct cli_action, show.group_set),
			UINT("group", struct cli_action, show.group)}},
	{PRIVILEGED, .syntax = "debug standby " DEBUG_STANDBY,
		.help = "Debugging functions (see also 'undebug')|HSRP debugging|" DEBUG_STANDBY_HELP,
		.action = CLI_DO_DEBUG, .check = check_debug,
		.fields = {FLAG(NULL, struct cli_action, on),
			CONST(struct cli_action, debug, CLI_DEBUG_STANDBY)}},
	{PRIVILEGED, .syntax = "debug crypto [ipsec]",
		.help = "|Cryptographic subsystem|IPSEC processing: injected routes", .action = CLI_DO_DEBUG,
		.fields = {FLAG(NULL, struct cli_action, on),
			CONST(struct cli_action, debug, CLI_DEBUG_CRYPTO)}},
	{PRIVILEGED, .syntax = "{undebug|no debug} standby " DEBUG_STANDBY,
		.help = "Disable debugging functions (see also 'debug')|Negate a command|Debugging "
			"functions|HSRP debugging|" DEBUG_STANDBY_HELP,
		.action = CLI_DO_DEBUG, .check = check_debug,
		.fields = {CONST(struct cli_action, debug, CLI_DEBUG_STANDBY)}},
	{PRIVILEGED, .syntax = "{undebug|no debug} crypto [ipsec]",
		.help = "|||Cryptographic subsystem|IPSEC processing: injected routes",
		.action = CLI_DO_DEBUG, .fields = {CONST(struct cli_action, debug, CLI_DEBUG_CRYPTO)}},
	{PRIVILEGED, .syntax = "{undebug|no debug} all", .help = "|||Disable all debugging",
		.action = CLI_DO_DEBUG},
	{CONDITION, .syntax = "debug condition interface INTERFACE:interface",
		.help = "|Condition|Interface of the condition|Interface",
		.fields = {FLAG(NULL, struct cli_action, on), OF_INTERFACE}},
	{CONDITION, .syntax = "debug condition standby INTERFACE:interface <0-4095>:group",
		.help = "||HSRP group|Interface|group number",
		.fields = {FLAG(NULL, struct cli_action, on), OF_INTERFACE, OF_GROUP}},
	{CONDITION, .syntax = "{undebug|no debug} condition interface INTERFACE:interface",
		.help = "|||Condition|Interface of the condition|Interface", .fields = {OF_INTERFACE}},
	{CONDITION, .syntax = "{undebug|no debug} condition standby INTERFACE:interface <0-4095>:group",
		.help = "||||HSRP group|Interface|group number", .fields = {OF_INTERFACE, OF_GROUP}},
	{CONDITION, .syntax = "{undebug|no debug} condition {<1-16>:number|all:all}",
		.help = "||||Number of the condition|All conditions",
		.fields = {UINT("number", struct cli_action, condition),
			FLAG("all", struct cli_action, show.all)}},
	{EXEC, .syntax = "show debugging condition", .help = "||Conditions of debugging",
		.action = CLI_DO_SHOW_CONDITIONS},
	{PRIVILEGED, .syntax = "reload", .help = "Halt and perform a cold restart", .action = CLI_DO_RESTART,
		.run = run_reload},
	{PRIVILEGED, .syntax = "hotswan restart",
		.help = "Extensions of this system|Start the daemon anew; tunnels, routes and roles stay",
		.action = CLI_DO_RESTART},

	{EXEC, .syntax = "show privilege",
		.help = "Show running system information|Show current privilege level", .run = run_privilege},
	{EXEC, .syntax = "show terminal", .help = "|Display terminal configuration parameters",
		.run = run_terminal},
	{EXEC, .syntax = "show hosts", .help = "|Default domain", .run = run_hosts},

	{.modes = IN(PIPE),
		.syntax = "{begin|count|exclude|include|section}:kind LINE/255:pattern",
		.help = "Begin with the line that matches|Count number of lines which match regexp|"
			"Exclude lines that match|Include lines that match|Filter a section of "
			"output|Regular Expression",
		.fields = {CHOICE("kind", struct cli_action, pipe, CLI_PIPE_NONE, pipes),
			TEXT("pattern", struct cli_action, pattern)}},
	{.modes = IN(PIPE),
		.syntax = "json",
		.help = "Print JSON",
		.fields = {FLAG(NULL, struct cli_action, json)}},
};
CLI_TABLE(cli_table_exec, rows);
