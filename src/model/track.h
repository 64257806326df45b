/*
 * Tracked objects: `track N …`, what standby groups make their priority depend on.
 *
 * Owns:  the objects as typed, and whether a list would contain itself.
 * Never: their state: core/tracks.c evaluates it.
 */
#ifndef MODEL_TRACK_H
#define MODEL_TRACK_H

#include "base/ip.h"
#include "base/vec.h"

enum {
	TRACK_OBJECT_MAX = 1000,
	TRACK_DELAY_MAX_S = 180,
	TRACK_INTERFACE_NAME_MAX = 40, /* INTERFACE_NAME_MAX of model.h */
};

enum track_kind {
	TRACK_LINE_PROTOCOL,
	TRACK_IP_ROUTING,
	TRACK_ROUTE,
	TRACK_ROUTE_METRIC, /* kept without effect */
	TRACK_IP_SLA,	    /* kept without effect */
	TRACK_LIST_AND,
	TRACK_LIST_OR,
	TRACK_LIST_WEIGHT,
	TRACK_LIST_PERCENTAGE,
};

/* `object N [not | weight W]` of a list. */
struct track_member {
	uint16_t object;
	bool negated;
	uint8_t weight; /* 0: not typed, 10 */
};
enum { TRACK_WEIGHT_DEFAULT = 10 };

struct track_object {
	uint16_t number; /* 1-1000 */
	enum track_kind kind;
	char interface[TRACK_INTERFACE_NAME_MAX]; /* TRACK_LINE_PROTOCOL, TRACK_IP_ROUTING */
	struct prefix prefix;			  /* TRACK_ROUTE, TRACK_ROUTE_METRIC */
	uint32_t sla;				  /* TRACK_IP_SLA: the operation */
	bool sla_reachability;			  /* … reachability; else its state */
	struct vec members;			  /* struct track_member, by object; lists */
	bool threshold_set;
	uint8_t threshold_up, threshold_down; /* TRACK_LIST_WEIGHT, TRACK_LIST_PERCENTAGE */
	uint8_t delay_up_s, delay_down_s;
};

struct model;

/* NULL when there is none. The *_get forms create (NULL on exhaustion). None of these touches. */
struct track_object *model_track(const struct model *m, uint16_t number);
struct track_object *model_track_get(struct model *m, uint16_t number);
void model_track_delete(struct model *m, uint16_t number);
struct track_member *track_member(const struct track_object *t, uint16_t object);
struct track_member *track_member_get(struct track_object *t, uint16_t object);
void track_member_delete(struct track_object *t, uint16_t object);
void track_free(void *object);

static inline bool track_is_list(const struct track_object *t)
{
	return t->kind >= TRACK_LIST_AND;
}

/* Does `from` depend on `on`, through whatever lists? An object depends on itself. */
bool model_track_depends(const struct model *m, uint16_t from, uint16_t on);

#endif
