/* hotswan: the IOS shell, also as a login shell. A terminal to the engine; it parses no command. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/shell.h"

static const char usage[] = "Usage: hotswan [--run-dir DIR] [-c COMMAND]\n"
			    "\n"
			    "  -c COMMAND     runs one command (or several, one a line) and ends\n"
			    "  --run-dir DIR  of the hotswand to talk to (default /run/hotswan)\n"
			    "  --help, --version\n"
			    "\n"
			    "Without -c, lines come from the terminal or from standard input.\n"
			    "Exit status: 0; 1 when a line was refused; 2 when hotswand cannot be reached.\n";

/* What a client of sshd asked for where `ForceCommand hotswan` stands in its place; NULL: a session. */
static const char *forced_over(void)
{
	const char *command = getenv("SSH_ORIGINAL_COMMAND");

	return command && *command ? command : NULL;
}

/* -c, --help and --version leave the terminal as it is. */
static bool wants_terminal(int argc, char **argv)
{
	if (forced_over())
		return false;
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "-c", 2) || !strncmp(argv[i], "-h", 2) || !strncmp(argv[i], "-V", 2) ||
			!strncmp(argv[i], "--h", 3) || !strncmp(argv[i], "--v", 3))
			return false;
	return isatty(STDIN_FILENO);
}

static int run(const char *run_dir, const char *command, bool terminal)
{
	static struct client client;
	int r = client_connect(&client, run_dir);

	if (r < 0) {
		fprintf(stderr, "hotswan: hotswand does not answer at %s/cli.sock: %s%s\n", run_dir,
			strerror(-r), terminal ? "\r" : "");
		client_close(&client);
		return SHELL_UNREACHABLE;
	}
	r = terminal ? terminal_session(&client) : batch_session(&client, command);
	client_close(&client);
	return r;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"run-dir", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
	const char *run_dir = "/run/hotswan", *command = forced_over();
	bool terminal = wants_terminal(argc, argv);
	int o, status;

	if (terminal)
		terminal_raw();
	while ((o = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		switch (o) {
		case 'c': command = optarg; break;
		case 'r': run_dir = optarg; break;
		case 'h': fputs(usage, stdout); return SHELL_OK;
		case 'V': puts("hotswan " HOTSWAN_VERSION); return SHELL_OK;
		default: terminal_restore(); return SHELL_UNREACHABLE;
		}
	}
	if (optind < argc) {
		terminal_restore();
		fprintf(stderr, "hotswan: unexpected argument: see hotswan --help\n");
		return SHELL_UNREACHABLE;
	}
	status = run(run_dir, command, terminal);
	terminal_restore();
	return status;
}
