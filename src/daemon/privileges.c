/* Privileges given up: see privileges.h. */
#include "daemon/privileges.h"

#include <errno.h>
#include <stddef.h>
#include <seccomp.h>
#include <sys/prctl.h>

/* A list of what is refused, not of what is allowed: libraries change what they call, these stay useless to us. Refused
 * means EPERM: a parser that was taken over cannot start a program, trace another process or load code into the kernel. */
static const int refused[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(fsmount), SCMP_SYS(open_tree), SCMP_SYS(pivot_root),
	SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon),
	SCMP_SYS(swapoff), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(adjtimex),
	SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(mknod), SCMP_SYS(mknodat),
	SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(io_uring_setup)};

int privileges_drop(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = 0;

	if (!filter)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < sizeof(refused) / sizeof(*refused); i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
		if (r == -EDOM) /* not on this architecture */
			r = 0;
	}
	/* Sets no_new_privs, too: an unprivileged process may not filter otherwise. */
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	if (r < 0)
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return r;
}
