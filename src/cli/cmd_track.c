/* Tracked objects: `track N …` and what is below it; and the lists of both. */
#include <string.h>

#include "cli/grammar.h"

enum {
	IP_ROUTING = 1, /* the second of {line-protocol|ip routing} */
	METRIC = 1,	/* the second of {reachability|metric threshold} */
	SLA_STATE = 0,	/* the first of {state|reachability} */
	WEIGHT_MAX = 255,
	PERCENT_MAX = 100,
};

/* --- Lists ---------------------------------------------------------------------------------------------------------- */

static bool objects_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	uint16_t n = (uint16_t)cli_arg(args, "number")->n;

	*out = (struct cli_target){.model = within->model, .number = n};
	out->object = create ? model_track_get(within->model, n) : model_track(within->model, n);
	return out->object || !create;
}

static bool objects_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	const struct vec *v = &within->model->tracks;

	*out = (struct cli_target){.model = within->model};
	if (cursor[0] >= v->count)
		return false;
	out->object = v->items[cursor[0]];
	out->number = ((const struct track_object *)out->object)->number;
	return true;
}

static void objects_drop(const struct cli_target *t)
{
	model_track_delete(t->model, ((const struct track_object *)t->object)->number);
}

const struct cli_list cli_list_tracked_objects = {objects_find, objects_at, objects_drop, NULL, false};

static bool members_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct track_object *t = within->object;
	uint16_t n = (uint16_t)cli_arg(args, "object")->n;

	*out = *within;
	out->outer = t;
	out->number = t->number;
	out->object = create ? track_member_get(t, n) : track_member(t, n);
	return out->object || !create;
}

static bool members_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	struct track_object *t = within->object;

	*out = *within;
	out->outer = t;
	if (cursor[0] >= t->members.count)
		return false;
	out->object = t->members.items[cursor[0]];
	return true;
}

static void members_drop(const struct cli_target *t)
{
	track_member_delete(t->outer, ((const struct track_member *)t->object)->object);
}

const struct cli_list cli_list_track_members = {members_find, members_at, members_drop, NULL, false};

/* --- `track N …` ---------------------------------------------------------------------------------------------------- */

/* What the line says, as an object. */
static struct track_object typed(const struct cli_args *a)
{
	struct track_object t = {.number = (uint16_t)cli_arg(a, "number")->n};

	if (cli_has(a, "interface")) {
		t.kind = cli_arg(a, "what")->n == IP_ROUTING ? TRACK_IP_ROUTING : TRACK_LINE_PROTOCOL;
		str_copy(t.interface, sizeof(t.interface), cli_arg(a, "interface")->name);
	} else if (cli_has(a, "prefix")) {
		t.kind = cli_arg(a, "what")->n == METRIC ? TRACK_ROUTE_METRIC : TRACK_ROUTE;
		t.prefix = (struct prefix){cli_arg(a, "prefix")->ip, (uint8_t)cli_arg(a, "mask")->n};
	} else if (cli_has(a, "sla")) {
		t.kind = TRACK_IP_SLA;
		t.sla = cli_arg(a, "sla")->n;
		t.sla_reachability = cli_has(a, "what") && cli_arg(a, "what")->n != SLA_STATE;
	} else if (cli_has(a, "boolean")) {
		t.kind = cli_arg(a, "boolean")->n ? TRACK_LIST_OR : TRACK_LIST_AND;
	} else {
		t.kind = cli_arg(a, "threshold")->n ? TRACK_LIST_PERCENTAGE : TRACK_LIST_WEIGHT;
	}
	return t;
}

static bool same(const struct track_object *a, const struct track_object *b)
{
	return a->kind == b->kind && strcmp(a->interface, b->interface) == 0 &&
		prefix_equal(&a->prefix, &b->prefix) && a->sla == b->sla &&
		a->sla_reachability == b->sla_reachability;
}

static bool check_object(struct cli_call *c)
{
	struct track_object t = typed(c->args);
	const struct track_object *old = model_track(c->model, t.number);
	struct prefix canonical = prefix_make(t.prefix.addr, t.prefix.len);

	if (old && !same(old, &t))
		return cli_refuse(
			c, "Cannot change tracked object %u - delete old config first", (unsigned)t.number);
	if (!prefix_equal(&canonical, &t.prefix))
		return cli_refuse(c, "Inconsistent address and mask");
	return true;
}

