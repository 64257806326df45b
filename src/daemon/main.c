/* hotswand: arguments, and the choice of the role. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "daemon/engine.h"
#include "daemon/log.h"
#include "daemon/privileges.h"
#include "daemon/roles.h"

enum { EXIT_USAGE = 2 };

enum option_id {
	OPT_CONFIG = 256,
	OPT_RUN_DIR,
	OPT_CHECK,
	OPT_CHARON,
	OPT_HELP,
	OPT_VERSION,
	OPT_ROLE,
	OPT_INHERITED,
	OPT_LAUNCHER,
	OPT_RESUME,
	OPT_STARTED,
	OPT_REFERENCE
};

static const struct option options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"run-dir", required_argument, NULL, OPT_RUN_DIR},
	{"check", required_argument, NULL, OPT_CHECK},
	{"charon", required_argument, NULL, OPT_CHARON},
	{"command-reference", no_argument, NULL, OPT_REFERENCE},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	/* Between the launcher and what it starts, not for people. */
	{"role", required_argument, NULL, OPT_ROLE},
	{"inherited", required_argument, NULL, OPT_INHERITED},
	{"launcher", required_argument, NULL, OPT_LAUNCHER},
	{"resume", no_argument, NULL, OPT_RESUME},
	{"started", required_argument, NULL, OPT_STARTED},
	{0},
};

static const char usage[] =
	"Usage: hotswand [--config FILE] [--run-dir DIR] [--charon PROGRAM]\n"
	"       hotswand --check FILE\n"
	"       hotswand --command-reference\n"
	"\n"
	"  --config FILE     startup configuration (default /etc/hotswan/startup-config)\n"
	"  --run-dir DIR     sockets and run-time state (default /run/hotswan)\n"
	"  --charon PROGRAM  the IKE daemon to run (default: charon-systemd where the system has it)\n"
	"  --check FILE      reads a configuration, reports what is wrong with it by line; status 0 when "
	"nothing is\n"
	"  --command-reference  prints every command with its help, as doc/commands.md\n"
	"  --help, --version\n"
	"\n"
	"Signals: SIGTERM stops and removes everything that is ours; SIGUSR2 restarts and keeps it;\n"
	"SIGUSR1 ends and keeps it for the next start.\n";

static int print_reference(void)
{
	struct text t = {0};
	bool good;

	cli_command_reference(&t);
	good = !t.oom && fputs(text_str(&t), stdout) >= 0 && fflush(stdout) == 0;
	text_free(&t);
	return good ? 0 : 1;
}

static const char *find_charon(void)
{
	static const char *const places[] = {"/usr/sbin/charon-systemd", "/usr/lib/ipsec/charon-systemd",
		"/usr/libexec/ipsec/charon-systemd", "/usr/libexec/strongswan/charon-systemd",
		"/usr/local/sbin/charon-systemd"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return places[0];
}

static enum role role_by_name(const char *name)
{
	for (enum role r = 0; r < ROLE_COUNT; r++)
		if (!strcmp(name, role_word(r)))
			return r;
	return ROLE_COUNT;
}

/* A role dies with its launcher; one that was gone before we could say so is noticed by its pid. */
static bool bind_to_launcher(int launcher_pid)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == launcher_pid;
}

static int run_role(enum role role, const struct role_args *args, const char *inherited)
{
	static const int ignored[] = {SIGPIPE, SIGINT, SIGHUP};
	int r;

	if (role == ROLE_LAUNCHER)
		return launcher_main(args, inherited);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	if (!bind_to_launcher(args->launcher_pid))
		return ROLE_EXIT_FAILED;
	if (role != ROLE_IKE && (r = privileges_drop()) < 0)
		log_ios("SYS", LOG_SEV_WARNING, "SECCOMP", "The system-call filter cannot be set: %s",
			strerror(-r));
	return role == ROLE_HSRP      ? hsrpd_main(args)
		: role == ROLE_ENGINE ? engine_main(args)
				      : ike_main(args);
}

int main(int argc, char **argv)
{
	struct role_args args = {.config = "/etc/hotswan/startup-config", .run_dir = "/run/hotswan"};
	const char *check = NULL, *inherited = NULL;
	enum role role = ROLE_LAUNCHER;
	int o;

	umask(0077);
	while ((o = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		switch (o) {
		case OPT_CONFIG: args.config = optarg; break;
		case OPT_RUN_DIR: args.run_dir = optarg; break;
		case OPT_CHECK: check = optarg; break;
		case OPT_REFERENCE: return print_reference();
		case OPT_CHARON: args.charon = optarg; break;
		case OPT_ROLE: role = role_by_name(optarg); break;
		case OPT_INHERITED: inherited = optarg; break;
		case OPT_LAUNCHER: args.launcher_pid = atoi(optarg); break;
		case OPT_RESUME: args.resume = true; break;
		case OPT_STARTED: args.started.ns = strtoll(optarg, NULL, 10); break;
		case 'h':
		case OPT_HELP: fputs(usage, stdout); return 0;
		case 'V':
		case OPT_VERSION: puts("hotswan " HOTSWAN_VERSION); return 0;
		default: return EXIT_USAGE; /* getopt named the option */
		}
	}
	if (optind < argc || role == ROLE_COUNT) {
		fprintf(stderr, "hotswand: unexpected argument: see hotswand --help\n");
		return EXIT_USAGE;
	}
	if (check)
		return engine_check(check);
	if (!args.charon)
		args.charon = find_charon();
	return run_role(role, &args, inherited);
}
