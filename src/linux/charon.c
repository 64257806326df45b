#include "linux/charon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/xfrm.h"

int charon_path(const char *run_dir, const char *file, char out[CHARON_PATH_MAX])
{
	int n = snprintf(out, CHARON_PATH_MAX, "%s/charon/%s", run_dir, file);

	return n < 0 || n >= CHARON_PATH_MAX ? -ENAMETOOLONG : 0;
}

/* ---- small files ---- */

/* The length, or -errno; what does not fit is cut. */
static ssize_t read_small(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*out = '\0';
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, out, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	out[n < 0 ? 0 : n] = '\0';
	return n;
}

/* Written beside and renamed: a reader sees the old or the new file. */
static int write_small(const char *path, const char *text)
{
	char beside[CHARON_PATH_MAX + 4];
	size_t len = strlen(text);
	int error = 0;

	snprintf(beside, sizeof(beside), "%s.new", path);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ssize_t n = write(fd, text, len);
	if (n < 0)
		error = -errno;
	else if ((size_t)n < len)
		error = -ENOSPC;
	if (close(fd) < 0 && !error)
		error = -errno;
	if (!error && rename(beside, path) < 0)
		error = -errno;
	if (error)
		unlink(beside);
	return error;
}

static int write_file(const char *run_dir, const char *file, const struct text *text)
{
	char path[CHARON_PATH_MAX];
	int error = charon_path(run_dir, file, path);

	if (!error && text->oom)
		error = -ENOMEM;
	return error ? error : write_small(path, text_str(text));
}

int charon_write_retransmit(const char *run_dir, uint32_t total_ms, uint32_t nat_keepalive_s)
{
	struct text text = {0};

	charon_retransmit_conf(&text, total_ms, nat_keepalive_s);
	int error = write_file(run_dir, "retransmit.conf", &text);
	text_free(&text);
	return error;
}

/* ---- the process ---- */

/* Field 22 of /proc/PID/stat (proc(5)); 0 when there is no such process, or only its exit status is left. */
static uint64_t start_time(pid_t pid)
{
	char path[64], stat[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_small(path, stat, sizeof(stat)) <= 0)
		return 0;
	const char *p = strrchr(stat, ')'); /* the name in parentheses may hold anything */
	if (!p || p[1] != ' ' || p[2] == 'Z' || p[2] == 'X')
		return 0;
	for (int field = 3; p && field <= 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p + 1, NULL, 10) : 0;
}

int charon_note(const char *run_dir)
{
	char path[CHARON_PATH_MAX], line[64];
	int error = charon_path(run_dir, "pid", path);

	snprintf(line, sizeof(line), "%d %llu\n", (int)getpid(), (unsigned long long)start_time(getpid()));
	return error ? error : write_small(path, line);
}

int charon_find(const char *run_dir, struct charon_process *out)
{
	char path[CHARON_PATH_MAX], line[64];
	unsigned long long start;
	int pid, error = charon_path(run_dir, "pid", path);

	if (error)
		return error;
	ssize_t n = read_small(path, line, sizeof(line));
	if (n == -ENOENT)
		return -ESRCH;
	if (n < 0)
		return (int)n;
	if (sscanf(line, "%d %llu", &pid, &start) != 2 || pid < 2 || start == 0)
		return -ESRCH;
	/* First the descriptor, then the check: from then on it cannot become another process. */
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return -errno;
	if (start_time(pid) != start) {
		close(fd);
		return -ESRCH;
	}
	*out = (struct charon_process){.pid = pid, .start = start, .pidfd = fd};
	return 0;
}

uint64_t charon_start_time(pid_t pid)
{
	return start_time(pid);
}

/* The rule that leads to charon's own routing table; the routes in it went with the TUN device. */
static int remove_rule(uint8_t family)
{
	char buffer[4096];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (!socket)
		return -errno;
	message->nlmsg_type = RTM_DELRULE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	struct fib_rule_hdr *rule = mnl_nlmsg_put_extra_header(message, sizeof(*rule));
	rule->family = family;
	rule->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(message, FRA_TABLE, CHARON_TABLE);
	mnl_attr_put_u32(message, FRA_PRIORITY, CHARON_TABLE);

	int error = mnl_socket_sendto(socket, message, message->nlmsg_len) < 0 ? -errno : 0;
	if (!error) {
		ssize_t n = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (n < 0 || mnl_cb_run(buffer, (size_t)n, 0, 0, NULL, NULL) < 0)
			error = -errno;
	}
	mnl_socket_close(socket);
	/* None there, or no IPv6 in this kernel. */
	return error == -ENOENT || error == -EAFNOSUPPORT || error == -EOPNOTSUPP ? 0 : error;
}

int charon_clean(const char *run_dir)
{
	static const char *const files[] = {
		"charon.vici", "pid"}; /* the pid file last: it says that there is work */
	struct charon_process alive;
	char path[CHARON_PATH_MAX];
	int error = charon_find(run_dir, &alive);

	if (!error) {
		close(alive.pidfd);
		return -EBUSY;
	}
	if (error != -ESRCH)
		return error;
	error = charon_path(run_dir, "pid", path);
	if (error || access(path, F_OK) < 0)
		return error;
	struct xfrm_cleaned cleaned;
	error = xfrm_clean(&cleaned);
	if (!error)
		error = remove_rule(AF_INET);
	if (!error)
		error = remove_rule(AF_INET6);
	for (size_t i = 0; !error && i < sizeof(files) / sizeof(*files); i++) {
		error = charon_path(run_dir, files[i], path);
		if (!error && unlink(path) < 0 && errno != ENOENT)
			error = -errno;
	}
	return error;
}

/* ---- becoming charon ---- */

