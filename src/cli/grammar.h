/*
 * The grammar table: what a row is, and what is made of it.
 *
 * Owns:  rows, their compiled syntax, the mode tree. Everything the command line can do is read from here: matching,
 *        help, completion, `no` and `default`, the running-config writer, the command reference, the fuzzer's dictionary.
 * Never: knows a session.
 *
 * Syntax of a row (doc/cli.md has the same with examples):
 *
 *	word            a keyword, abbreviated as IOS allows
 *	word~other      typed so, written otherwise (`encryption~encr`); "_" in it stands for a blank
 *	<1-255>         a number in a range
 *	WORD/8  LINE/80 one word, the rest of the line; at most so many characters
 *	A.B.C.D HOST MASK WILDCARD INTERFACE H.H.H TIME MONTH NAME PROTOCOL TCP-PORT UDP-PORT   see value.c
 *	[ … | … ]       may be left out;  { … | … }  one of them
 *	:slot           behind a token: its value is bound to that slot; behind a keyword: the slot is 1 when it was typed;
 *	                behind a group: the number of the alternative
 *	;               in a `no` or `default` form the line may end here or anywhere after
 *
 * Writing goes the other way: a row is written when all slots its syntax needs have a value; an optional group is written
 * when its slots have; of alternatives the first that can be written is taken.
 */
#ifndef CLI_GRAMMAR_H
#define CLI_GRAMMAR_H

#include <stddef.h>

#include "base/text.h"
#include "cli/cli.h"
#include "model/model.h"

enum cli_mode {
	MODE_EXEC,
	MODE_PIPE, /* what follows "|" */
	MODE_CONFIG,
	MODE_INTERFACE,
	MODE_CRYPTO_MAP,
	MODE_DYNAMIC_MAP,
	MODE_ISAKMP_POLICY,
	MODE_TRANSFORM_SET,
	MODE_ACL,
	MODE_IKEV2_PROPOSAL,
	MODE_IKEV2_POLICY,
	MODE_IKEV2_KEYRING,
	MODE_IKEV2_PEER,
	MODE_IKEV2_PROFILE,
	MODE_LINE,
	MODE_BLOCK, /* kept as it stands: every indented line */
	MODE_TRACK,
	MODE_KEY_CHAIN,
	MODE_KEY,
	MODE_COUNT,
};

/* A row may serve several modes: a set of bits. */
#define IN(mode)	 (1u << MODE_##mode)
#define IN_CONFIGURATION (~0u & ~(IN(EXEC) | IN(PIPE) | IN(BLOCK)))

struct cli_mode_info {
	const char *name;     /* in the command reference */
	const char *prompt;   /* "(config-if)#"; NULL in exec */
	enum cli_mode parent; /* tried for a line that this mode does not take */
};
extern const struct cli_mode_info cli_modes[MODE_COUNT];

enum {
	CLI_SLOTS_MAX = 28,  /* of a row */
	CLI_FIELDS_MAX = 8,  /* of a row */
	CLI_WORDS_MAX = 128, /* of a line */
	CLI_NONE = 0xffff,   /* no node */
};

/* --- Values ------------------------------------------------------------------------------------------------------------ */

struct cli_value {
	bool set;
	uint32_t n;
	struct ipaddr ip;
	struct mac mac;
	const char *s;		       /* borrowed for the call: from the line, or from the model */
	char name[INTERFACE_NAME_MAX]; /* INTERFACE: canonical */
};

struct cli_syntax;

struct cli_args {
	const struct cli_syntax *syntax;
	struct cli_value v[CLI_SLOTS_MAX];
};

/* The value of a slot; never NULL: an unset one when the row has no such slot. */
const struct cli_value *cli_arg(const struct cli_args *a, const char *slot);
bool cli_has(const struct cli_args *a, const char *slot);
/* For writing. Slots that the row does not have are ignored. */
void cli_put_number(struct cli_args *a, const char *slot, uint32_t n);
void cli_put_string(struct cli_args *a, const char *slot, const char *s);	     /* not when empty */
void cli_put_address(struct cli_args *a, const char *slot, const struct ipaddr *ip); /* not when not set */
/* An address and the length behind its slash. */
void cli_put_prefix(struct cli_args *a, const char *slot, const struct prefix *p);
void cli_put_mac(struct cli_args *a, const char *slot, const struct mac *mac);

