/* The orders of the model: see compare.h. */
#include "model/compare.h"

#include <string.h>

#include "base/text.h"

/* --- Keys ---------------------------------------------------------------------------------------------------- */

/* Of every struct whose first member is its name. */
int model_compare_name(const void *key, const void *item)
{
	return strcmp(key, item);
}

static bool all_digits(const char *s)
{
	return *s >= '0' && *s <= '9' && s[strspn(s, "0123456789")] == '\0'; /* most names are none */
}

int model_compare_acl(const void *key, const void *item)
{
	const char *a = key, *b = item;
	bool a_number = all_digits(a), b_number = all_digits(b);

	if (a_number != b_number)
		return a_number ? -1 : 1;
	if (a_number && strlen(a) != strlen(b))
		return strlen(a) < strlen(b) ? -1 : 1;
	return strcmp(a, b);
}

static int compare_u16(uint16_t a, uint16_t b)
{
	return a < b ? -1 : a > b;
}

int model_compare_policy(const void *key, const void *item)
{
	return compare_u16(*(const uint16_t *)key, ((const struct isakmp_policy *)item)->priority);
}

int model_compare_key(const void *key, const void *item)
{
	return prefix_compare(key, &((const struct isakmp_key *)item)->peers);
}

int model_compare_entry(const void *key, const void *item)
{
	return compare_u16(*(const uint16_t *)key, ((const struct crypto_map_entry *)item)->sequence);
}

int model_compare_chain_key(const void *key, const void *item)
{
	uint32_t a = *(const uint32_t *)key, b = ((const struct chain_key *)item)->number;

	return (a > b) - (a < b);
}

int model_compare_group(const void *key, const void *item)
{
	return compare_u16(*(const uint16_t *)key, ((const struct standby_group *)item)->number);
}

int model_compare_sequence(const void *key, const void *item)
{
	uint32_t a = *(const uint32_t *)key, b = ((const struct acl_rule *)item)->sequence;

	return a < b ? -1 : a > b;
}

int model_compare_route(const void *key, const void *item)
{
	const struct static_route *a = key, *b = item;
	int order = prefix_compare(&a->prefix, &b->prefix);

	if (order == 0)
		order = ip_compare(&a->gateway, &b->gateway);
	return order != 0 ? order : strcmp(a->interface, b->interface);
}

int model_compare_route_tag(const void *key, const void *item)
{
	uint32_t a = *(const uint32_t *)key, b = ((const struct route_tag *)item)->tag;

	return a < b ? -1 : a > b;
}

static unsigned digit_run(const char **s)
{
	unsigned value = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++)
		value = value > 100000000 ? value : value * 10 + (unsigned)(**s - '0');
	return value;
}

/* Letters by value, runs of digits as numbers: Fa0/2 before Fa0/10. */
int model_compare_interface(const void *key, const void *item)
{
	const char *a = key, *b = item;

	while (*a && *b) {
		if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
			unsigned x = digit_run(&a), y = digit_run(&b);

			if (x != y)
				return x < y ? -1 : 1;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	if (*a || *b)
		return *a ? 1 : -1;
	return strcmp(key, item); /* "eth1" and "eth01" are two devices */
}

/* What makes two rules the same rule, whatever their sequence numbers. */
static int compare_end(const struct acl_end *a, const struct acl_end *b)
{
	int order = ip_compare(&a->addr, &b->addr);

	if (order == 0)
		order = ip_compare(&a->wildcard, &b->wildcard);
	if (order == 0)
		order = (int)a->port_op - (int)b->port_op;
	if (order == 0)
		order = compare_u16(a->port_lo, b->port_lo);
	return order != 0 ? order : compare_u16(a->port_hi, b->port_hi);
}

int model_compare_content(const void *key, const void *item)
{
	const struct acl_rule *a = key, *b = item;
	int order = (int)a->permit - (int)b->permit;

	if (order == 0)
		order = a->protocol - b->protocol;
	if (order == 0)
		order = compare_end(&a->source, &b->source);
	if (order == 0)
		order = compare_end(&a->destination, &b->destination);
	if (order == 0)
		order = (int)a->icmp - (int)b->icmp;
	return order != 0 ? order : (int)a->established - (int)b->established;
}