static bool set_object(struct cli_call *c)
{
	struct track_object t = typed(c->args), *object = c->target.object;

	if (!c->created)
		return true; /* the same: the check saw to that */
	object->kind = t.kind;
	str_copy(object->interface, sizeof(object->interface), t.interface);
	object->prefix = t.prefix;
	object->sla = t.sla;
	object->sla_reachability = t.sla_reachability;
	return true;
}

static bool get_object(const struct cli_target *target, struct cli_args *a)
{
	const struct track_object *t = target->object;
	struct ipaddr mask = ip_len_to_mask(IP_V4, t->prefix.len);

	cli_put_number(a, "number", t->number);
	switch (t->kind) {
	case TRACK_LINE_PROTOCOL:
	case TRACK_IP_ROUTING:
		cli_put_string(a, "interface", t->interface);
		cli_put_number(a, "what", t->kind == TRACK_IP_ROUTING ? IP_ROUTING : 0);
		break;
	case TRACK_ROUTE:
	case TRACK_ROUTE_METRIC:
		cli_put_address(a, "prefix", &t->prefix.addr);
		cli_put_address(a, "mask", &mask);
		cli_put_number(a, "what", t->kind == TRACK_ROUTE_METRIC ? METRIC : 0);
		break;
	case TRACK_IP_SLA:
		cli_put_number(a, "sla", t->sla);
		if (t->sla_reachability) /* bare it is the state */
			cli_put_number(a, "what", SLA_STATE + 1);
		break;
	case TRACK_LIST_AND:
	case TRACK_LIST_OR: cli_put_number(a, "boolean", t->kind == TRACK_LIST_OR); break;
	case TRACK_LIST_WEIGHT:
	case TRACK_LIST_PERCENTAGE: cli_put_number(a, "threshold", t->kind == TRACK_LIST_PERCENTAGE); break;
	}
	return true;
}

static enum track_kind kind_of(const struct cli_target *t)
{
	return ((const struct track_object *)t->object)->kind;
}

static bool is_interface(const struct cli_target *t)
{
	return kind_of(t) <= TRACK_IP_ROUTING;
}

static bool is_route(const struct cli_target *t)
{
	return kind_of(t) == TRACK_ROUTE || kind_of(t) == TRACK_ROUTE_METRIC;
}

static bool is_sla(const struct cli_target *t)
{
	return kind_of(t) == TRACK_IP_SLA;
}

static bool is_boolean(const struct cli_target *t)
{
	return kind_of(t) == TRACK_LIST_AND || kind_of(t) == TRACK_LIST_OR;
}

static bool is_threshold(const struct cli_target *t)
{
	return kind_of(t) >= TRACK_LIST_WEIGHT;
}

static void warn_no_effect(struct cli_call *c)
{
	const struct track_object *t = c->target.object;

	if (t && t->kind == TRACK_ROUTE_METRIC)
		cli_note(c,
			"%%Warning: a metric is not compared here: object %u counts as up. Use reachability",
			(unsigned)t->number);
	if (t && t->kind == TRACK_IP_SLA)
		cli_note(c, "%%Warning: IP SLA operations do not run here: object %u counts as up",
			(unsigned)t->number);
}

/* `track 1` opens what exists; for a new one the kind is missing. */
static bool check_exists(struct cli_call *c)
{
	return model_track(c->model, (uint16_t)cli_arg(c->args, "number")->n) ||
		cli_refuse(c, "Incomplete command.\n");
}

/* --- Below it ------------------------------------------------------------------------------------------------------- */

static struct track_object *around(const struct cli_call *c)
{
	return c->within.object;
}

