/*
 * Show commands: facts in, text out, byte for byte as IOS prints them; JSON from the same facts.
 *
 * Owns:  the list of views and the position inside one that is being printed.
 * Never: fetches, parses a command, paginates.
 *
 * A view is printed in slices, so that a table of 10,000 entries does not hold the engine up (design rule 8):
 *
 *	struct show s;
 *	show_begin(&s, SHOW_CRYPTO_MAP, &args, &facts, json);
 *	while (show_next(&s, &out, SHOW_SLICE))
 *		… hand `out` on, text_clear(), serve other events …
 *	show_end(&s);
 *
 * The facts must stay as they are until show_end(). The model may change between slices: positions are indices that are
 * checked each time, so an entry may then be missed or repeated, nothing worse.
 *
 * Lines end in '\n'. JSON is one line, ended by '\n'.
 */
#ifndef SHOW_SHOW_H
#define SHOW_SHOW_H

#include "base/text.h"
#include "show/facts.h"
#include "show/json.h"

enum show_view {
	SHOW_STANDBY,		  /* [interface [group]] [all | brief] */
	SHOW_CRYPTO_MAP,	  /* [interface IF | tag NAME] */
	SHOW_CRYPTO_DYNAMIC_MAP,  /* [tag NAME] */
	SHOW_IPSEC_TRANSFORM_SET, /* [name] */
	SHOW_IPSEC_SA,		  /* [map M | address | identity | interface IF | peer A] [detail] */
	SHOW_IPSEC_SA_COUNT,	  /* show crypto ipsec sa count */
	SHOW_IPSEC_SA_LIFETIME,	  /* show crypto ipsec security-association [lifetime] */
	SHOW_ISAKMP_SA,		  /* [detail] */
	SHOW_ISAKMP_POLICY,	  /* */
	SHOW_ISAKMP_PEERS,	  /* */
	SHOW_IKEV2_SA,		  /* show crypto ikev2 sa [detail] */
	SHOW_CRYPTO_SESSION,	  /* [detail | brief] */
	SHOW_CRYPTO_ROUTE,	  /* */
	SHOW_IP_ROUTE,		  /* [A.B.C.D [mask] | static | connected | ospf] */
	SHOW_IP_INTERFACE_BRIEF,  /* [interface] */
	SHOW_ACCESS_LISTS,	  /* [name]; IP lists are all there are */
	SHOW_VERSION,		  /* */
	SHOW_REDUNDANCY,	  /* [interface]; ours (D15) */
	SHOW_VIEW_COUNT
};

enum show_sa_choice {
	SHOW_SA_ALL,
	SHOW_SA_MAP,
	SHOW_SA_ADDRESS,
	SHOW_SA_IDENTITY,
	SHOW_SA_INTERFACE,
	SHOW_SA_PEER
};
enum show_route_choice { SHOW_ROUTE_ALL, SHOW_ROUTE_STATIC, SHOW_ROUTE_CONNECTED, SHOW_ROUTE_OSPF };

/* What was typed behind the command's name. Zero: nothing. */
struct show_args {
	char interface[INTERFACE_NAME_MAX]; /* canonical, as in the model */
	bool group_set;
	uint16_t group;
	char name[NAME_MAX_LEN]; /* tag, map, transform set, access list: by the view */
	struct ipaddr address;	 /* peer, or the address to look up in the routing table */
	bool address_len_set;	 /* `show ip route A.B.C.D MASK` */
	uint8_t address_len;
	bool detail, brief, all;
	enum show_sa_choice sa;
	enum show_route_choice route;
};

enum { SHOW_SLICE = 16384 }; /* bytes after which show_next() gives way: well under a millisecond of work */

struct show {
	enum show_view view;
	struct show_args args;
	const struct facts *facts;
	bool json, begun, done;
	struct json writer;
	/* The position inside the view; what each means is the view's own. All zero at the start. */
	unsigned stage;
	size_t at[4];
	size_t printed; /* entries so far */
	char last[INTERFACE_NAME_MAX];
	void *scratch; /* malloc'ed by a view that needs an index of its own */
	size_t scratch_count;
};

/* The facts that a view needs: enum fact bits. Some depend on the arguments. */
unsigned show_needs(enum show_view view, const struct show_args *args);

void show_begin(struct show *s, enum show_view view, const struct show_args *args, const struct facts *facts,
	bool json);
/* Appends until `out` has grown by `slice` bytes or the view is through; true while there is more to come. */
bool show_next(struct show *s, struct text *out, size_t slice);
void show_end(struct show *s); /* frees; also in the middle */

/* All at once. */
void show_run(enum show_view view, const struct show_args *args, const struct facts *facts, bool json,
	struct text *out);

#endif
