#include "redundancy/binding.h"

#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {
	[BINDING_NONE] = "none",
	[BINDING_PENDING] = "pending",
	[BINDING_BOUND] = "bound",
	[BINDING_STALE] = "stale",
	[BINDING_FALLEN_BACK] = "fallen back",
};

const char *binding_state_name(enum binding_state s)
{
	return state_names[s];
}

static void __attribute__((format(printf, 2, 3))) explain(struct binding_fsm *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->reason, sizeof(f->reason), format, args);
	va_end(args);
}

static const struct binding_group *group_wanted(
	const char *wanted, const struct binding_group *groups, size_t count)
{
	if (!wanted[0])
		return count ? &groups[0] : NULL; /* the lowest group (V18) */
	for (size_t i = 0; i < count; i++)
		if (strcmp(groups[i].name[0] ? groups[i].name : groups[i].default_name, wanted) == 0)
			return &groups[i];
	return NULL;
}

static const struct binding_group *group_numbered(
	uint16_t number, const struct binding_group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (groups[i].number == number)
			return &groups[i];
	return NULL;
}

/* Takes the snapshot, or says what is missing. */
static void bind_to(struct binding_fsm *f, const struct binding_group *groups, size_t count)
{
	const struct binding_group *g = group_wanted(f->wanted, groups, count);
	char vip[IP_TEXT_MAX];

	f->state = BINDING_PENDING;
	if (!g && f->wanted[0]) {
		explain(f, "no standby group of this interface is named %s", f->wanted);
	} else if (!g) {
		explain(f, "the interface has no standby group");
	} else if (!g->ip_typed) {
		explain(f, "standby group %u has no \"standby ip\"", g->number);
	} else if (!ip_is_set(&g->vip)) {
		explain(f, "the address of standby group %u is not learned yet", g->number);
	} else {
		f->state = BINDING_BOUND;
		f->group = g->number;
		f->vip = g->vip;
		str_copy(f->name, sizeof(f->name), g->name);
		explain(f, "bound to standby group %u, %s", g->number, ip_format(&g->vip, vip));
	}
}

void binding_apply(struct binding_fsm *f, bool redundancy, const char *wanted,
	const struct binding_group *groups, size_t count)
{
	*f = (struct binding_fsm){.redundancy = redundancy, .warned_again = count > 0};
	if (!redundancy) {
		explain(f, "applied without redundancy");
		return;
	}
	str_copy(f->wanted, sizeof(f->wanted), wanted);
	bind_to(f, groups, count);
	f->warned_again = false;
}

/* What the group's present values mean for a binding that was made with those of the snapshot. */
static enum binding_state judge(
	struct binding_fsm *f, const struct binding_group *groups, size_t count, const char **what)
{
	const struct binding_group *g = group_numbered(f->group, groups, count);
	bool name_counts = f->name[0] || f->wanted[0];

	if (!g || !g->ip_typed) {
		*what = g ? "address" : "group";
		return BINDING_FALLEN_BACK;
	}
	if (f->name[0] && !g->name[0]) {
		*what = "name";
		return BINDING_FALLEN_BACK;
	}
	*what = "name";
	if (name_counts && strcmp(f->name, g->name) != 0)
		return BINDING_STALE;
	*what = "address";
	return ip_is_set(&g->vip) && !ip_equal(&g->vip, &f->vip) ? BINDING_STALE : BINDING_BOUND;
}

static void retype(const struct binding_fsm *f, const char *map, char out[2 * NAME_MAX_LEN + 32])
{
	snprintf(out, 2 * NAME_MAX_LEN + 32, "\"crypto map %s redundancy%s%s\"", map, f->wanted[0] ? " " : "",
		f->wanted);
}

static void warn_change(struct binding_fsm *f, const char *map, const char *interface, const char *what,
	char warning[BINDING_TEXT_MAX])
{
	char line[2 * NAME_MAX_LEN + 32], vip[IP_TEXT_MAX];

	retype(f, map, line);
	ip_format(&f->vip, vip);
	switch (f->state) {
	case BINDING_STALE:
		explain(f, "the standby %s of group %u changed; %s counts until the crypto map is re-applied",
			what, f->group, vip);
		snprintf(warning, BINDING_TEXT_MAX,
			"%%Warning: Standby %s of %s group %u changed: crypto map %s keeps %s until %s is "
			"typed "
			"again.",
			what, interface, f->group, map, vip, line);
		break;
	case BINDING_FALLEN_BACK:
		explain(f, "the standby %s of group %u was removed; the interface's own address counts", what,
			f->group);
		snprintf(warning, BINDING_TEXT_MAX,
			"%%Warning: Standby %s of %s group %u removed: crypto map %s uses the interface's "
			"own "
			"address, "
			"with IKE and routes on every router of the pair.",
			what, interface, f->group, map);
		break;
	default: /* the values of the snapshot are back */
		explain(f, "bound to standby group %u, %s", f->group, vip);
		break;
	}
}

/* An operator adds what the map was not applied with: H8, H13. */
static bool warn_unused(struct binding_fsm *f, const char *map, const char *interface,
	const struct binding_group *groups, size_t count, char warning[BINDING_TEXT_MAX])
{
	const struct binding_group *g = group_wanted(f->wanted, groups, count);
	char line[2 * NAME_MAX_LEN + 32];

	if (f->state == BINDING_FALLEN_BACK && !g && f->wanted[0]) /* another name will do for the warning */
		g = group_numbered(f->group, groups, count);
	if (g && f->state == BINDING_FALLEN_BACK && f->name[0] && !g->name[0])
		g = NULL;
	if (f->warned_again || !g || !g->ip_typed)
		return false;
	f->warned_again = true;
	retype(f, map, line);
	if (f->state == BINDING_NONE)
		snprintf(warning, BINDING_TEXT_MAX,
			"%%Warning: Crypto map %s on %s does not use the standby group: type \"crypto map %s "
			"redundancy\" for that.",
			map, interface, map);
	else
		snprintf(warning, BINDING_TEXT_MAX,
			"%%Warning: Crypto map %s on %s keeps the interface's own address until %s is typed "
			"again.",
			map, interface, line);
	return true;
}

bool binding_update(struct binding_fsm *f, const char *map, const char *interface,
	const struct binding_group *groups, size_t count, char warning[BINDING_TEXT_MAX])
{
	enum binding_state before = f->state;
	const char *what = "";

	warning[0] = '\0';
	switch (f->state) {
	case BINDING_NONE:
	case BINDING_FALLEN_BACK: return warn_unused(f, map, interface, groups, count, warning);
	case BINDING_PENDING: bind_to(f, groups, count); return f->state != before;
	case BINDING_BOUND:
	case BINDING_STALE:
		f->state = judge(f, groups, count, &what);
		if (f->state == before)
			return false;
		warn_change(f, map, interface, what, warning);
		return true;
	}
	assert(false);
	return false;
}

bool binding_vip_in_force(const struct binding_fsm *f, const struct binding_group *groups, size_t count)
{
	const struct binding_group *g = group_numbered(f->group, groups, count);

	return g && ip_is_set(&g->vip) && ip_equal(&g->vip, &f->vip);
}