/* --- Objects ------------------------------------------------------------------------------------------------------------- */

/* An object of the configuration that a row reads or changes. */
struct cli_target {
	struct model *model;
	void *outer;	  /* the crypto map of an entry, the interface of a group …; NULL for others */
	void *object;	  /* what the row's fields are in; NULL while it does not exist */
	const char *name; /* for model_touch() */
	uint32_t number;
};

struct cli_call;

/* A list of objects inside another one: how a row finds its object, and how the writer walks over all of them. */
struct cli_list {
	/* The object that the arguments name; with `create`, made when it is missing (false: exhaustion). Without, an absent
	 * object leaves .object NULL and is no failure. */
	bool (*find)(const struct cli_target *within, const struct cli_args *args, bool create,
		struct cli_target *out);
	/* The object at a cursor of two indices, which is moved over empty places; false behind the last. */
	bool (*at)(const struct cli_target *within, size_t cursor[2], struct cli_target *out);
	/* Deletes the object. */
	void (*drop)(const struct cli_target *t);
	/* Deletes the object when nothing is left in it; may be NULL. */
	void (*prune)(const struct cli_target *t);
	bool nested; /* the second index of the cursor counts, the first follows */
};

enum cli_field_kind {
	FIELD_NONE,
	FIELD_UINT,   /* 1, 2 or 4 bytes; 0 is "not typed" */
	FIELD_KEY,    /* a number that is part of the object's identity: written also when 0 */
	FIELD_FLAG,   /* bool: the slot was typed; slot NULL: the row was */
	FIELD_TEXT,   /* char array; "" is "not typed" */
	FIELD_IP,     /* struct ipaddr */
	FIELD_CHOICE, /* 1, 2 or 4 bytes, value from .map by the number of the alternative */
	FIELD_CONST, /* 1, 2 or 4 bytes that the row sets to .standard; written only then. For exec: what the row means */
};

struct cli_field {
	const char *slot;
	enum cli_field_kind kind;
	uint16_t offset, size;
	uint32_t standard;   /* default value: typing it is the same as `no` */
	const uint32_t *map; /* FIELD_CHOICE: values by alternative; NULL: the number itself */
	uint8_t map_count;
	bool always; /* FIELD_CHOICE: written also when it is the standard */
};

#define FIELD_AT(T, f) .offset = offsetof(T, f), .size = sizeof(((T *)0)->f)
#define UINT(slot_, T, f)                                                                                    \
	{                                                                                                    \
		.slot = slot_, .kind = FIELD_UINT, FIELD_AT(T, f)                                            \
	}
#define UINT_STD(slot_, T, f, std)                                                                           \
	{                                                                                                    \
		.slot = slot_, .kind = FIELD_UINT, FIELD_AT(T, f), .standard = std                           \
	}
#define KEY(slot_, T, f)                                                                                     \
	{                                                                                                    \
		.slot = slot_, .kind = FIELD_KEY, FIELD_AT(T, f)                                             \
	}
#define FLAG(slot_, T, f)                                                                                    \
	{                                                                                                    \
		.slot = slot_, .kind = FIELD_FLAG, FIELD_AT(T, f)                                            \
	}
#define TEXT(slot_, T, f)                                                                                    \
	{                                                                                                    \
		.slot = slot_, .kind = FIELD_TEXT, FIELD_AT(T, f)                                            \
	}
#define ADDRESS(slot_, T, f)                                                                                 \
	{                                                                                                    \
		.slot = slot_, .kind = FIELD_IP, FIELD_AT(T, f)                                              \
	}
#define CHOICE(slot_, T, f, std, values)                                                                     \
	{                                                                                                    \
		.slot = slot_, .kind = FIELD_CHOICE, FIELD_AT(T, f), .standard = std, .map = values,         \
		.map_count = sizeof(values) / sizeof(*values)                                                \
	}
#define CHOICE_ALWAYS(slot_, T, f, std, values)                                                              \
	{                                                                                                    \
		.slot = slot_, .kind = FIELD_CHOICE, FIELD_AT(T, f), .standard = std, .map = values,         \
		.map_count = sizeof(values) / sizeof(*values), .always = true                                \
	}