/* Without ESP in the kernel charon does it itself, over a TUN device. */
static int check_tun(struct text *fault)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		int error = -errno;
		text_printf(fault,
			"the kernel has no ESP (module esp4), and /dev/net/tun cannot be opened: %s",
			strerror(-error));
		return error;
	}
	close(fd);
	return 0;
}

static int write_configuration(const char *run_dir, struct text *fault)
{
	struct charon_options options = {.run_dir = run_dir, .kernel_esp = false};
	struct text text = {0};
	char path[CHARON_PATH_MAX];

	int error = xfrm_probe_esp();
	if (error < 0)
		return error;
	options.kernel_esp = error == 1;
	if (!options.kernel_esp && (error = check_tun(fault)) < 0)
		return error;
	charon_conf(&text, &options);
	error = write_file(run_dir, "strongswan.conf", &text);
	text_free(&text);
	/* The engine may have written its schedule before us; charon wants the file to be there. */
	if (!error)
		error = charon_path(run_dir, "retransmit.conf", path);
	if (!error && access(path, F_OK) < 0)
		error = charon_write_retransmit(run_dir, CHARON_RETRANSMIT_DEFAULT_MS, 0);
	return error;
}

/* Standard input from nowhere, output to charon.out; nothing else is inherited. */
static int set_descriptors(const char *run_dir)
{
	char path[CHARON_PATH_MAX];
	int error = charon_path(run_dir, "charon.out", path);

	if (error)
		return error;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (null < 0 || out < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		error = -errno;
	/* Marked, not closed: should exec fail, the caller still has them. */
	if (!error && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		error = -errno;
	return error;
}

/* A process starts with the signals its parent had: ours are blocked or ignored by then. */
static void reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &action, NULL);
	action.sa_handler = SIG_IGN; /* a terminal that goes, a log that reached its limit */
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int fault_line(struct text *fault, int error, const char *what, const char *subject)
{
	text_printf(fault, "%s %s: %s", what, subject, strerror(-error));
	return error;
}

int charon_exec(const char *run_dir, const char *binary, struct text *fault)
{
	char path[CHARON_PATH_MAX], variable[CHARON_PATH_MAX + 32], directory[CHARON_PATH_MAX];
	char *const argv[] = {(char *)"charon-systemd", NULL};
	char *const envp[] = {variable, NULL};
	struct rlimit log_limit = {8 * (rlim_t)CHARON_LOG_MAX, 8 * (rlim_t)CHARON_LOG_MAX};

	int error = charon_path(run_dir, "strongswan.conf", path);
	if (!error)
		error = charon_path(run_dir, "", directory);
	if (error)
		return fault_line(fault, error, "run directory", run_dir);
	if (access(binary, X_OK) < 0)
		return fault_line(fault, -errno, "IKE daemon", binary);
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return fault_line(fault, -errno, "directory", directory);

	error = charon_clean(run_dir);
	if (error == -EBUSY) {
		text_printf(fault, "charon of %s is running already", run_dir);
		return -EEXIST;
	}
	if (error)
		return fault_line(fault, error, "cleaning up behind the last charon of", run_dir);
	error = write_configuration(run_dir, fault);
	if (error)
		return fault->len ? error : fault_line(fault, error, "configuration", path);
	snprintf(variable, sizeof(variable), "STRONGSWAN_CONF=%s", path);

	(void)setsid(); /* fails only where it is one already */
	(void)setrlimit(RLIMIT_FSIZE, &log_limit);
	umask(0077);
	error = charon_note(run_dir);
	if (error)
		return fault_line(fault, error, "pid file in", directory);
	error = set_descriptors(run_dir);
	if (error)
		return fault_line(fault, error, "standard output in", directory);
	reset_signals();
	execve(binary, argv, envp);
	return fault_line(fault, -errno, "IKE daemon", binary);
}

/* ---- its log and its device ---- */

int charon_trim_log(const char *run_dir)
{
	char path[CHARON_PATH_MAX], old[CHARON_PATH_MAX];
	struct stat st;
	int error = charon_path(run_dir, "charon.log", path);

	if (!error)
		error = charon_path(run_dir, "charon.log.1", old);
	if (error)
		return error;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (st.st_size <= CHARON_LOG_MAX)
		return 0;

	/* charon keeps its file open, so it is copied and cut; it appends, so it goes on at the start. */
	int from = open(path, O_RDWR | O_CLOEXEC);
	int to = open(old, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (from < 0 || to < 0)
		error = -errno;
	while (!error) {
		ssize_t n = sendfile(to, from, NULL, CHARON_LOG_MAX);
		if (n == 0)
			break;
		if (n < 0)
			error = -errno;
	}
	/* Also when there was no room for the copy: the log must not grow without bounds. */
	if (from >= 0 && ftruncate(from, 0) < 0 && !error)
		error = -errno;
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return error;
}

/* "iff:\tipsec0" in the fdinfo of a TUN descriptor. */
static bool tun_of_fdinfo(const char *text, char *out, size_t size)
{
	const char *p = strstr(text, "iff:");

	if (!p || (p != text && p[-1] != '\n'))
		return false;
	p += strlen("iff:");
	p += strspn(p, " \t");
	size_t n = strcspn(p, "\n");
	if (n == 0 || n >= size)
		return false;
	memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

int charon_tun_name(pid_t pid, char *out, size_t size)
{
	char path[64 + NAME_MAX], text[1024];
	struct dirent *entry;
	int error = -ENODEV;

	*out = '\0';
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)pid);
	DIR *dir = opendir(path);
	if (!dir)
		return -errno;
	while (error && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, entry->d_name);
		if (read_small(path, text, sizeof(text)) > 0 && tun_of_fdinfo(text, out, size))
			error = 0;
	}
	closedir(dir);
	return error;
}
