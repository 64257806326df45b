/* What charon tells about SAs as the cores' structs: see ike_wire.h. */
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "linux/ike_wire.h"

enum { SELECTOR_ITEM_MAX = 160 };

/* ---- traffic selectors ---- */

static bool parse_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*out = strtoul(text, &end, 10);
	return *end == '\0' && *out <= max;
}

static bool parse_protocol(const char *text, uint8_t *out)
{
	unsigned long n;

	if (parse_number(text, 255, &n)) {
		*out = (uint8_t)n;
		return true;
	}
	const struct protoent *entry = getprotobyname(text);
	if (!entry || entry->p_proto < 0 || entry->p_proto > 255)
		return false;
	*out = (uint8_t)entry->p_proto;
	return true;
}

static bool parse_port(const char *text, uint16_t *out)
{
	unsigned long n;

	if (parse_number(text, 65535, &n)) {
		*out = (uint16_t)n;
		return true;
	}
	const struct servent *entry = getservbyname(text, NULL);
	if (!entry)
		return false;
	*out = (uint16_t)(((unsigned)entry->s_port & 0xff) << 8 | ((unsigned)entry->s_port >> 8 & 0xff));
	return true;
}

/* A message of ICMP: "8", "3(4)". Modifies it. */
static bool parse_message(char *text, uint16_t *out)
{
	char *code = strchr(text, '('), *end = code ? strchr(code, ')') : NULL;
	unsigned long type, number = 0;

	if (code && (!end || end[1] != '\0'))
		return false;
	if (code) {
		*code++ = '\0';
		*end = '\0';
	}
	if (!parse_number(text, UINT8_MAX, &type) || (code && !parse_number(code, UINT8_MAX, &number)))
		return false;
	*out = (uint16_t)(type << 8 | number);
	return true;
}

static bool parse_messages(char *text, struct ports *out)
{
	char *to = strchr(text, '-');

	if (to)
		*to++ = '\0';
	if (!parse_message(text, &out->lo))
		return false;
	out->hi = out->lo;
	return !to || (parse_message(to, &out->hi) && out->lo <= out->hi);
}

/* The inside of the brackets: "tcp", "tcp/http", "17/100-200". Modifies it. Service names may hold a '-', so a range is
 * one of numbers only. */
static bool parse_upper(char *text, struct ike_selector *s)
{
	char *ports = strchr(text, '/');

	if (ports)
		*ports++ = '\0';
	if (!parse_protocol(text, &s->protocol))
		return false;
	s->ports = (struct ports){0, 65535};
	if (!ports)
		return true;
	if (s->protocol == IPPROTO_ICMP || s->protocol == IPPROTO_ICMPV6)
		return parse_messages(ports, &s->ports);
	if (parse_port(ports, &s->ports.lo)) {
		s->ports.hi = s->ports.lo;
		return true;
	}
	char *to = strchr(ports, '-');
	if (!to)
		return false;
	*to++ = '\0';
	return parse_port(ports, &s->ports.lo) && parse_port(to, &s->ports.hi) && s->ports.lo <= s->ports.hi;
}

/* The fewest prefixes that make up the range; 0 when there are more than max. */
static unsigned range_to_prefixes(
	uint32_t lo, uint32_t hi, const struct ike_selector *like, struct ike_selector *out, unsigned max)
{
	uint64_t at = lo;
	unsigned count = 0;

	while (at <= hi) {
		unsigned len = 32;
		/* The largest block that starts here and does not pass the end. */
		while (len && (at & ((UINT64_C(1) << (33 - len)) - 1)) == 0 &&
			at + (UINT64_C(1) << (33 - len)) - 1 <= hi)
			len--;
		if (count == max)
			return 0;
		out[count] = *like;
		out[count++].prefix = prefix_make(ip_v4((uint32_t)at), len);
		at += UINT64_C(1) << (32 - len);
	}
	return count;
}

