/* show crypto ipsec transform-set [name], show crypto ipsec security-association */
#include "show/view.h"

#include <string.h>

static const struct transform_set *next_set(struct show *s)
{
	const struct vec *sets = &s->facts->model->transform_sets;

	while (s->at[0] < sets->count) {
		const struct transform_set *t = sets->items[s->at[0]++];
		if (!s->args.name[0] || !strcmp(s->args.name, t->name))
			return t;
	}
	return NULL;
}

static const char *mode_name(const struct transform_set *t)
{
	return t->mode == IPSEC_TRANSPORT ? "Transport" : "Tunnel";
}

static bool transform_set_text(struct show *s, struct text *out)
{
	const struct transform_set *t = next_set(s);
	char line[TRANSFORM_TEXT_MAX];

	if (!t)
		return false;
	text_printf(out, "Transform set %s: { %s } \n   will negotiate = { %s,  }, \n\n", t->name,
		format_transform_set(t, line), mode_name(t));
	return true;
}

static bool transform_set_json(struct show *s, struct text *out)
{
	const struct transform_set *t = next_set(s);
	struct json *j = &s->writer;
	char line[TRANSFORM_TEXT_MAX];
	size_t len;

	(void)out;
	if (!t)
		return false;
	json_object(j, NULL);
	json_string(j, "name", t->name);
	len = strlen(format_transform_set(t, line));
	if (len && line[len - 1] == ' ')
		line[len - 1] = '\0';
	json_string(j, "transforms", line);
	json_string(j, "mode", mode_name(t));
	json_object_end(j);
	return true;
}

const struct view view_transform_set = {
	.name = "crypto-ipsec-transform-set",
	.text = transform_set_text,
	.json = transform_set_json,
};

static bool lifetime_text(struct show *s, struct text *out)
{
	const struct model *m = s->facts->model;
	uint32_t kilobytes = lifetime_kilobytes(m, NULL);

	if (kilobytes)
		text_printf(out, "Security association lifetime: %u kilobytes/%u seconds\n", kilobytes,
			lifetime_seconds(m, NULL));
	else
		text_printf(out, "Security association lifetime: kilobyte volume rekey disabled/%u seconds\n",
			lifetime_seconds(m, NULL));
	return false;
}

static bool lifetime_json(struct show *s, struct text *out)
{
	const struct model *m = s->facts->model;

	(void)out;
	json_object(&s->writer, NULL);
	json_uint(&s->writer, "lifetime_s", lifetime_seconds(m, NULL));
	json_uint(&s->writer, "lifetime_kilobytes", lifetime_kilobytes(m, NULL));
	json_object_end(&s->writer);
	return false;
}

const struct view view_ipsec_sa_lifetime = {
	.name = "crypto-ipsec-security-association",
	.text = lifetime_text,
	.json = lifetime_json,
};
