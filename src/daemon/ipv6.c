/* Kernel settings of IPv6: see ipv6.h. */
#include "daemon/ipv6.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "linux/sysctl.h"

static const char forwarding[] = "net/ipv6/conf/all/forwarding";
static const char head[] = "net/ipv6/conf/", tail[] = "/disable_ipv6";

static void made(const char *name, int r)
{
	if (r < 0 &&
		r != -ENOENT) /* a device that is away gets it when it comes; a kernel without IPv6 has none */
		log_ios("SYS", LOG_SEV_WARNING, "SYSCTL", "%s cannot be set: %s", name, strerror(-r));
}

static bool device_wants(const struct model *m, const char *device)
{
	const struct interface_cfg *i;

	vec_each (&m->interfaces, n, i)
		if (interface_wants_ipv6(i) && strcmp(interface_device(i), device) == 0)
			return true;
	return false;
}

/* The device of a setting of ours; false for another setting. */
static bool device_of(const char *setting, char out[DEVICE_NAME_MAX])
{
	size_t len = strlen(setting), fixed = strlen(head) + strlen(tail);

	if (len <= fixed || len - fixed >= DEVICE_NAME_MAX || strncmp(setting, head, strlen(head)) != 0 ||
		strcmp(setting + len - strlen(tail), tail) != 0)
		return false;
	memcpy(out, setting + strlen(head), len - fixed);
	out[len - fixed] = '\0';
	return true;
}

/* Devices that no line speaks of any more. */
static void put_back(struct engine *e)
{
	for (size_t n = sysctl_count(e->sysctl); n-- > 0;) {
		const char *name, *before, *ours;
		char copy[SYSCTL_NAME_MAX], device[DEVICE_NAME_MAX];

		sysctl_get(e->sysctl, n, &name, &before, &ours);
		(void)str_copy(copy, sizeof(copy), name); /* restoring drops it */
		if (device_of(copy, device) && !device_wants(e->model, device))
			made(copy, sysctl_restore(e->sysctl, copy));
	}
}

void ipv6_settings(struct engine *e)
{
	const struct interface_cfg *i;
	char name[SYSCTL_NAME_MAX];

	if (e->stopping)
		return;
	if (e->model->ipv6_unicast_routing)
		made(forwarding, sysctl_set(e->sysctl, forwarding, "1"));
	else
		made(forwarding, sysctl_restore(e->sysctl, forwarding));
	vec_each (&e->model->interfaces, n, i) {
		if (!interface_wants_ipv6(i) || !interface_device(i)[0])
			continue;
		snprintf(name, sizeof(name), "%s%s%s", head, interface_device(i), tail);
		made(name, sysctl_set(e->sysctl, name, "0"));
	}
	put_back(e);
}