unsigned ike_selector_parse(const char *text, struct ike_selector *out, unsigned max)
{
	char copy[SELECTOR_ITEM_MAX];
	struct ike_selector s = {.ports = {0, 65535}};

	if (max == 0 || !str_copy(copy, sizeof(copy), text))
		return 0;
	char *upper = strchr(copy, '[');
	if (upper) {
		size_t n = strlen(upper);
		if (upper[n - 1] != ']')
			return 0;
		upper[n - 1] = '\0';
		*upper++ = '\0';
		if (!parse_upper(upper, &s))
			return 0;
	}
	char *end = strstr(copy, "..");
	if (!end) {
		if (!prefix_parse(copy, &s.prefix))
			return 0;
		s.prefix = prefix_make(s.prefix.addr, s.prefix.len);
		*out = s;
		return 1;
	}
	struct ipaddr lo, hi;
	*end = '\0';
	if (!ip_parse(copy, &lo) || !ip_parse(end + 2, &hi) || lo.family != IP_V4 || hi.family != IP_V4 ||
		ip_compare(&lo, &hi) > 0)
		return 0;
	return range_to_prefixes(ip_v4_u32(&lo), ip_v4_u32(&hi), &s, out, max);
}

/* ---- fields ---- */

struct field {
	const char *key;
	enum { F_U32, F_U16, F_U64, F_SECONDS, F_TEXT, F_HEX32, F_HEX64, F_YES, F_ADDRESS } type;
	size_t at, size;
};

#define FIELD(structure, key, type, member)                                                                  \
	{                                                                                                    \
		key, type, offsetof(structure, member), sizeof(((structure *)0)->member)                     \
	}

static bool parse_hex(const struct vici_token *t, uint64_t *out)
{
	uint64_t n = 0;

	if (t->value_len == 0 || t->value_len > 16)
		return false;
	for (size_t i = 0; i < t->value_len; i++) {
		char c = t->value[i];
		unsigned digit;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a') + 10;
		else
			return false;
		n = n << 4 | digit;
	}
	*out = n;
	return true;
}

/* What a field has been given stays as it was when the text is none of its type: zero, or -1 for seconds. */
static void set_field(const struct field *f, const struct vici_token *t, void *object)
{
	uint8_t *to = (uint8_t *)object + f->at;
	char text[IP_TEXT_MAX];
	struct ipaddr address;
	uint64_t n = 0;
	bool number = f->type == F_HEX32 || f->type == F_HEX64 ? parse_hex(t, &n) : vici_number(t, &n);

	switch (f->type) {
	case F_U16:
		if (number && n <= UINT16_MAX)
			memcpy(to, &(uint16_t){(uint16_t)n}, sizeof(uint16_t));
		break;
	case F_U32:
	case F_HEX32:
		if (number && n <= UINT32_MAX)
			memcpy(to, &(uint32_t){(uint32_t)n}, sizeof(uint32_t));
		break;
	case F_U64:
	case F_HEX64:
		if (number)
			memcpy(to, &n, sizeof(n));
		break;
	case F_SECONDS:
		if (number && n <= INT64_MAX)
			memcpy(to, &(int64_t){(int64_t)n}, sizeof(int64_t));
		break;
	case F_TEXT: (void)vici_copy_value(t, (char *)to, f->size); break;
	case F_YES: *(bool *)to = vici_value_is(t, "yes"); break;
	case F_ADDRESS:
		if (vici_copy_value(t, text, sizeof(text)) && ip_parse(text, &address))
			memcpy(to, &address, sizeof(address));
		break;
	}
}

static void set_fields(const struct field *fields, size_t count, const struct vici_token *t, void *object)
{
	for (size_t i = 0; i < count; i++) {
		if (vici_name_is(t, fields[i].key)) {
			set_field(&fields[i], t, object);
			return;
		}
	}
}

