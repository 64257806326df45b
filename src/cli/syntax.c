/* From the text of a row to nodes. The input is the table, never what somebody typed: faults assert. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/grammar.h"

enum { NODES_MAX = 900, BRANCHES_MAX = 900, TOKEN_MAX = 64, NO_SLOT = 0xff };

/* One row under compilation. */
struct compiler {
	const char *at;	  /* in row->syntax */
	const char *help; /* rest of row->help; NULL: used up */
	struct cli_syntax *s;
	uint16_t node_count, branch_count;
	struct cli_node nodes[NODES_MAX];
	uint16_t branches[BRANCHES_MAX];
	bool oom;
};

static const struct {
	const char *word;
	enum cli_type type;
	const char *shown;
	uint32_t hi; /* of its length, where it has one */
} value_types[] = {
	{"WORD", TYPE_WORD, "WORD", NAME_MAX_LEN - 1},
	{"LINE", TYPE_LINE, "LINE", DESCRIPTION_MAX_LEN - 1},
	{"NAME", TYPE_NAME, "WORD", NAME_MAX_LEN - 1},
	{"A.B.C.D", TYPE_ADDRESS, "A.B.C.D", 0},
	{"HOST", TYPE_HOST, "A.B.C.D", 0},
	{"MASK", TYPE_MASK, "A.B.C.D", 0},
	{"WILDCARD", TYPE_WILDCARD, "A.B.C.D", 0},
	{"IPV6-PREFIX", TYPE_IPV6_PREFIX, "X:X:X:X::X/<0-128>", 0},
	{"IPV6", TYPE_IPV6, "X:X:X:X::X", 0},
	{"INTERFACE", TYPE_INTERFACE, "INTERFACE", 0},
	{"H.H.H", TYPE_MAC, "H.H.H", 0},
	{"TIME", TYPE_TIME, "hh:mm:ss", 0},
	{"MONTH", TYPE_MONTH, "MONTH", 0},
};

