/*
 * The IKE role: prepares a charon of our own, then becomes it.
 */
#include "daemon/roles.h"

#include <errno.h>
#include <sys/prctl.h>

#include "base/text.h"
#include "daemon/log.h"
#include "linux/charon.h"

int ike_main(const struct role_args *args)
{
	struct text fault = {0};

	/* charon outlives the launcher: the next one adopts it. */
	prctl(PR_SET_PDEATHSIG, 0);
	int error = charon_exec(args->run_dir, args->charon, &fault);
	log_fault("%s", text_str(&fault));
	text_free(&fault);
	/* One that lives already is the launcher's to find; a binary or a directory that is not there stays away. */
	return error == -EEXIST || error == -EAGAIN ? ROLE_EXIT_FAILED : ROLE_EXIT_FAULT;
}
