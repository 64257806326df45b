/*
 * The IKE role: prepares a charon of our own, then becomes it.
 */
#include "daemon/roles.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>

#include "daemon/log.h"
#include "daemon/rundir.h"

int ike_main(const struct role_args *args)
{
	int r = rundir_note_charon(args->run_dir);

	if (r < 0) {
		log_fault("run directory %s cannot be written: %s", args->run_dir, strerror(-r));
		return ROLE_EXIT_FAULT;
	}
	/* charon outlives the launcher: the next one adopts it. */
	prctl(PR_SET_PDEATHSIG, 0);
	fcntl(ROLE_FD_LISTEN, F_SETFD, FD_CLOEXEC);
	fcntl(ROLE_FD_REPORT, F_SETFD, FD_CLOEXEC);
	execl(args->charon, args->charon, NULL);
	log_fault("%s cannot be run: %s", args->charon, strerror(errno));
	return ROLE_EXIT_FAULT;
}