static const struct field ike_fields[] = {
	FIELD(struct ike_sa, "uniqueid", F_U32, id),
	FIELD(struct ike_sa, "initiator", F_YES, initiator),
	FIELD(struct ike_sa, "local-host", F_ADDRESS, local_host),
	FIELD(struct ike_sa, "local-port", F_U16, local_port),
	FIELD(struct ike_sa, "local-id", F_TEXT, local_id),
	FIELD(struct ike_sa, "remote-host", F_ADDRESS, remote_host),
	FIELD(struct ike_sa, "remote-port", F_U16, remote_port),
	FIELD(struct ike_sa, "remote-id", F_TEXT, remote_id),
	FIELD(struct ike_sa, "initiator-spi", F_HEX64, spi_i),
	FIELD(struct ike_sa, "responder-spi", F_HEX64, spi_r),
	FIELD(struct ike_sa, "nat-local", F_YES, nat_local),
	FIELD(struct ike_sa, "nat-remote", F_YES, nat_remote),
	FIELD(struct ike_sa, "encr-alg", F_TEXT, encr),
	FIELD(struct ike_sa, "encr-keysize", F_U16, encr_bits),
	FIELD(struct ike_sa, "integ-alg", F_TEXT, integ),
	FIELD(struct ike_sa, "prf-alg", F_TEXT, prf),
	FIELD(struct ike_sa, "dh-group", F_TEXT, dh),
	FIELD(struct ike_sa, "established", F_SECONDS, established_s),
	FIELD(struct ike_sa, "rekey-time", F_SECONDS, rekey_s),
	FIELD(struct ike_sa, "reauth-time", F_SECONDS, reauth_s),
};

static const struct field child_fields[] = {
	FIELD(struct child_sa, "name", F_TEXT, child),
	FIELD(struct child_sa, "uniqueid", F_U32, id),
	FIELD(struct child_sa, "encap", F_YES, udp_encap),
	FIELD(struct child_sa, "spi-in", F_HEX32, spi_in),
	FIELD(struct child_sa, "spi-out", F_HEX32, spi_out),
	FIELD(struct child_sa, "encr-alg", F_TEXT, encr),
	FIELD(struct child_sa, "encr-keysize", F_U16, encr_bits),
	FIELD(struct child_sa, "integ-alg", F_TEXT, integ),
	FIELD(struct child_sa, "dh-group", F_TEXT, dh),
	FIELD(struct child_sa, "bytes-in", F_U64, bytes_in),
	FIELD(struct child_sa, "packets-in", F_U64, packets_in),
	FIELD(struct child_sa, "use-in", F_SECONDS, use_in_s),
	FIELD(struct child_sa, "bytes-out", F_U64, bytes_out),
	FIELD(struct child_sa, "packets-out", F_U64, packets_out),
	FIELD(struct child_sa, "use-out", F_SECONDS, use_out_s),
	FIELD(struct child_sa, "install-time", F_SECONDS, install_s),
	FIELD(struct child_sa, "rekey-time", F_SECONDS, rekey_s),
	FIELD(struct child_sa, "life-time", F_SECONDS, life_s),
};

/* charon's state names; what is not listed is OTHER, the value 0 must not stand for another state there. */
struct state_name {
	const char *name;
	int state;
};

static const struct state_name ike_states[] = {{"CREATED", IKE_SA_CONNECTING},
	{"CONNECTING", IKE_SA_CONNECTING}, {"ESTABLISHED", IKE_SA_ESTABLISHED},
	{"REKEYING", IKE_SA_ESTABLISHED}, {"DELETING", IKE_SA_DELETING}, {"DESTROYING", IKE_SA_DELETING},
	{NULL, IKE_SA_OTHER}};

static const struct state_name child_states[] = {{"INSTALLED", CHILD_SA_INSTALLED},
	{"UPDATING", CHILD_SA_INSTALLED}, {"REKEYING", CHILD_SA_REKEYING}, {"REKEYED", CHILD_SA_REKEYED},
	{"DELETING", CHILD_SA_DELETING}, {"DELETED", CHILD_SA_DELETING}, {"DESTROYING", CHILD_SA_DELETING},
	{NULL, CHILD_SA_OTHER}};

