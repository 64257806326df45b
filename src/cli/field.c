/* Values of a line into the fields of an object, and back. */
#include <assert.h>
#include <string.h>

#include "cli/grammar.h"

enum { NO_SLOT = 0xff };

static void put_number(void *at, size_t size, uint32_t n)
{
	uint8_t n8 = (uint8_t)n;
	uint16_t n16 = (uint16_t)n;

	switch (size) {
	case 1: memcpy(at, &n8, 1); break;
	case 2: memcpy(at, &n16, 2); break;
	default: assert(size == 4); memcpy(at, &n, 4);
	}
}

static uint32_t get_number(const void *at, size_t size)
{
	uint8_t n8;
	uint16_t n16;
	uint32_t n32;

	switch (size) {
	case 1: memcpy(&n8, at, 1); return n8;
	case 2: memcpy(&n16, at, 2); return n16;
	default:
		assert(size == 4);
		memcpy(&n32, at, 4);
		return n32;
	}
}

static const char *text_of(const struct cli_value *v)
{
	return v->s ? v->s : v->name;
}

static void set_field(const struct cli_field *f, void *at, const struct cli_value *v)
{
	bool flag = v && v->set;

	switch (f->kind) {
	case FIELD_NONE: break;
	case FIELD_UINT: {
		uint32_t n = flag ? v->n : 0;

		put_number(at, f->size, n == f->standard ? 0 : n);
		break;
	}
	case FIELD_KEY: break; /* set when the object was made */
	case FIELD_FLAG: memcpy(at, &flag, sizeof(flag)); break;
	case FIELD_TEXT: {
		memset(at, 0, f->size);
		if (flag)
			str_copy(at, f->size, text_of(v));
		break;
	}
	case FIELD_IP: {
		struct ipaddr none = {0};

		memcpy(at, flag ? &v->ip : &none, sizeof(none));
		break;
	}
	case FIELD_CHOICE: put_number(at, f->size, !flag ? f->standard : f->map ? f->map[v->n] : v->n); break;
	case FIELD_CONST: put_number(at, f->size, v ? f->standard : 0); break;
	}
}

/* Is what was typed nothing but default values? */
static bool all_standard(const struct cli_syntax *s, const struct cli_args *a)
{
	bool standard = false;

	for (size_t i = 0; i < CLI_FIELDS_MAX && s->row->fields[i].kind != FIELD_NONE; i++) {
		const struct cli_field *f = &s->row->fields[i];
		const struct cli_value *v = f->slot ? &a->v[s->field_slots[i]] : NULL;

		if (!v || !v->set || f->kind == FIELD_KEY)
			continue;
		if (f->kind == FIELD_CHOICE)
			standard = !f->always && (f->map ? f->map[v->n] : v->n) == f->standard;
		else
			standard = f->kind == FIELD_UINT && f->standard && v->n == f->standard;
		if (!standard)
			return false;
	}
	return standard;
}

void cli_fields_set(const struct cli_syntax *s, void *object, const struct cli_args *a)
{
	static const struct cli_value typed = {.set = true};

	if (a && all_standard(s, a))
		a = NULL;
	for (size_t i = 0; i < CLI_FIELDS_MAX && s->row->fields[i].kind != FIELD_NONE; i++) {
		const struct cli_field *f = &s->row->fields[i];
		const struct cli_value *v = !a ? NULL : f->slot ? &a->v[s->field_slots[i]] : &typed;

		set_field(f, (char *)object + f->offset, v);
	}
}

/* The first alternative that means the value: written forms stand before old ones. */
static bool get_choice(const struct cli_field *f, uint32_t n, struct cli_value *v)
{
	if (!f->map) {
		v->n = n;
		return true;
	}
	for (uint8_t i = 0; i < f->map_count; i++)
		if (f->map[i] == n) {
			v->n = i;
			return true;
		}
	return false;
}

static bool get_field(const struct cli_field *f, const void *at, struct cli_value *v)
{
	switch (f->kind) {
	case FIELD_NONE: return false;
	case FIELD_UINT: v->n = get_number(at, f->size); return v->n != 0;
	case FIELD_KEY: v->n = get_number(at, f->size); return true;
	case FIELD_FLAG: {
		bool flag;

		memcpy(&flag, at, sizeof(flag));
		v->n = 1;
		return flag;
	}
	case FIELD_TEXT: v->s = at; return v->s[0] != '\0';
	case FIELD_IP: memcpy(&v->ip, at, sizeof(v->ip)); return ip_is_set(&v->ip);
	case FIELD_CHOICE: {
		uint32_t n = get_number(at, f->size);

		return (f->always || n != f->standard) && get_choice(f, n, v);
	}
	case FIELD_CONST: return get_number(at, f->size) == f->standard;
	}
	return false;
}

bool cli_fields_get(const struct cli_syntax *s, const void *object, struct cli_args *a)
{
	for (size_t i = 0; i < CLI_FIELDS_MAX && s->row->fields[i].kind != FIELD_NONE; i++) {
		const struct cli_field *f = &s->row->fields[i];
		struct cli_value none, *v = f->slot ? &a->v[s->field_slots[i]] : &none;
		bool there = get_field(f, (const char *)object + f->offset, v);

		if (f->slot)
			v->set = there;
		else if (!there)
			return false;
	}
	return true;
}

bool cli_fields_fit(const struct cli_syntax *s, const struct cli_args *a)
{
	for (size_t i = 0; i < CLI_FIELDS_MAX && s->row->fields[i].kind != FIELD_NONE; i++) {
		const struct cli_field *f = &s->row->fields[i];

		if (f->kind == FIELD_TEXT && f->slot && a->v[s->field_slots[i]].set &&
			strlen(text_of(&a->v[s->field_slots[i]])) >= f->size)
			return false;
	}
	return true;
}