static bool check_member(struct cli_call *c)
{
	const struct track_object *t = around(c);
	uint16_t n = (uint16_t)cli_arg(c->args, "object")->n;

	if (!track_is_list(t))
		return cli_refuse(c, "Object %u is not a list", (unsigned)t->number);
	if (cli_has(c->args, "not") && t->kind != TRACK_LIST_AND && t->kind != TRACK_LIST_OR)
		return cli_refuse(c, "Keyword not needs a list boolean");
	if (cli_has(c->args, "weight") && t->kind != TRACK_LIST_WEIGHT)
		return cli_refuse(c, "Keyword weight needs a list threshold weight");
	if (model_track_depends(c->model, n, t->number))
		return cli_refuse(c, "Object %u depends on object %u: a list cannot track itself",
			(unsigned)n, (unsigned)t->number);
	return true;
}

static bool set_member(struct cli_call *c)
{
	struct track_member *m = c->target.object;
	uint32_t weight = cli_arg(c->args, "weight")->n;

	m->negated = cli_has(c->args, "not");
	m->weight = (uint8_t)(weight == TRACK_WEIGHT_DEFAULT ? 0 : weight);
	return true;
}

static bool get_member(const struct cli_target *t, struct cli_args *a)
{
	const struct track_member *m = t->object;

	cli_put_number(a, "object", m->object);
	if (m->negated)
		cli_put_number(a, "not", 1);
	if (m->weight)
		cli_put_number(a, "weight", m->weight);
	return true;
}

static bool set_delay(struct cli_call *c)
{
	struct track_object *t = around(c);

	/* Each direction by itself: the other one stays. */
	if (cli_has(c->args, "up"))
		t->delay_up_s = (uint8_t)cli_arg(c->args, "up")->n;
	if (cli_has(c->args, "down"))
		t->delay_down_s = (uint8_t)cli_arg(c->args, "down")->n;
	return true;
}

static bool unset_delay(struct cli_call *c)
{
	struct track_object *t = around(c);
	bool up = cli_has(c->args, "upwards"), down = cli_has(c->args, "downwards");

	if (up || !down)
		t->delay_up_s = 0;
	if (down || !up)
		t->delay_down_s = 0;
	return true;
}

static bool get_delay(const struct cli_target *target, struct cli_args *a)
{
	const struct track_object *t = target->object;

	if (t->delay_down_s) {
		cli_put_number(a, "downwards", 1);
		cli_put_number(a, "down", t->delay_down_s);
	}
	if (t->delay_up_s) {
		cli_put_number(a, "upwards", 1);
		cli_put_number(a, "up", t->delay_up_s);
	}
	return t->delay_up_s || t->delay_down_s;
}

static bool check_threshold(struct cli_call *c)
{
	const struct track_object *t = around(c);
	enum track_kind wanted = cli_arg(c->args, "kind")->n ? TRACK_LIST_PERCENTAGE : TRACK_LIST_WEIGHT;
	uint32_t up = cli_arg(c->args, "up")->n;

	if (t->kind != wanted)
		return cli_refuse(c, "Object %u is not a list threshold %s", (unsigned)t->number,
			wanted == TRACK_LIST_WEIGHT ? "weight" : "percentage");
	if (wanted == TRACK_LIST_PERCENTAGE && up > PERCENT_MAX)
		return cli_refuse(c, "A percentage is at most 100");
	if (cli_arg(c->args, "down")->n >= up)
		return cli_refuse(c, "The down threshold must be less than the up threshold");
	return true;
}

static bool set_threshold(struct cli_call *c)
{
	struct track_object *t = around(c);

	t->threshold_set = true;
	t->threshold_up = (uint8_t)cli_arg(c->args, "up")->n;
	t->threshold_down = (uint8_t)cli_arg(c->args, "down")->n;
	return true;
}

static bool unset_threshold(struct cli_call *c)
{
	struct track_object *t = around(c);

	t->threshold_set = false;
	t->threshold_up = t->threshold_down = 0;
	return true;
}

static bool get_threshold(const struct cli_target *target, struct cli_args *a)
{
	const struct track_object *t = target->object;

	if (!t->threshold_set)
		return false;
	cli_put_number(a, "kind", t->kind == TRACK_LIST_PERCENTAGE);
	cli_put_number(a, "down", t->threshold_down);
	cli_put_number(a, "up", t->threshold_up);
	return true;
}