static char *keep(struct compiler *c, const char *s, size_t n)
{
	char *copy = malloc(n + 1);

	if (!copy) {
		c->oom = true;
		return NULL;
	}
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

static uint16_t add_node(struct compiler *c, enum cli_node_kind kind)
{
	assert(c->node_count < NODES_MAX);
	c->nodes[c->node_count] = (struct cli_node){.kind = (uint8_t)kind,
		.slot = NO_SLOT,
		.sibling = CLI_NONE,
		.follow = CLI_NONE,
		.branch = CLI_NONE};
	return c->node_count++;
}

static uint8_t slot_of(struct compiler *c, const char *name, size_t len)
{
	struct cli_syntax *s = c->s;

	for (uint8_t i = 0; i < s->slot_count; i++)
		if (strlen(s->slots[i]) == len && memcmp(s->slots[i], name, len) == 0)
			return i;
	assert(s->slot_count < CLI_SLOTS_MAX);
	s->slots[s->slot_count] = keep(c, name, len);
	return c->oom ? NO_SLOT : s->slot_count++;
}

static void skip_blanks(struct compiler *c)
{
	while (*c->at == ' ')
		c->at++;
}

/* ":slot" behind a token or group. */
static uint8_t optional_slot(struct compiler *c)
{
	if (*c->at != ':')
		return NO_SLOT;
	const char *name = ++c->at;

	c->at += strcspn(name, " |]}");
	return slot_of(c, name, (size_t)(c->at - name));
}

/* The next text of row->help; NULL: none, or an empty one. */
static const char *next_help(struct compiler *c)
{
	if (!c->help)
		return NULL;
	size_t n = strcspn(c->help, "|");
	const char *text = n > 0 ? keep(c, c->help, n) : NULL;

	c->help = c->help[n] == '|' ? c->help + n + 1 : NULL;
	return text;
}

/* "encryption~encr", with "_" for a blank in what is written. */
static void keyword(struct compiler *c, struct cli_node *n, const char *s, size_t len)
{
	const char *tilde = memchr(s, '~', len);

	char *text = keep(c, s, tilde ? (size_t)(tilde - s) : len),
	     *colon = text ? strstr(text, "\\:") : NULL;

	if (colon)
		memmove(colon, colon + 1, strlen(colon));
	n->lo = 1;
	n->text = text;
	n->written = n->text;
	if (tilde) {
		char *written = keep(c, tilde + 1, (size_t)(s + len - tilde - 1));

		for (char *p = written; p && *p; p++)
			if (*p == '_')
				*p = ' ';
		n->written = written;
	}
}

/* A type of named numbers becomes a choice: one keyword a name, and the number itself. */
static uint16_t named_type(struct compiler *c, const struct cli_named_type *t, uint8_t slot, const char *help)
{
	uint16_t choice = add_node(c, NODE_CHOICE), first = c->branch_count, count = 0, node;
	char range[32];

	for (const struct cli_name *name = t->names; name->name; name++, count++) {
		node = add_node(c, NODE_KEYWORD);
		c->nodes[node].text = c->nodes[node].written = name->name;
		c->nodes[node].help = name->help;
		c->nodes[node].slot = slot;
		c->nodes[node].lo = name->value;
		assert(c->branch_count < BRANCHES_MAX);
		c->branches[c->branch_count++] = node;
	}
	node = add_node(c, NODE_VALUE);
	snprintf(range, sizeof(range), "<0-%u>", (unsigned)t->hi);
	c->nodes[node].type = TYPE_NUMBER;
	c->nodes[node].hi = t->hi;
	c->nodes[node].slot = slot;
	c->nodes[node].text = keep(c, range, strlen(range));
	c->nodes[node].help = help;
	assert(c->branch_count < BRANCHES_MAX);
	c->branches[c->branch_count++] = node;
	c->nodes[choice].branch = first;
	c->nodes[choice].branch_count = (uint16_t)(count + 1);
	return choice;
}

static uint16_t token(struct compiler *c)
{
	const char *s = c->at, *escape = strstr(s, "\\:");
	size_t len = *s == '<' ? strcspn(s, ">") + 1 : strcspn(s, " :|]};[{"), word = strcspn(s, " :|]};[{/");

	if (escape && escape == s + len - 1) /* "system\:running-config": the colon is the keyword's own */
		len += 1 + strcspn(s + len + 1, " :|]};[{");
	assert(len > 0 && len < TOKEN_MAX);
	c->at += len;
	uint8_t slot = optional_slot(c);
	const char *help = next_help(c);

	/* A token that comes again in its row has the same text. */
	for (uint16_t i = 0; !help && i < c->node_count; i++)
		if (c->nodes[i].text && strncmp(c->nodes[i].text, s, len) == 0 &&
			c->nodes[i].text[len] == '\0')
			help = c->nodes[i].help;

	for (const struct cli_named_type *t = cli_named_types; t->syntax; t++)
		if (strlen(t->syntax) == len && memcmp(t->syntax, s, len) == 0)
			return named_type(c, t, slot, help);

	uint16_t at = add_node(c, NODE_KEYWORD);
	struct cli_node *n = &c->nodes[at];

	n->slot = slot;
	n->help = help;
	if (*s == '<') {
		int end = 0;

		n->kind = NODE_VALUE;
		n->type = TYPE_NUMBER;
		n->text = keep(c, s, len);
		sscanf(s, "<%u-%u>%n", &n->lo, &n->hi, &end);
		assert((size_t)end == len && n->lo <= n->hi);
		return at;
	}
	for (size_t i = 0; i < sizeof(value_types) / sizeof(*value_types); i++) {
		if (strlen(value_types[i].word) != word || memcmp(value_types[i].word, s, word) != 0)
			continue;
		n->kind = NODE_VALUE;
		n->type = (uint8_t)value_types[i].type;
		n->text = value_types[i].shown;
		n->hi = word < len ? (uint32_t)strtoul(s + word + 1, NULL, 10) : value_types[i].hi;
		return at;
	}
	keyword(c, n, s, len);
	return at;
}

static uint16_t sequence(struct compiler *c);

/* "[a | b]" or "{a | b}"; c->at is behind the bracket. */
static uint16_t group(struct compiler *c, char close)
{
	enum { GROUP_MAX = 32 };
	uint16_t heads[GROUP_MAX], count = 0, at = add_node(c, NODE_CHOICE);

	for (;;) {
		assert(count < GROUP_MAX);
		heads[count++] = sequence(c);
		assert(heads[count - 1] != CLI_NONE);
		if (*c->at != '|')
			break;
		c->at++;
	}
	assert(*c->at == close);
	c->at++;
	c->nodes[at].optional = close == ']';
	c->nodes[at].slot = optional_slot(c);
	c->nodes[at].branch = c->branch_count;
	c->nodes[at].branch_count = count;
	assert(c->branch_count + count <= BRANCHES_MAX);
	memcpy(c->branches + c->branch_count, heads, count * sizeof(*heads));
	c->branch_count = (uint16_t)(c->branch_count + count);
	return at;
}

/* Up to the end, "|" or a closing bracket; the head, CLI_NONE when empty. */
static uint16_t sequence(struct compiler *c)
{
	uint16_t head = CLI_NONE, last = CLI_NONE, at;

	for (;;) {
		skip_blanks(c);
		if (*c->at == '\0' || strchr("|]}", *c->at))
			return head;
		if (*c->at == '[' || *c->at == '{') {
			char close = *c->at == '[' ? ']' : '}';

			c->at++;
			at = group(c, close);
		} else if (*c->at == ';') {
			c->at++;
			c->s->has_mark = true;
			at = add_node(c, NODE_MARK);
		} else {
			at = token(c);
		}
		if (head == CLI_NONE)
			head = at;
		else
			c->nodes[last].sibling = at;
		last = at;
	}
}

/* Where matching goes on behind each node. */
static void link_sequence(struct compiler *c, uint16_t head, uint16_t behind)
{
	for (uint16_t at = head; at != CLI_NONE; at = c->nodes[at].sibling) {
		uint16_t next = c->nodes[at].sibling != CLI_NONE ? c->nodes[at].sibling : behind;

		c->nodes[at].follow = next;
		if (c->nodes[at].kind != NODE_CHOICE)
			continue;
		for (uint16_t i = 0; i < c->nodes[at].branch_count; i++) {
			uint16_t after = next;

			if (c->nodes[at].slot != NO_SLOT) {
				after = add_node(c, NODE_SET);
				c->nodes[after].slot = c->nodes[at].slot;
				c->nodes[after].lo = i;
				c->nodes[after].follow = next;
			}
			link_sequence(c, c->branches[c->nodes[at].branch + i], after);
		}
	}
}

static bool compile(struct compiler *c, const struct cli_row *row, struct cli_syntax *s)
{
	*s = (struct cli_syntax){.row = row};
	c->at = row->syntax;
	c->help = row->help;
	c->s = s;
	c->node_count = c->branch_count = 0;
	s->start = sequence(c);
	assert(*c->at == '\0' && s->start != CLI_NONE);
	link_sequence(c, s->start, add_node(c, NODE_END));
	for (size_t i = 0; i < CLI_FIELDS_MAX; i++) {
		const char *slot = row->fields[i].slot;

		s->field_slots[i] = slot ? slot_of(c, slot, strlen(slot)) : NO_SLOT;
	}
	s->nodes = malloc(c->node_count * sizeof(*s->nodes));
	s->branches = malloc((c->branch_count + 1u) * sizeof(*s->branches));
	if (!s->nodes || !s->branches || c->oom)
		return false;
	memcpy(s->nodes, c->nodes, c->node_count * sizeof(*s->nodes));
	memcpy(s->branches, c->branches, c->branch_count * sizeof(*s->branches));
	s->node_count = c->node_count;
	s->branch_count = c->branch_count;
	return true;
}

/* --- The whole grammar ----------------------------------------------------------------------------------------- */

/* Table order settles which of two rows that take the same line is meant. */
static const struct cli_table *const tables[] = {&cli_table_system, &cli_table_ike, &cli_table_ikev2,
	&cli_table_ipsec, &cli_table_crypto, &cli_table_interface, &cli_table_ipv6, &cli_table_keychain,
	&cli_table_standby, &cli_table_standby_interface, &cli_table_ip, &cli_table_acl, &cli_table_track,
	&cli_table_redundancy, &cli_table_kept, &cli_table_foreign, &cli_table_exec, &cli_table_show};

static int by_rank(const void *a, const void *b)
{
	const struct cli_syntax *x = *(const struct cli_syntax *const *)a,
				*y = *(const struct cli_syntax *const *)b;

	if (x->row->rank != y->row->rank)
		return x->row->rank < y->row->rank ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool push(const struct cli_syntax ***list, size_t *count, const struct cli_syntax *s)
{
	const struct cli_syntax **grown = realloc(*list, (*count + 1) * sizeof(*grown));

	if (!grown)
		return false;
	grown[(*count)++] = s;
	*list = grown;
	return true;
}

static unsigned letter_of(const struct cli_syntax *s)
{
	const struct cli_node *n = &s->nodes[s->start];

	return n->kind == NODE_KEYWORD && n->text[0] >= 'a' && n->text[0] <= 'z'
		? (unsigned)(n->text[0] - 'a')
		: 26;
}

static bool push_start(struct cli_start **list, size_t *count, const struct cli_syntax *s)
{
	const struct cli_node *n = &s->nodes[s->start];
	struct cli_start *grown = realloc(*list, (*count + 1) * sizeof(*grown));
	char second = 0;

	if (!grown)
		return false;
	if (n->kind == NODE_KEYWORD) {
		n = &s->nodes[n->follow];
		while (n->kind == NODE_MARK)
			n = &s->nodes[n->follow];
		if (n->kind == NODE_KEYWORD && n->text[0] >= 'a' && n->text[0] <= 'z')
			second = n->text[0];
	}
	grown[(*count)++] = (struct cli_start){s, second};
	*list = grown;
	return true;
}

static bool sort_into_modes(struct cli_grammar *g)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct cli_syntax *s = &g->syntaxes[i];

		for (unsigned mode = 0; mode < MODE_COUNT; mode++) {
			struct cli_mode_rows *m = &g->modes[mode];
			unsigned letter = letter_of(s);

			if (!(s->row->modes & 1u << mode))
				continue;
			if (!push(&m->all, &m->count, s) ||
				!push_start(&m->by_letter[letter], &m->letter_count[letter], s))
				return false;
			if (s->row->rank && !(s->row->flags & (CLI_PARSE_ONLY | CLI_ONLY_NO)) &&
				!push(&m->written, &m->written_count, s))
				return false;
		}
	}
	for (unsigned mode = 0; mode < MODE_COUNT; mode++) {
		struct cli_mode_rows *m = &g->modes[mode];

		if (m->written_count)
			qsort(m->written, m->written_count, sizeof(*m->written), by_rank);
	}
	return true;
}

