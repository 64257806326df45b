/*
 * Effects to adapters, results back to the core. See engine_state.h for the flow.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine_state.h"
#include "daemon/hsrp_client.h"
#include "daemon/inventory.h"
#include "daemon/listen.h"
#include "daemon/log.h"
#include "daemon/ipv6.h"

/* The answer to an effect that an adapter will not give. */
static void answer(struct engine *e, const struct effect *f, int error)
{
	struct event *more;

	if (!f->cookie)
		return;
	if (e->result_count == e->result_cap) {
		size_t cap = e->result_cap ? e->result_cap * 2 : 64;

		more = realloc(e->results, cap * sizeof(*more));
		if (!more)
			return; /* the core's own deadline for the step answers then */
		e->results = more;
		e->result_cap = cap;
	}
	e->results[e->result_count] = (struct event){.kind = EV_RESULT};
	e->results[e->result_count].result.cookie = f->cookie;
	e->results[e->result_count].result.error = error;
	e->result_count++;
}

static const char *device_of(const struct engine *e, int ifindex)
{
	const struct link *l = inventory_link(e->inventory, ifindex);

	return l ? l->name : "";
}

static int do_filter(struct engine *e, const struct effect *f)
{
	const char *device = f->kind == EF_FILTER ? f->filter->device : device_of(e, f->ifindex);
	int r;

	if (f->kind == EF_FILTER)
		r = filter_apply(e->filter, f->filter);
	else
		r = *device ? filter_remove(e->filter, device) : 0; /* its rules name a device that is gone */
	if (r < 0)
		log_ios("CRYPTO", LOG_SEV_ERROR, "FILTER", "The filter of %s could not be changed: %s %s",
			device, strerror(-r), filter_error(e->filter));
	return r;
}

static void do_mss(struct engine *e, const struct effect *f)
{
	int r = filter_set_mss(e->filter, f->mss.list, f->mss.count);

	if (r < 0)
		log_ios("CRYPTO", LOG_SEV_ERROR, "FILTER",
			"\"ip tcp adjust-mss\" cannot be put into force: %s %s", strerror(-r),
			filter_error(e->filter));
}

static void do_log(struct engine *e, const struct effect *f)
{
	const char *text = f->log.text;
	struct text line = {0};

	if (f->kind == EF_WARN && e->warnings) {
		text_add(e->warnings, f->log.text ? f->log.text : "");
		text_add(e->warnings, "\n");
		return;
	}
	if (f->kind == EF_LOG && f->log.severity == SEV_DEBUG &&
		!*f->log.mnemonic) { /* as IOS: it says itself what it is */
		log_line(LOG_SEV_DEBUG, text ? text : "");
		return;
	}
	/* In the log the mnemonic says what it is. */
	if (text && str_starts_nocase(text, "%Warning: "))
		text += strlen("%Warning: ");
	text_printf(
		&line, "%%%s: %s", *f->log.mnemonic ? f->log.mnemonic : "PARSER-4-NOTE", text ? text : "");
	log_line((enum log_severity)f->log.severity, text_str(&line));
	text_free(&line);
}

/* Answers that come later come as events of the adapter; an error at once is answered here. */
static void later(struct engine *e, const struct effect *f, int r)
{
	if (r < 0)
		answer(e, f, r);
}

static void execute(struct engine *e, const struct effect *f)
{
	switch (f->kind) {
	case EF_ROUTE_ADD: later(e, f, rtnl_route_add(e->rtnl, &f->route, f->cookie)); break;
	case EF_ROUTE_DEL: later(e, f, rtnl_route_delete(e->rtnl, &f->route, f->cookie)); break;
	case EF_ADDRESS_ADD:
		if (f->address.prefix.addr.family == IP_V6)
			ipv6_settings(e); /* before: a device without IPv6 takes no address */
		later(e, f, rtnl_address_add(e->rtnl, &f->address, f->cookie));
		break;
	case EF_ADDRESS_DEL: later(e, f, rtnl_address_delete(e->rtnl, &f->address, f->cookie)); break;
	case EF_LINK_SET: later(e, f, rtnl_link_set(e->rtnl, f->link.ifindex, f->link.up, f->cookie)); break;
	case EF_LISTEN: listen_to(e, f); break;
	case EF_RESOLVE: later(e, f, rtnl_resolve(e->rtnl, &f->target)); break;
	case EF_REACH: later(e, f, rtnl_reach(e->rtnl, &f->prefix)); break;
	case EF_FILTER:
	case EF_FILTER_GONE: answer(e, f, do_filter(e, f)); break;
	case EF_MSS: do_mss(e, f); break;
	case EF_CONN_LOAD:
	case EF_CONN_UNLOAD:
	case EF_SECRET_LOAD:
	case EF_SECRET_UNLOAD:
	case EF_INITIATE:
	case EF_TERMINATE:
	case EF_SA_SNAPSHOT: later(e, f, ike_effect(e->ike, f)); break;
	case EF_HSRP_CONFIG:
		ipv6_settings(e);
		hsrp_client_interface(e->hsrp, f->interface);
		if (e->conditions.count) /* its device may be another one */
			conditions_send(e);
		answer(e, f, 0);
		break;
	case EF_HSRP_GROUP: hsrp_client_group(e->hsrp, f->group.interface, f->group.number); break;
	case EF_HSRP_CHAIN: hsrp_client_chain(e->hsrp, f->chain); break;
	case EF_HSRP_TRACK: hsrp_client_object(e->hsrp, f->object); break;
	case EF_HSRP_YIELD:
		(void)hsrp_client_command(e->hsrp, MESSAGE_COMMAND_YIELD, f->yield.device, f->yield.group);
		break; /* repeated while it is needed */
	case EF_LOG:
	case EF_WARN: do_log(e, f); break;
	case EF_STOPPED: engine_stopped(e); break;
	}
}

static void step(struct engine *e, const struct event *event)
{
	core_step(e->core, event, loop_clock(), &e->effects);
	if (e->effects.oom) {
		/* Something wanted is lost: compare everything anew once memory is back. */
		log_ios("SYS", LOG_SEV_CRITICAL, "MALLOCFAIL", "Memory is exhausted");
		rtnl_snapshot(e->rtnl);
		(void)ike_snapshot(e->ike);
	}
	for (size_t i = 0; i < e->effects.count; i++)
		execute(e, &e->effects.items[i]);
	effects_clear(&e->effects);
}

void engine_event(struct engine *e, const struct event *event)
{
	if (e->stepping) { /* an adapter that calls back from inside a request would end up here */
		log_ios("SYS", LOG_SEV_CRITICAL, "RECURSION", "Event %d came inside a step", event->kind);
		return;
	}
	e->stepping = true;
	step(e, event);
	/* Results lead to further steps; each pass feeds what stood there when it began. */
	for (size_t i = 0; i < e->result_count; i++) {
		struct event result = e->results[i];

		step(e, &result);
	}
	e->result_count = 0;
	e->stepping = false;
	engine_forward(e);
	rtnl_flush(e->rtnl);
	loop_set_deadline(e->loop, core_deadline(e->core));
}

void engine_config_changed(struct engine *e)
{
	struct event event = {.kind = EV_CONFIG, .model = e->model};

	if (e->model->change_count || e->model->changes_lost)
		engine_event(e, &event);
}

void engine_timer(void *engine)
{
	static const struct event timer = {.kind = EV_TIMER};

	engine_event(engine, &timer);
	engine_check_applied(engine);
}
