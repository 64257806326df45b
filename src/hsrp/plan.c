/*
 * One group's part of the kernel: what it should have against what it has. One operation is under way at a time; its
 * answer is the event that starts the next. Both orders of a role change are a consequence of these two functions.
 */
#include <assert.h>
#include <string.h>

#include "base/planted.h"
#include "hsrp/internal.h"

/* The macvlan is made when the group first becomes Standby, and kept until it leaves HSRP. */
static enum have wanted(const struct group *g)
{
	if (g->state == HSRP_ACTIVE || (PLANTED(PLANTED_STALE_ADDRESS) && g->have == HAVE_ADDRESS))
		return HAVE_ADDRESS;
	if (g->i->c.use_bia || g->state <= HSRP_INITIAL)
		return HAVE_NOTHING;
	if (g->state == HSRP_STANDBY && !g->prepare_failed)
		return HAVE_MACVLAN;
	return g->have == HAVE_NOTHING ? HAVE_NOTHING : HAVE_MACVLAN;
}

struct mac plan_mac(const struct group *g)
{
	if (g->i->c.use_bia)
		return g->i->mac;
	return g->c.mac_configured
		? g->c.mac
		: hsrp_virtual_mac(g->i->c.version, (enum ip_family)g->c.family, g->key.number);
}

/* What SERVE or PREPARE would install now. */
static void target(const struct group *g, struct hsrp_kernel *k)
{
	*k = (struct hsrp_kernel){.ifindex = g->i->ifindex,
		.group = g->key.number,
		.family = g->c.family,
		.use_bia = g->i->c.use_bia,
		.mac = plan_mac(g)};
	memcpy(k->device, g->i->c.device, sizeof(k->device));
	/* D9: gone by itself a second after the hold time in which nobody renewed it; whole seconds in the kernel. */
	k->lifetime_s = (g->hold_ms + 2 * SECOND_MS - 1) / SECOND_MS;
	if (k->lifetime_s < LIFETIME_MIN_S)
		k->lifetime_s = LIFETIME_MIN_S;
	if (ip_is_set(&g->vip))
		k->address[k->address_count++] = g->vip;
	for (unsigned n = 0; n < g->c.secondary_count; n++)
		k->address[k->address_count++] = g->c.secondary[n];
}

static bool same_device(const struct hsrp_kernel *a, const struct hsrp_kernel *b)
{
	return a->use_bia == b->use_bia && memcmp(&a->mac, &b->mac, sizeof(a->mac)) == 0;
}

static bool same_addresses(const struct hsrp_kernel *a, const struct hsrp_kernel *b)
{
	return a->address_count == b->address_count &&
		memcmp(a->address, b->address, a->address_count * sizeof(a->address[0])) == 0;
}

static bool has_address(const struct hsrp_kernel *k, const struct ipaddr *address)
{
	for (unsigned n = 0; n < k->address_count; n++)
		if (ip_equal(&k->address[n], address))
			return true;
	return false;
}

/*
 * Only secondary addresses differ: SERVE makes the set exact and the primary one, on which tunnels end, stays. On the
 * device itself (use-bia) it only adds, since it cannot tell another group's address from one that is to go.
 */
static bool serves_on(const struct hsrp_kernel *installed, const struct hsrp_kernel *t)
{
	if (!installed->address_count || !t->address_count ||
		!ip_equal(&installed->address[0], &t->address[0]))
		return false;
	for (unsigned n = 0; t->use_bia && n < installed->address_count; n++)
		if (!has_address(t, &installed->address[n]))
			return false;
	return true;
}

/* The operation that brings the group nearer to what it wants; -1 when it has that. */
static int next_op(const struct group *g, const struct hsrp_kernel *t)
{
	enum have want = wanted(g);
	bool other = (g->have == HAVE_MACVLAN || g->have == HAVE_ADDRESS) && !same_device(&g->installed, t);

	if (want == HAVE_ADDRESS && g->have == HAVE_ADDRESS && !other)
		return same_addresses(&g->installed, t) ? -1
			: serves_on(&g->installed, t)	? HSRP_KERNEL_SERVE
							: HSRP_KERNEL_UNSERVE;
	if (g->have == HAVE_ADDRESS)
		return HSRP_KERNEL_UNSERVE; /* before anything else: this is what leaving waits for */
	if (other)
		return HSRP_KERNEL_REMOVE;
	switch (want) {
	case HAVE_ADDRESS: return HSRP_KERNEL_SERVE;
	case HAVE_MACVLAN:
		return g->have == HAVE_MACVLAN	  ? -1
			: g->have == HAVE_NOTHING ? HSRP_KERNEL_PREPARE
						  : HSRP_KERNEL_UNSERVE;
	default: return g->have == HAVE_NOTHING ? -1 : HSRP_KERNEL_REMOVE;
	}
}

