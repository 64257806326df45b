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

#include "base/sort.h"
#include "base/text.h"
#include "cli/view.h" /* enum show_view, struct show_args */
#include "show/facts.h"
#include "show/json.h"

enum { SHOW_SLICE = 16384 }; /* bytes after which show_next() gives way: well under a millisecond of work */

struct show {
	enum show_view view;
	struct show_args args;
	const struct facts *facts;
	bool json, begun, done;
	struct json writer;
	/* The position inside the view; what each means is the view's own. All zero at the start. */
	unsigned stage;
	size_t at[5];
	size_t printed; /* entries so far */
	void *scratch;	/* malloc'ed by a view that needs an index of its own */
	size_t scratch_count;
	struct sort sort; /* while that index is being put in order */
	bool gave_way;	  /* a step without output, so that others get their turn */
};

/* From the conn-id of `show crypto isakmp sa` back to charon's number of the IKE_SA. */
uint32_t show_ike_id(unsigned conn_id);

/* The facts that a view needs: enum fact bits. Some depend on the arguments. */
unsigned show_needs(enum show_view view, const struct show_args *args);

void show_begin(struct show *s, enum show_view view, const struct show_args *args, const struct facts *facts,
	bool json);
/*
 * Appends until `out` has grown by `slice` bytes, the view is through, or it has worked for long without output; true while
 * there is more to come.
 */
bool show_next(struct show *s, struct text *out, size_t slice);
void show_end(struct show *s); /* frees; also in the middle */

/* All at once. */
void show_run(enum show_view view, const struct show_args *args, const struct facts *facts, bool json,
	struct text *out);

#endif