#define CONST(T, f, value)                                                                                   \
	{                                                                                                    \
		.kind = FIELD_CONST, FIELD_AT(T, f), .standard = value                                       \
	}

/* --- Rows ------------------------------------------------------------------------------------------------------------------ */

enum cli_flag {
	CLI_PRIVILEGED = 1 << 0, /* exec: privilege 15 */
	CLI_NO_NO = 1 << 1,	 /* has no `no` form */
	CLI_ONLY_NO = 1 << 2,	 /* has only the `no` form */
	CLI_PARSE_ONLY = 1 << 3, /* an old spelling: the modern row writes */
	CLI_WRITE_ONLY = 1 << 4, /* a remark of the writer */
	CLI_IDENTITY = 1 << 5,	 /* the row is its object: `no` deletes it */
	CLI_SECRET = 1 << 6,	 /* carries a secret (D16) */
	CLI_HASHED = 1 << 7,	 /* … that is journalled as the model has it, not as typed */
	CLI_SEPARATE = 1 << 8,	 /* "!" behind each object when written */
	CLI_PIPES = 1 << 9,	 /* exec: "|" may follow */
	CLI_KEPT = 1 << 10,	 /* kept and written back, without effect */
	CLI_KEPT_NO = 1 << 11,	 /* … and so is its `no` form: the default is "on" */
	CLI_KEPT_ON = 1 << 14,	 /* kept: bare it is the default, and not written */
	CLI_HIDDEN = 1 << 12,	 /* not listed by "?" */
	CLI_REENTER = 1
		<< 13, /* opening it anew counts as a change (nothing does but a created object otherwise) */
};

struct cli_row {
	unsigned modes; /* IN(CONFIG) | … */
	const char *syntax;
	const char *help; /* one text a token, separated by "|"; empty: another row has it */
	unsigned flags;
	uint16_t rank;		     /* write position inside the mode; its hundreds are the section */
	enum cli_mode opens;	     /* the mode it enters; MODE_EXEC: none */
	const struct cli_list *list; /* NULL: the object of the mode */
	const struct cli_list *sub;  /* a list inside the object of `list` */
	struct cli_field fields[CLI_FIELDS_MAX];
	enum model_kind touches;
	const char *refuse; /* known, but not to be had: the line is refused with this text */
	const char *trail;  /* what IOS writes behind the line: blanks that tools rely on */

	/* What fields cannot say. All optional. */
	bool (*applies)(const struct cli_target *t); /* is the row written for this object? */
	bool (*check)(struct cli_call
			*c); /* cross-field rules, before anything changes; refuses with cli_refuse() */
	bool (*set)(struct cli_call *c);   /* in place of the fields */
	bool (*unset)(struct cli_call *c); /* in place of the fields */
	bool (*get)(const struct cli_target *t,
		struct cli_args *a);		    /* in place of the fields; false: not written */
	void (*after)(struct cli_call *c);	    /* notes and warnings; not while a file is loaded */
	enum cli_status (*run)(struct cli_call *c); /* exec */
	enum cli_action_kind action;		    /* exec: fields are those of struct cli_action */
	enum show_view view;			    /* CLI_DO_SHOW */
};

/* A topic's table. */
struct cli_table {
	const struct cli_row *rows;
	size_t count;
};
#define CLI_TABLE(name, rows_) const struct cli_table name = {rows_, sizeof(rows_) / sizeof(*rows_)}
extern const struct cli_table cli_table_system, cli_table_kept, cli_table_foreign, cli_table_ike,
	cli_table_ikev2, cli_table_ipsec, cli_table_crypto, cli_table_interface, cli_table_ipv6,
	cli_table_keychain, cli_table_standby, cli_table_standby_interface, cli_table_ip, cli_table_acl,
	cli_table_track, cli_table_redundancy, cli_table_exec, cli_table_show;

/* What a row's functions are handed. */
struct cli_call {
	struct cli_session *session;
	struct model *model;
	const struct cli_ops *ops;
	const struct cli_row *row;
	const struct cli_args *args;
	struct cli_target within; /* the object of the mode */
	struct cli_target target;
	struct text *out;
	struct cli_action *action; /* exec */
	bool no;		   /* `no` or `default` */
	bool is_default;	   /* `default` */
	bool created;		   /* the object did not exist before */
	bool touched;		   /* the row's function noted the change itself */
	bool loading;		   /* from a file: no notes, no questions, no session */
};