static int state_of(const struct state_name *names, const struct vici_token *t)
{
	while (names->name && !vici_value_is(t, names->name))
		names++;
	return names->state;
}

static void ike_value(struct ike_sa *sa, const struct vici_token *t)
{
	if (vici_name_is(t, "state"))
		sa->state = (enum ike_sa_state)state_of(ike_states, t);
	else if (vici_name_is(t, "version"))
		sa->version = vici_value_is(t, "1") ? 1 : 2;
	else
		set_fields(ike_fields, sizeof(ike_fields) / sizeof(*ike_fields), t, sa);
}

static void child_value(struct child_sa *sa, const struct vici_token *t)
{
	if (vici_name_is(t, "state"))
		sa->state = (enum child_sa_state)state_of(child_states, t);
	else if (vici_name_is(t, "mode"))
		sa->transport = vici_value_is(t, "TRANSPORT");
	else
		set_fields(child_fields, sizeof(child_fields) / sizeof(*child_fields), t, sa);
}

static void child_selector(struct child_sa *sa, const struct vici_token *t)
{
	enum { MAX = sizeof(sa->local) / sizeof(*sa->local) };
	bool local = vici_name_is(t, "local-ts");
	struct ike_selector *list = local ? sa->local : sa->remote;
	uint8_t *count = local ? &sa->local_count : &sa->remote_count;
	char text[SELECTOR_ITEM_MAX];

	if ((local || vici_name_is(t, "remote-ts")) && vici_copy_value(t, text, sizeof(text)))
		*count = (uint8_t)(*count + ike_selector_parse(text, list + *count, MAX - *count));
}

/* ---- messages ---- */

/* Where in the message we are; sections of other names are skipped. */
struct decoder {
	struct vici_parser parser;
	const struct ike_visitor *visitor;
	struct ike_sa ike;
};

static struct ike_sa ike_blank(const struct ike_visitor *v, const char *conn)
{
	struct ike_sa sa = {.incarnation = v->incarnation,
		.state = IKE_SA_OTHER,
		.established_s = -1,
		.rekey_s = -1,
		.reauth_s = -1};

	(void)str_copy(sa.conn, sizeof(sa.conn), conn);
	sa.called = strchr(sa.conn, ' ') != NULL;
	sa.conn[strcspn(sa.conn, " ")] = '\0';
	return sa;
}

static void visit_ike(const struct decoder *d, const struct ike_sa *sa, enum ike_part part)
{
	if (sa->id && d->visitor->ike_sa)
		d->visitor->ike_sa(d->visitor->user, sa, part);
}

static struct child_sa child_blank(const struct ike_sa *ike, const char *name)
{
	struct child_sa sa = {.incarnation = ike->incarnation,
		.ike_id = ike->id,
		.use_in_s = -1,
		.use_out_s = -1,
		.install_s = -1,
		.rekey_s = -1,
		.life_s = -1,
		.local_host = ike->local_host,
		.remote_host = ike->remote_host,
		.local_port = ike->local_port,
		.remote_port = ike->remote_port};

	memcpy(sa.conn, ike->conn, sizeof(sa.conn));
	(void)str_copy(sa.child, sizeof(sa.child), name);
	return sa;
}

static void visit_child(const struct decoder *d, struct child_sa *sa, enum ike_part part)
{
	sa->child[strcspn(sa->child, ".")] =
		'\0'; /* of a pair of hosts: reported as its line (core/hosts.c) */
	if (sa->id && d->visitor->child_sa)
		d->visitor->child_sa(d->visitor->user, sa, part);
}