static void issue(struct hsrp *h, struct group *g, enum hsrp_kernel_op op, const struct hsrp_kernel *what)
{
	assert(!g->busy && g->i->ifindex > 0);
	struct hsrp_out *out = out_new(h, HSRP_OUT_KERNEL);
	out->kernel = *what;
	out->kernel.op = (uint8_t)op;
	out->kernel.serial = ++h->serial;
	g->busy = true;
	g->repairs = g->taken && op == HSRP_KERNEL_RENEW;
	g->taken = false;
	g->op = (uint8_t)op;
	g->serial = h->serial;
	g->t_renew = MONO_NEVER;
	if (op == HSRP_KERNEL_SERVE || op == HSRP_KERNEL_RENEW)
		g->asked_at = h->now;
}

bool plan_holds_address(const struct hsrp *h, const struct group *g)
{
	return g->have == HAVE_ADDRESS && mono_before(h->now, g->held_until);
}

/* At the latest it lives from when it was asked for. */
static void confirmed(struct group *g)
{
	g->held_until =
		mono_add_ms(g->asked_at, (int64_t)g->installed.lifetime_s * SECOND_MS - LIFETIME_EARLY_MS);
}

/*
 * Renewed after half the lifetime, and not so late that an address taken away by hand stays away for long. All groups keep to
 * one grid: what is renewed together costs the kernel one request and those who listen to it one wake-up.
 */
static mono_t renew_at(const struct hsrp *h, const struct group *g)
{
	if (g->taken) {
		mono_t soon = mono_add_ms(h->now, REPAIR_MS),
		       again = mono_add_ms(g->asked_at, REPAIR_EVERY_MS);
		return mono_before(soon, again) ? again : soon;
	}
	int64_t half_ms = (int64_t)g->installed.lifetime_s * SECOND_MS / 2;
	int64_t ms = mono_diff_ms(h->now, (mono_t){0}) + (half_ms < RENEW_MS ? half_ms : RENEW_MS);

	return mono_add_ms((mono_t){0}, (ms / RENEW_GRID_MS + 1) * RENEW_GRID_MS);
}

void plan_run(struct hsrp *h, struct group *g)
{
	struct hsrp_kernel t;

	if (g->busy || g->i->ifindex <= 0)
		return;
	if (g->have == HAVE_ADDRESS && !plan_holds_address(h, g))
		g->have = HAVE_UNKNOWN; /* its renewal was overslept: SERVE puts all of it back */
	target(g, &t);
	int op = next_op(g, &t);
	if (op == HSRP_KERNEL_SERVE || op == HSRP_KERNEL_PREPARE) {
		g->installed = t;
		issue(h, g, (enum hsrp_kernel_op)op, &t);
	} else if (op >= 0) {
		if (g->have == HAVE_UNKNOWN)
			g->installed = t;
		issue(h, g, (enum hsrp_kernel_op)op, &g->installed);
	} else if (g->have == HAVE_ADDRESS && g->t_renew.ns <= h->now.ns) {
		g->installed.lifetime_s = t.lifetime_s;
		issue(h, g, HSRP_KERNEL_RENEW, &g->installed);
	}
	if (!g->busy && g->have == HAVE_ADDRESS && g->t_renew.ns == INT64_MAX)
		g->t_renew = renew_at(h, g);
}

/*
 * The renewal puts all of it back, so it comes sooner; SERVE does, where the lifetime is over as far as we know. One that is
 * under way may have been before this: then another.
 */
void plan_taken(struct hsrp *h, struct group *g)
{
	if (wanted(g) != HAVE_ADDRESS || g->have != HAVE_ADDRESS || g->taken)
		return;
	g->taken = true;
	if (!g->busy)
		g->t_renew = renew_at(h, g);
}

static void repaired(struct hsrp *h, struct group *g)
{
	if (!out_quiet(h, &g->quiet_taken))
		out_log(h, 4,
			"%%HSRP-4-TAKEN: %s Grp %u somebody removed the virtual address or switched its "
			"interface off; it is back",
			g->i->c.name, g->key.number);
}