/* Appends "% …\n" and returns false. */
bool cli_refuse(struct cli_call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends a line to what is printed, unless a file is loaded. */
void cli_note(struct cli_call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- Compiled -------------------------------------------------------------------------------------------------------------- */

enum cli_node_kind { NODE_KEYWORD, NODE_VALUE, NODE_CHOICE, NODE_SET, NODE_MARK, NODE_END };

enum cli_type {
	TYPE_NUMBER,
	TYPE_WORD,
	TYPE_LINE,
	TYPE_NAME,
	TYPE_ADDRESS,
	TYPE_HOST,
	TYPE_MASK,
	TYPE_WILDCARD,
	TYPE_INTERFACE,
	TYPE_MAC,
	TYPE_TIME,  /* seconds of the day */
	TYPE_MONTH, /* 1-12 */
	TYPE_IPV6,
	TYPE_IPV6_PREFIX,
	TYPE_COUNT
};

struct cli_node {
	uint8_t kind, type;
	uint8_t slot; /* 0xff: none */
	bool optional;
	uint16_t sibling;	       /* next of its sequence, for writing */
	uint16_t follow;	       /* what is matched next */
	uint16_t branch, branch_count; /* NODE_CHOICE: in syntax.branches */
	uint32_t lo, hi;	       /* range; length; keyword and set: the slot's value is lo */
	const char *text;	       /* keyword, or how a value is shown */
	const char *written;	       /* keyword */
	const char *help;
};

/* One row, ready for matching and writing. */
struct cli_syntax {
	const struct cli_row *row;
	struct cli_node *nodes;
	uint16_t node_count;
	uint16_t *branches;
	uint16_t branch_count;
	uint16_t start;
	const char *slots[CLI_SLOTS_MAX];
	uint8_t slot_count;
	bool has_mark;
	uint8_t field_slots[CLI_FIELDS_MAX]; /* of row->fields; 0xff: none */
};

/* A row, and the letter that its second word begins with when that can only be one keyword; else 0. */
struct cli_start {
	const struct cli_syntax *s;
	char second;
};

/* The rows of one mode, in table order, and in writing order. */
struct cli_mode_rows {
	const struct cli_syntax **all, **written;
	size_t count, written_count;
	/* Rows that can start with a letter; 26: those that start with something else than one keyword. */
	struct cli_start *by_letter[27];
	size_t letter_count[27];
};

struct cli_grammar {
	struct cli_syntax *syntaxes;
	size_t count;
	struct cli_mode_rows modes[MODE_COUNT];
};

/* Compiled at the first call; NULL on exhaustion. A faulty table is a programming error and asserts. */
const struct cli_grammar *cli_grammar(void);

/* --- Matching ---------------------------------------------------------------------------------------------------------------- */

struct cli_word {
	const char *s; /* terminated */
	size_t column, len;
};

/* A line cut into words. The buffer is the caller's and must outlive it. */
struct cli_words {
	const char *line; /* from which .column counts */
	char *copy;
	struct cli_word w[CLI_WORDS_MAX];
	size_t count;
	size_t bad; /* column of a character that no line may hold; SIZE_MAX: none */
	bool ends_in_blank;
};

/* `copy` has room for strlen(line) + 1. False: too many words. */
bool cli_lex(const char *line, char *copy, struct cli_words *out);

/* What values mean depends on: D13. */
struct cli_scope {
	const struct model *model;
	const struct cli_ops *ops;
	bool loading;
	unsigned privilege;
};

enum cli_match_status { MATCH_OK, MATCH_INVALID, MATCH_INCOMPLETE, MATCH_AMBIGUOUS };

struct cli_match {
	enum cli_match_status status;
	size_t column;			 /* how far it came: of the first bad character in the line */
	const struct cli_syntax *syntax; /* MATCH_OK, and all that follows */
	struct {
		uint16_t node, word;
	} path[CLI_WORDS_MAX];	      /* which node took which word */
	size_t path_count, key_count; /* those up to ";" */
	struct cli_args args;
};

/* The matched line in full words; `count` of the path's steps. */
void cli_match_text(const struct cli_match *m, const struct cli_scope *scope, const struct cli_words *words,
	size_t count, struct text *out);

/* Matches words from `first` on against the rows of a mode; `negated`: the words follow `no` or `default`. */
void cli_match(enum cli_mode mode, const struct cli_scope *scope, const struct cli_words *words, size_t first,
	bool negated, struct cli_match *out);

/* What may come after words [first, last): calls `f` for each token, `f(NULL)` once where the line may end.
 * MATCH_OK: some word can follow or the line may end; else what is wrong with the words so far. */
enum cli_match_status cli_next_tokens(enum cli_mode mode, const struct cli_scope *scope,
	const struct cli_words *words, size_t first, size_t last, bool negated,
	void (*f)(const struct cli_node *n, void *arg), void *arg);

/* Is `word` this keyword or a beginning of it? */
bool cli_abbreviates(const char *word, const char *keyword);

/* --- Values (value.c) ------------------------------------------------------------------------------------------------------------ */

/* How many words from `at` on are a value of this node's kind; 0: none, *bad is then the column in the word. */
size_t cli_value_parse(const struct cli_node *n, const struct cli_scope *scope, const struct cli_words *words,
	size_t at, struct cli_value *out, size_t *bad); /* *bad SIZE_MAX: incomplete */
void cli_value_format(const struct cli_node *n, const struct cli_value *v, struct text *out);

/* Named numbers: protocols and ports. */
struct cli_name {
	const char *name;
	uint32_t value;
	const char *help;
};
struct cli_named_type {
	const char *syntax; /* "TCP-PORT" */
	uint32_t hi;
	const struct cli_name *names; /* up to .name NULL */
};
extern const struct cli_named_type cli_named_types[]; /* up to .syntax NULL */

/* The name of a value; NULL when it has none. */
const char *cli_named(const char *syntax, uint32_t value);

/* D13. False: no such interface, and none can be meant. */
bool cli_interface_name(const struct cli_scope *scope, const char *type, const char *unit,
	char out[INTERFACE_NAME_MAX], bool *is_ios);

/* --- Reading and writing objects ----------------------------------------------------------------------------------------------------- */

/* field.c */
void cli_fields_set(
	const struct cli_syntax *s, void *object, const struct cli_args *a); /* a NULL: back to default */
bool cli_fields_get(const struct cli_syntax *s, const void *object, struct cli_args *a);
bool cli_fields_fit(const struct cli_syntax *s, const struct cli_args *a);

/* render.c: the row as a line, without indent and line end. False: a slot that it needs has no value; `out` is as before. */
bool cli_render(const struct cli_syntax *s, const struct cli_args *a, struct text *out);
/* The row for an object, as the running configuration has it. */
bool cli_render_object(const struct cli_syntax *s, const struct cli_target *t, struct text *out);
/* The syntax for people: "standby [<0-4095>] priority <1-255>". */
void cli_syntax_text(const struct cli_syntax *s, struct text *out);

/* --- Lists (lists.c, lists_inner.c) ----------------------------------------------------------------------------------------------------- */

extern const struct cli_list cli_list_isakmp_policies, cli_list_isakmp_keys, cli_list_isakmp_host_keys,
	cli_list_ikev2_proposals, cli_list_ikev2_policies, cli_list_ikev2_keyrings, cli_list_ikev2_peers,
	cli_list_ikev2_profiles, cli_list_transform_sets, cli_list_maps, cli_list_map_entries,
	cli_list_template_entries, cli_list_interfaces, cli_list_standby, cli_list_static_routes,
	cli_list_numbered_rules, cli_list_named_acls, cli_list_acls, cli_list_rules, cli_list_peers,
	cli_list_secondaries, cli_list_tracks, cli_list_secondary_addresses, cli_list_standby_ipv6,
	cli_list_ipv6_addresses, cli_list_matches, cli_list_policy_proposals, cli_list_route_tags,
	cli_list_tracked_objects, cli_list_track_members, cli_list_pairs, cli_list_key_chains,
	cli_list_chain_keys;

/* A numbered list with the sequence numbers 10, 20, 30 …: it is written as `access-list N …`. */
bool cli_acl_is_plain(const struct acl *a);
/* Deletes a crypto map without entries and without `local-address`. */
void cli_list_maps_prune(struct model *m, struct crypto_map *map);

#endif
