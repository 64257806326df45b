/* Key chains for the HSRP core: see hsrp_chain.h. */
#include "daemon/hsrp_chain.h"

#include <string.h>
#include <time.h>

#include "base/text.h"

static int64_t seconds(const struct key_moment *m, bool local)
{
	struct tm tm = {.tm_year = m->year - 1900,
		.tm_mon = m->month - 1,
		.tm_mday = m->day,
		.tm_hour = m->hour,
		.tm_min = m->minute,
		.tm_sec = m->second,
		.tm_isdst = -1};

	return local ? (int64_t)mktime(&tm) : key_moment_utc(m);
}

static struct hsrp_span span(const struct key_lifetime *l)
{
	struct hsrp_span s = HSRP_SPAN_ALWAYS;

	if (!l->set)
		return s;
	s.from_s = seconds(&l->start, l->local);
	if (l->ends == KEY_ENDS_AT)
		s.until_s = seconds(&l->end, l->local);
	else if (l->ends == KEY_LASTS)
		s.until_s = s.from_s + l->seconds;
	return s;
}

void hsrp_chain_fill(const struct model *m, const char *name, unsigned first, struct hsrp_chain_config *out)
{
	const struct key_chain *c = model_key_chain(m, name);

	memset(out, 0, sizeof(*out)); /* compared as bytes */
	str_copy(out->name, sizeof(out->name), name);
	out->first = (uint16_t)first;
	for (size_t n = first; c && n < c->keys.count; n++) {
		const struct chain_key *k = c->keys.items[n];
		struct hsrp_chain_key *to = &out->keys[out->count++];
		size_t len = k->key.set && k->key.type == 0 ? strlen(k->key.text) : 0;

		to->id = k->number;
		to->key_len = len <= HSRP_KEY_MAX ? (uint8_t)len : 0;
		memcpy(to->key, k->key.text, to->key_len);
		to->accept = span(&k->accept);
		to->send = span(&k->send);
		if (out->count == HSRP_CHAIN_PART_MAX) {
			out->more = n + 1 < c->keys.count;
			return;
		}
	}
}