/* --- The rows ------------------------------------------------------------------------------------------------------- */

#define OBJECT                                                                                               \
	.modes = IN(CONFIG), .rank = 700, .flags = CLI_IDENTITY | CLI_SEPARATE, .opens = MODE_TRACK,         \
	.list = &cli_list_tracked_objects, .check = check_object, .set = set_object, .get = get_object,      \
	.after = warn_no_effect, .touches = MODEL_TRACK

static const struct cli_row rows[] = {
	{OBJECT,
		.syntax = "track <1-1000>:number ; interface INTERFACE:interface {line-protocol|ip "
			  "routing}:what",
		.help = "Object tracking configuration commands|Tracked object|Select an interface to track|"
			"Interface|Track interface line-protocol|IP protocol|Track interface ip routing",
		.applies = is_interface},
	{OBJECT,
		.syntax = "track <1-1000>:number ip route A.B.C.D:prefix MASK:mask "
			  "{reachability|metric threshold}:what",
		.help = "|||IP route|IP prefix|IP prefix mask|Reachability|Metric|Metric threshold",
		.applies = is_route},
	{OBJECT, .syntax = "track <1-1000>:number ip sla <1-2147483647>:sla [{state|reachability}:what]",
		.help = "|||IP Service Level Agreement|Entry number|Return code state|Reachability",
		.applies = is_sla},
	{OBJECT, .syntax = "track <1-1000>:number list boolean {and|or}:boolean",
		.help = "||Group objects in a list|Boolean list|AND conditions|OR conditions",
		.applies = is_boolean},
	{OBJECT, .syntax = "track <1-1000>:number list threshold {weight|percentage}:threshold",
		.help = "|||Threshold list|Threshold by weight|Threshold by percentage",
		.applies = is_threshold},
	{.modes = IN(CONFIG),
		.syntax = "track <1-1000>:number",
		.flags = CLI_PARSE_ONLY | CLI_NO_NO | CLI_HIDDEN,
		.opens = MODE_TRACK,
		.list = &cli_list_tracked_objects,
		.check = check_exists,
		.touches = MODEL_TRACK},
	{.modes = IN(CONFIG),
		.syntax = "track <1-1000> {stub-object|application|ipv6|rtr} [LINE]",
		.flags = CLI_HIDDEN,
		.refuse = "Tracked are an interface, an ip route, or a list"},
	{.modes = IN(CONFIG),
		.syntax = "track {timer|resolution} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "Tracked objects are not polled: the kernel tells of every change"},

	{.modes = IN(TRACK),
		.syntax = "object <1-1000>:object ; [not:not|weight <1-255>:weight]",
		.help = "Object number|Tracked object|Negated state of the object|Weight of the "
			"object|Weight",
		.rank = 10,
		.flags = CLI_IDENTITY,
		.list = &cli_list_track_members,
		.check = check_member,
		.set = set_member,
		.get = get_member,
		.touches = MODEL_TRACK},
	{.modes = IN(TRACK),
		.syntax = "threshold ; {weight|percentage}:kind {down <0-254>:down up <1-255>:up|"
			  "up <1-255>:up down <0-254>:down}",
		.help = "Tracking threshold|Weight|Percentage|Down when it is not more than this|Value|"
			"Up when it is at least this|Value|Up when it is at least this|Value|"
			"Down when it is not more than this|Value",
		.rank = 20,
		.check = check_threshold,
		.set = set_threshold,
		.unset = unset_threshold,
		.get = get_threshold,
		.touches = MODEL_TRACK},
	{.modes = IN(TRACK),
		.syntax = "delay ; {down:downwards <0-180>:down [up:upwards <0-180>:up]|"
			  "up:upwards <0-180>:up [down:downwards <0-180>:down]}",
		.help = "Tracking delay|Delay down change notification|Seconds|Delay up change notification|"
			"Seconds|Delay up change notification|Seconds|Delay down change notification|Seconds",
		.rank = 30,
		.set = set_delay,
		.unset = unset_delay,
		.get = get_delay,
		.touches = MODEL_TRACK},
};
CLI_TABLE(cli_table_track, rows);