static struct cli_grammar *build(void)
{
	struct cli_grammar *g = calloc(1, sizeof(*g));
	struct compiler *c = calloc(1, sizeof(*c));
	size_t rows = 0;
	bool ok = g && c;

	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		rows += tables[t]->count;
	ok = ok && (g->syntaxes = calloc(rows, sizeof(*g->syntaxes))) != NULL;
	for (size_t t = 0; ok && t < sizeof(tables) / sizeof(*tables); t++)
		for (size_t r = 0; ok && r < tables[t]->count; r++)
			ok = compile(c, &tables[t]->rows[r], &g->syntaxes[g->count++]);
	ok = ok && sort_into_modes(g);
	free(c);
	return ok ? g : NULL;
}

const struct cli_grammar *cli_grammar(void)
{
	static struct cli_grammar *built; /* constant once it is there */

	if (!built)
		built = build();
	return built;
}

const struct cli_mode_info cli_modes[MODE_COUNT] = {
	[MODE_EXEC] = {"exec", NULL, MODE_EXEC},
	[MODE_PIPE] = {"behind a pipe", NULL, MODE_PIPE},
	[MODE_CONFIG] = {"global configuration", "(config)#", MODE_CONFIG},
	[MODE_INTERFACE] = {"interface", "(config-if)#", MODE_CONFIG},
	[MODE_CRYPTO_MAP] = {"crypto map entry", "(config-crypto-map)#", MODE_CONFIG},
	[MODE_DYNAMIC_MAP] = {"dynamic crypto map entry", "(config-crypto-map)#", MODE_CONFIG},
	[MODE_ISAKMP_POLICY] = {"ISAKMP policy", "(config-isakmp)#", MODE_CONFIG},
	[MODE_TRANSFORM_SET] = {"transform set", "(cfg-crypto-trans)#", MODE_CONFIG},
	[MODE_ACL] = {"extended access list", "(config-ext-nacl)#", MODE_CONFIG},
	[MODE_IKEV2_PROPOSAL] = {"IKEv2 proposal", "(config-ikev2-proposal)#", MODE_CONFIG},
	[MODE_IKEV2_POLICY] = {"IKEv2 policy", "(config-ikev2-policy)#", MODE_CONFIG},
	[MODE_IKEV2_KEYRING] = {"IKEv2 keyring", "(config-ikev2-keyring)#", MODE_CONFIG},
	[MODE_IKEV2_PEER] = {"IKEv2 keyring peer", "(config-ikev2-keyring-peer)#", MODE_IKEV2_KEYRING},
	[MODE_IKEV2_PROFILE] = {"IKEv2 profile", "(config-ikev2-profile)#", MODE_CONFIG},
	[MODE_KEY_CHAIN] = {"key chain", "(config-keychain)#", MODE_CONFIG},
	[MODE_KEY] = {"key of a key chain", "(config-keychain-key)#", MODE_KEY_CHAIN},
	[MODE_LINE] = {"line", "(config-line)#", MODE_CONFIG},
	[MODE_BLOCK] = {"block without effect", "(config-block)#", MODE_CONFIG},
	[MODE_TRACK] = {"tracked object", "(config-track)#", MODE_CONFIG},
};