/* The address is gone, or was never there: what waited for that may leave. */
static void gone(struct hsrp *h, struct group *g)
{
	unsigned pending = g->pending;
	bool served = g->serving;

	bool settled = g->untold && g->state != HSRP_ACTIVE;

	g->serving = false;
	g->held_until = (mono_t){0};
	g->pending = 0;
	if (settled)
		g->unconfirmed = g->untold = false;
	if (served)
		debug_address(h, g, false);
	/* Active again, or with another address: it comes right back, and Resign would be a lie. */
	if (g->state != HSRP_ACTIVE && (pending || served)) {
		g->address_confirmed = h->now;
		group_say(h, g, pending, (enum hsrp_state)g->state);
		g->announced_at = h->now;
	}
	if (served || settled)
		out_report(h, g, served ? HSRP_PHASE_GONE : HSRP_PHASE_CHANGED);
	follow_gone(h, g);
}

static const char *const op_words[] = {
	[HSRP_KERNEL_PREPARE] = "creating the virtual MAC interface",
	[HSRP_KERNEL_SERVE] = "adding the virtual address",
	[HSRP_KERNEL_RENEW] = "renewing the virtual address",
	[HSRP_KERNEL_UNSERVE] = "removing the virtual address",
	[HSRP_KERNEL_REMOVE] = "deleting the virtual MAC interface",
};

static void failed(struct hsrp *h, struct group *g, enum hsrp_kernel_op op, int error)
{
	g->kernel_error = error;
	out_log(h, 3, "%%HSRP-3-KERNEL: %s Grp %u %s failed, error %d", g->i->c.name, g->key.number,
		op_words[op], error);
	switch (op) {
	case HSRP_KERNEL_PREPARE:
		g->have = HAVE_NOTHING;
		g->prepare_failed = true;
		break;
	case HSRP_KERNEL_SERVE:
		g->have = HAVE_UNKNOWN;
		if (g->state == HSRP_ACTIVE) {
			group_event(
				h, g, HSRP_EV_ADDRESS_LOST, HSRP_REASON_ADDRESS_FAILED, NULL, NULL, h->now);
			out_report(h, g, HSRP_PHASE_FAILED);
		}
		break;
	case HSRP_KERNEL_RENEW: g->have = HAVE_UNKNOWN; break; /* SERVE puts all of it back */
	case HSRP_KERNEL_UNSERVE:
		/* It is not renewed any more: the kernel takes it away at the end of its lifetime. */
		g->have = HAVE_MACVLAN;
		gone(h, g);
		break;
	case HSRP_KERNEL_REMOVE:
		g->have = HAVE_NOTHING;
		gone(h, g);
		break;
	}
}

void plan_answer(struct hsrp *h, struct group *g, int error)
{
	enum hsrp_kernel_op op = (enum hsrp_kernel_op)g->op;

	assert(g->busy);
	g->busy = false;
	if (error) {
		failed(h, g, op, error);
	} else {
		if (op != HSRP_KERNEL_UNSERVE && op != HSRP_KERNEL_REMOVE)
			g->kernel_error = 0;
		switch (op) {
		case HSRP_KERNEL_PREPARE: g->have = HAVE_MACVLAN; break;
		case HSRP_KERNEL_SERVE:
			g->have = HAVE_ADDRESS;
			confirmed(g);
			debug_address(h, g, true);
			if (g->state == HSRP_ACTIVE && plan_holds_address(h, g))
				group_announce(h, g);
			break;
		case HSRP_KERNEL_RENEW:
			confirmed(g);
			if (g->repairs)
				repaired(h, g);
			break;
		case HSRP_KERNEL_UNSERVE:
			g->have = g->installed.use_bia ? HAVE_NOTHING : HAVE_MACVLAN;
			gone(h, g);
			break;
		case HSRP_KERNEL_REMOVE:
			g->have = HAVE_NOTHING;
			gone(h, g);
			break;
		}
	}
	plan_run(h, g);
}

/* The device vanished and took macvlan and addresses along. An operation under way is answered, its answer is stale. */
void plan_device_gone(struct hsrp *h, struct group *g)
{
	g->busy = g->taken = false;
	g->serial = 0;
	g->have = HAVE_NOTHING;
	g->t_renew = MONO_NEVER;
	gone(h, g);
}
