/*
 * The nft table's contents: elements of sets, and the commands that make them.
 *
 * Owns:  names and shapes inside the table. For a device "e0":
 *          chains out.e0, in.e0, in.e0.v, out.e0.d, in.e0.d (drop), and one for each group and view: out.e0.p0, out.e0.f0 …;
 *          out.e0.h0, in.e0.h0 while a change is on its way;
 *          out.e0.w, out.e0.w0 … (packets that ask for an SA) and out.e0.l (told), while something waits for one; counters out.e0, in.e0;
 *          sets dev-e0.<generation>.<view><group>.<layer><verdict><kind><family>, dev-e0.<generation>.peer4, .any4 …, and,
 *          looked up by no chain, dev-e0.<generation>.m<entry>.<dynamic map's entry>.<family>: what was learned;
 *          dev-e0.<generation>.df-set-peer4, .df-clear-any4 …: to whom our ESP has a DF bit that the data plane does not give it.
 * Never: talks to the kernel.
 */
#ifndef LINUX_FILTER_TEXT_H
#define LINUX_FILTER_TEXT_H

#include "base/text.h"
#include "ipsec/filter.h"

enum { FILTER_ID_MAX = 3 * DEVICE_NAME_MAX + 1 };

enum filter_view {
	VIEW_PACKETS,
	VIEW_FRAGMENTS,
	VIEW_PEERS,
	VIEW_WAITING,
	VIEW_LEARNED,
	VIEW_DF,
	VIEW_HELD, /* the last: what is held is appended */
	VIEW_COUNT
};
enum filter_kind {
	KIND_ADDRESSES,
	KIND_PROTOCOL,
	KIND_PORTS,
	KIND_ICMP,
	KIND_PEER,
	KIND_ANY_PEER,
	KIND_EXACT
};

/* One element of one set; without padding, so that memcmp orders elements, those of a set side by side. */
struct filter_element {
	uint8_t view, kind;
	uint16_t group_be, layer_be; /* big-endian: the order of the bytes is that of the numbers */
	uint8_t family, permit;
	struct prefix local, remote;
	struct ports local_ports, remote_ports;
	uint8_t protocol, unused;
};

_Static_assert(sizeof(struct filter_element) == 8 + 2 * sizeof(struct prefix) + 2 * sizeof(struct ports) + 2,
	"no padding");

/*
 * The elements that a filter needs, sorted, without duplicates. *out is the caller's to free. 0, -ENOMEM, -E2BIG,
 * -EINVAL for a rule with mixed families.
 */
int filter_elements(const struct filter *f, struct filter_element **out, size_t *count);
/*
 * What must not pass while the elements `from` become `to`: sorted elements of VIEW_HELD, *out the caller's to free.
 *
 * The kernel takes elements out of sets of intervals at once and fills them a moment later, set by set, so for that moment
 * some changes are seen and others are not. A change that only protects more, or only less, has no gap: each state in
 * between is one of more or less. Otherwise a packet can fall between what goes and what comes; it then matches both, so to
 * hold what comes is enough. Fragments have sets of their own from the first line with ports on: those start empty.
 * 0, -ENOMEM, -E2BIG.
 */
int filter_held(const struct filter_element *from, size_t from_count, const struct filter_element *to,
	size_t to_count, struct filter_element **out, size_t *count);
int filter_element_compare(const void *a, const void *b);
bool filter_same_set(const struct filter_element *a, const struct filter_element *b);

/* A device's name as part of a name in the table; false for a name that nft cannot express. */
bool filter_id(const char *device, char out[FILTER_ID_MAX]);
/* The way back; false when it is no such part. */
bool filter_id_device(const char *id, char out[DEVICE_NAME_MAX]);

/* What is written for a device: its id, and the generation of its sets. */
struct filter_names {
	const char *device, *id;
	unsigned generation;
	int ifindex; /* 0: not known */
	uint32_t mtu;
	bool log;	 /* what comes in and is dropped, and what asks for an SA, is told to linux/nflog.h */
	const char *tun; /* charon's TUN, by which packets that ask for an SA may leave, too; "": none */
};

/* The table and its hooks; changes nothing when they are there. */
void filter_write_table(struct text *t);
void filter_write_set(struct text *t, const struct filter_names *n, const struct filter_element *e);
void filter_write_set_gone(struct text *t, const struct filter_names *n, const struct filter_element *e);
/* "add element …" or "delete element …" for elements of one set. */
void filter_write_elements(struct text *t, const struct filter_names *n, const char *verb,
	const struct filter_element *const *e, size_t count);
/* One element of a set of what was learned, as nft lists it; `entry` and `learned` stand in the set's name. */
bool filter_read_learned(const char *element, struct filter_rule *out);
/*
 * The device's chains, emptied and written anew for the sets that these elements need. The chains of groups that only
 * `former` elements have are emptied and deleted.
 */
void filter_write_chains(struct text *t, const struct filter_names *n, const struct filter_element *e,
	size_t count, const struct filter_element *former, size_t former_count);
/*
 * What is sent to the virtual MAC of a standby group enters by its macvlan, not by the device: a hook of its own (chain
 * in.e0.v) sends it through the device's chain. Written anew when the device's index changes.
 */
void filter_write_virtual(struct text *t, const struct filter_names *n);
/* Hooks the device's chains in. */
void filter_write_hooks(struct text *t, const struct filter_names *n);
/* Unhooks the device, and deletes its counters: its chains have to be deleted in between. */
void filter_write_unhook(struct text *t, const struct filter_names *n);
void filter_write_counters_gone(struct text *t, const struct filter_names *n);

#endif