/* The inside of a child's section: its fields, or after a rekey the two halves "old" and "new". */
static bool decode_child(struct decoder *d, const char *name)
{
	struct child_sa whole = child_blank(&d->ike, name), half, *sa = &whole;
	enum ike_part part = IKE_PART_WHOLE;
	struct vici_token t;

	for (;;) {
		switch (vici_next(&d->parser, &t)) {
		case VICI_KEY_VALUE: child_value(sa, &t); break;
		case VICI_LIST_ITEM: child_selector(sa, &t); break;
		case VICI_SECTION_START:
			if (sa == &whole && (vici_name_is(&t, "old") || vici_name_is(&t, "new"))) {
				part = vici_name_is(&t, "old") ? IKE_PART_OLD : IKE_PART_NEW;
				half = child_blank(&d->ike, name);
				sa = &half;
			} else if (!vici_skip_section(&d->parser)) {
				return false;
			}
			break;
		case VICI_SECTION_END:
			visit_child(d, sa, part);
			if (sa == &whole)
				return true;
			sa = &whole;
			part = IKE_PART_WHOLE;
			break;
		case VICI_END:
		case VICI_BROKEN: return false;
		default: break;
		}
	}
}

/* The inside of "child-sas". */
static bool decode_children(struct decoder *d)
{
	char name[IKE_CHILD_NAME_MAX];
	struct vici_token t;

	for (;;) {
		switch (vici_next(&d->parser, &t)) {
		case VICI_SECTION_START:
			(void)vici_copy_name(&t, name, sizeof(name));
			if (!decode_child(d, name))
				return false;
			break;
		case VICI_SECTION_END: return true;
		case VICI_END:
		case VICI_BROKEN: return false;
		default: break;
		}
	}
}

/* The old or new half of an ike-rekey. */
static bool decode_half(struct decoder *d, enum ike_part part)
{
	struct ike_sa sa = ike_blank(d->visitor, d->ike.conn);
	struct vici_token t;

	sa.called = d->ike.called;
	for (;;) {
		switch (vici_next(&d->parser, &t)) {
		case VICI_KEY_VALUE: ike_value(&sa, &t); break;
		case VICI_SECTION_START:
			if (!vici_skip_section(&d->parser))
				return false;
			break;
		case VICI_SECTION_END: visit_ike(d, &sa, part); return true;
		case VICI_END:
		case VICI_BROKEN: return false;
		default: break;
		}
	}
}

/* The section of one connection. Its children come after its fields. */
static bool decode_conn(struct decoder *d)
{
	struct ike_sa *sa = &d->ike;
	struct vici_token t;
	bool visited = false;

	for (;;) {
		enum vici_type type = vici_next(&d->parser, &t);
		switch (type) {
		case VICI_KEY_VALUE: ike_value(sa, &t); break;
		case VICI_LIST_ITEM:
			if (vici_name_is(&t, "tasks-active"))
				sa->request_pending = true;
			break;
		case VICI_SECTION_START:
			if (vici_name_is(&t, "child-sas")) {
				visit_ike(d, sa, IKE_PART_WHOLE);
				visited = true;
				if (!decode_children(d))
					return false;
			} else if (vici_name_is(&t, "old") || vici_name_is(&t, "new")) {
				if (!decode_half(d, vici_name_is(&t, "old") ? IKE_PART_OLD : IKE_PART_NEW))
					return false;
			} else if (!vici_skip_section(&d->parser)) {
				return false;
			}
			break;
		case VICI_SECTION_END:
			if (!visited)
				visit_ike(d, sa, IKE_PART_WHOLE);
			return true;
		case VICI_END:
		case VICI_BROKEN: return false;
		default: break;
		}
	}
}

bool ike_decode(const void *body, size_t len, const struct ike_visitor *v)
{
	struct decoder d = {.parser = vici_parser_make(body, len), .visitor = v};
	char conn[IKE_CONN_NAME_MAX];
	struct vici_token t;

	while (vici_next(&d.parser, &t) > VICI_END) {
		if (t.type != VICI_SECTION_START)
			continue;
		bool named =
			vici_copy_name(&t, conn, sizeof(conn)) && *conn && strcmp(conn, "(unnamed)") != 0;
		d.ike = ike_blank(v, conn);
		if (named ? !decode_conn(&d) : !vici_skip_section(&d.parser))
			return false;
	}
	return t.type == VICI_END;
}
