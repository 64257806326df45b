/*
 * Inside of a session, shared by the files that run lines.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/grammar.h"

enum {
	FRAMES_MAX = CLI_CONTEXT_MAX + 1,
	FRAME_STRINGS = 512,		/* names in an opening line */
	HOSTNAME_IN_CONFIG_PROMPT = 20, /* IOS cuts it there */
};

/* A mode that the session is in. */
struct frame {
	enum cli_mode mode;
	const struct cli_list *list; /* how its object is found again: it may be deleted meanwhile */
	struct cli_args args;
	char strings[FRAME_STRINGS]; /* what args points to */
	char *opener;		     /* canonical opening line, owned; NULL for the global mode */
	struct kept_line *kept;	     /* MODE_LINE */
	struct cli_target target;    /* valid while a line runs */
};

/* What the next line answers. */
enum question { ASK_NOTHING, ASK_ENABLE, ASK_COPY_NAME, ASK_ERASE, ASK_RELOAD };

/* A transform set that a file names before it defines it, or without. */
struct unresolved {
	unsigned line;
	bool dynamic;
	char map[NAME_MAX_LEN], set[NAME_MAX_LEN];
	uint16_t sequence;
};

struct cli_session {
	struct model *model;
	const struct cli_ops *ops;
	unsigned own_privilege, privilege;
	char origin[64];
	unsigned page_length;
	bool monitor, loading;
	unsigned depth; /* frames in use; 0: exec */
	struct frame frames[FRAMES_MAX];
	enum question question;
	struct cli_action action;
	/* A banner that goes over several lines. */
	struct text banner;
	char banner_kind[16], banner_end[4];
	char copy[CLI_LINE_MAX + 1], pipe_copy[CLI_LINE_MAX + 1];
	/* The last refusal, for the loader: what was wrong without caret. */
	const char *fault;
	size_t fault_column;
	/* Blanks before a line that was refused, + 1; what is indented deeper belongs to it. 0: none. */
	bool left_out; /* the last line was: it stood under a refused one */
	size_t refused_indent;
	/* While a file is loaded. */
	unsigned line;
	struct vec unresolved;	 /* struct unresolved */
	struct cli_lines *lines; /* NULL: not kept */
};

struct cli_scope cli_session_scope(const struct cli_session *s);
void cli_pop_to(struct cli_session *s, unsigned depth);

/* config.c: a line of configuration; words from `first` on. */
enum cli_status cli_config_line(struct cli_session *s, const struct cli_words *words, struct text *out);
bool cli_enter_configuration(struct cli_session *s);
/* Finds the frames' objects again; drops those that are gone. */
void cli_find_frames(struct cli_session *s);
/* Keeps a line without effect among those of a place; *out may be NULL. */
bool cli_keep_line(struct vec *v, uint32_t order, bool negated, const char *text, size_t key_len,
	struct kept_line **out);
uint32_t cli_kept_order(const struct cli_syntax *s);
void cli_journal(struct cli_session *s, unsigned level, const char *line);

/* Notes that the entry of this call names a transform set which may be defined further down; false: exhaustion. */
bool cli_resolve_later(struct cli_call *c, const char *set);

/* exec.c */
enum cli_status cli_exec_line(
	struct cli_session *s, const struct cli_words *words, size_t first, struct text *out);
enum cli_status cli_answer(struct cli_session *s, const char *line, struct text *out);

/* session.c: the caret and its sentence. */
enum cli_status cli_report(struct cli_session *s, const char *line, enum cli_match_status status,
	size_t column, struct text *out);

/* pipe.c */
bool cli_pattern_valid(const char *pattern);

#endif
