/* show access-lists [name], show ip access-lists [name] */
#include "show/view.h"

#include <string.h>

/* The next rule (NULL at the head of a list): s->at is list, 0 or rule + 1. */
static const struct acl *next_line(struct show *s, const struct acl_rule **rule)
{
	const struct vec *acls = &s->facts->model->acls;

	for (; s->at[0] < acls->count; s->at[0]++, s->at[1] = 0) {
		const struct acl *acl = acls->items[s->at[0]];
		if (s->args.name[0] && strcmp(s->args.name, acl->name) != 0)
			continue;
		*rule = NULL;
		if (s->at[1]++ == 0)
			return acl;
		for (; s->at[1] - 2 < acl->rules.count; s->at[1]++) {
			*rule = acl->rules.items[s->at[1] - 2];
			if (!(*rule)->is_remark)
				return acl;
		}
	}
	return NULL;
}

static bool access_lists_text(struct show *s, struct text *out)
{
	const struct acl_rule *rule;
	const struct acl *acl = next_line(s, &rule);
	char line[ACL_RULE_TEXT_MAX];

	if (!acl)
		return false;
	if (!rule)
		text_printf(out, "Extended IP access list %s\n", acl->name);
	else
		text_printf(out, "    %u %s\n", rule->sequence, format_acl_rule(rule, line));
	return true;
}

static bool access_lists_json(struct show *s, struct text *out)
{
	const struct acl_rule *rule;
	const struct acl *acl = next_line(s, &rule);
	struct json *j = &s->writer;
	char line[ACL_RULE_TEXT_MAX];

	(void)out;
	if (!acl)
		return false;
	if (!rule)
		return true;
	json_object(j, NULL);
	json_string(j, "access_list", acl->name);
	json_uint(j, "sequence", rule->sequence);
	json_string(j, "rule", format_acl_rule(rule, line));
	json_object_end(j);
	return true;
}

const struct view view_access_lists = {
	.name = "access-lists",
	.text = access_lists_text,
	.json = access_lists_json,
};
