/* Checks before a start: see startup.h. */
#include "daemon/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/rundir.h"

enum { LISTEN_BACKLOG = 64, IKE_PORT = 500, IKE_NATT_PORT = 4500 };

int startup_check_config(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int why = errno;

	/* A box without a configuration starts empty, as a router does. */
	if (fd < 0 && why == ENOENT)
		return 0;
	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		why = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else if (fd >= 0)
		why = 0;
	if (fd >= 0)
		close(fd);
	if (why)
		log_fault("configuration %s cannot be read: %s", file, strerror(why));
	return why ? -1 : 0;
}

int startup_check_capabilities(void)
{
	static const struct {
		cap_value_t cap;
		const char *name;
	} needed[] = {{CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_NET_RAW, "CAP_NET_RAW"},
		{CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE"}};
	cap_t mine = cap_get_proc();
	const char *missing = NULL;

	for (size_t i = 0; mine && !missing && i < sizeof(needed) / sizeof(*needed); i++) {
		cap_flag_value_t has = CAP_CLEAR;

		if (cap_get_flag(mine, needed[i].cap, CAP_EFFECTIVE, &has) < 0 || has != CAP_SET)
			missing = needed[i].name;
	}
	cap_free(mine);
	if (missing)
		log_fault("capability %s is missing: start as root or by hotswan.service", missing);
	return missing ? -1 : 0;
}

int startup_check_charon(const char *program)
{
	if (access(program, X_OK) == 0)
		return 0;
	log_fault("%s cannot be run: %s (install charon-systemd, or name it with --charon)", program,
		strerror(errno));
	return -1;
}

static int check_port(unsigned port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int why = 0;

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		why = errno;
	if (fd >= 0)
		close(fd);
	if (why == EADDRINUSE)
		log_fault("UDP port %u is in use: another IKE daemon runs in this network namespace", port);
	else if (why)
		log_fault("UDP port %u cannot be bound: %s", port, strerror(why));
	return why ? -1 : 0;
}

int startup_check_ports(void)
{
	return check_port(IKE_PORT) < 0 || check_port(IKE_NATT_PORT) < 0 ? -1 : 0;
}

int startup_lock_namespace(void)
{
	static const char name[] = "\0hotswan/netns";
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(name) - 1);
	struct ucred owner = {0};
	socklen_t owner_len = sizeof(owner);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, name, sizeof(name) - 1);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 && listen(fd, 1) == 0)
		return fd;
	if (errno != EADDRINUSE) {
		log_fault("the lock of this network namespace cannot be taken: %s", strerror(errno));
	} else {
		/* The owner never accepts, but its backlog tells who it is. */
		if (connect(fd, (struct sockaddr *)&a, len) == 0)
			(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &owner_len);
		log_fault(
			"this network namespace is in use by another hotswand (process %d)", (int)owner.pid);
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

int startup_listen(const char *run_dir, const char *name, int type, unsigned mode)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char path[RUNDIR_PATH_MAX];
	int fd;

	if (!rundir_path(path, run_dir, name) || strlen(path) >= sizeof(a.sun_path)) {
		log_fault("run directory %s: the name is too long for a socket", run_dir);
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)unlink(path); /* of a predecessor: we hold the run directory's lock */
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && chmod(path, mode) == 0 &&
		listen(fd, LISTEN_BACKLOG) == 0)
		return fd;
	log_fault("socket %s cannot be made: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
