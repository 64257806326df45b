/*
 * What one HSRP group has in the kernel: a private macvlan with the virtual MAC, and the virtual addresses on it.
 *
 * Owns:  interfaces whose alias begins with "hotswan:" and the addresses on them; with use-bia, addresses of IFA_PROTO 213
 *        on the device itself; the settings a device needs while a group is on it.
 * Never: touches an interface without that alias, decides anything: hsrp/plan.c does. It blocks while the kernel's
 *        rtnetlink lock is held by others: it is for a thread that sends no hellos.
 *
 * The macvlan is down and without address unless its group is active: then nobody answers ARP or neighbour solicitations
 * for the virtual address and no frame leaves with the virtual MAC. Before it comes up, IPv6 is off on an IPv4 group's, and
 * without addresses of the kernel's own on an IPv6 group's.
 */
#ifndef LINUX_VMAC_H
#define LINUX_VMAC_H

#include "hsrp/group.h"
#include "linux/sysctl.h"

#define VMAC_ALIAS "hotswan:" /* device:group, IPv6 with VMAC_V6 behind the number */
#define VMAC_V6	   "v6"

/* The link group of our macvlans; the last bit says that one is to be deleted. quiet.h knows them by it. */
#define VMAC_GROUP	  0x68737276u
#define VMAC_GROUP_DOOMED (VMAC_GROUP | 1)
#define VMAC_GROUP_MASK	  (~1u)

struct vmac;

int vmac_open(struct vmac **out); /* -errno */
void vmac_close(struct vmac *v);

/* Carries one operation out; 0 when the kernel has confirmed it, else -errno. Repeating one is harmless. */
int vmac_apply(struct vmac *v, const struct hsrp_kernel *k);

/*
 * RENEW of many groups in one request; errors[n] is 0 or -errno for k[n]. What is not as it was left (the macvlan down, gone
 * or another one) is repaired or refused one by one, as by vmac_apply().
 */
void vmac_renew_many(struct vmac *v, const struct hsrp_kernel *const *k, unsigned count, int *errors);

/*
 * After UNSERVE: takes the macvlan down, unless an address was added meanwhile. UNSERVE does not wait for that: it takes
 * the kernel some milliseconds, and nobody answers for the address any more.
 */
int vmac_down(struct vmac *v, const struct hsrp_kernel *k);

/* REMOVE of many groups at once: deleting a hundred macvlans takes the kernel hardly longer than one. 0 or -errno. */
int vmac_remove_many(struct vmac *v, const struct hsrp_kernel *const *k, unsigned count);

/*
 * Deletes macvlans of ours that `keep` does not know: what a predecessor left of groups that are not configured any more.
 * 0 or -errno. The alias tells device, family and group.
 */
typedef bool vmac_keep_fn(void *arg, const char *device, enum ip_family family, unsigned group);
int vmac_sweep(struct vmac *v, vmac_keep_fn *keep, void *arg);

struct vmac_link {
	int ifindex; /* 0: there is no such device */
	bool up;     /* administratively up and with carrier */
	struct mac mac;
	struct ipaddr
		link_local; /* permanent and usable; of several that of the MAC, else the lowest; not set: none */
};
int vmac_link_query(struct vmac *v, const char *device, struct vmac_link *out); /* 0 or -errno */

/*
 * The settings of a device that carries groups, recorded for their way back: arp_ignore 1 (the device does not answer for
 * the macvlan's address), arp_announce 2 (it does not ask with it), send_redirects 0 (RFC 2281 6.3). 0 or the first -errno.
 */
int vmac_device_settings(struct sysctl_record *r, const char *device);
/* The way back for one device. */
int vmac_device_restore(struct sysctl_record *r, const char *device);

#endif
