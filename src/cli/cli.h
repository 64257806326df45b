/*
 * The command line: one grammar table, and the sessions that type it.
 *
 * Owns:  grammar, modes, prompts, help, completion, the running-config writer, the configuration file loader.
 * Never: makes a system call, prints, blocks. Configuration lines change the model at once and note what changed in its
 *        change list; the engine then steps the core. Exec commands come out as an action for the engine to carry out.
 *
 * Texts end their lines in '\n'; the shell makes that "\r\n".
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/text.h"
#include "cli/view.h"
#include "model/model.h"

enum {
	CLI_LINE_MAX = 4096,   /* a longer line is refused */
	CLI_PROMPT_MAX = 128,  /* with the terminator */
	CLI_PATTERN_MAX = 256, /* regular expression behind a pipe */
	CLI_CONTEXT_MAX = 3,   /* modes below the global one, at most */
};

/* --- What the grammar must ask the world ------------------------------------------------------------------------- */

/* All may be NULL: no device exists, a password never matches and is kept as typed, nothing is journalled. */
struct cli_ops {
	/* D13: is there a network device of exactly that name now? */
	bool (*device_exists)(void *arg, const char *name);
	/* Does `typed` match a secret (type 0, 5, 8, 9; hashes by crypt(3))? */
	bool (*secret_matches)(void *arg, const struct secret *s, const char *typed);
	/* Replaces a type 0 secret by its hash; false when hashing failed (the line is then refused). */
	bool (*secret_hash)(void *arg, struct secret *s);
	/* An accepted configuration line (D9): replaying `context` and then `line` in global mode, in the order of the
	 * calls, gives the same model. Contexts are canonical opening lines; `line` may hold newlines (a banner). */
	void (*accepted)(void *arg, const char *const context[], size_t depth, const char *line);
	void *arg;
};

/* --- Actions ------------------------------------------------------------------------------------------------------- */

enum cli_action_kind {
	CLI_DO_NOTHING,
	CLI_DO_SHOW,	     /* .view .show .json: show/show.h prints it */
	CLI_DO_SHOW_RUNNING, /* cli_writer_begin(.show.interface); with the "Building configuration..." head */
	CLI_DO_SHOW_STARTUP,   /* the startup file; with the "Using N out of M bytes" head */
	CLI_DO_SHOW_CLOCK,     /* "*14:32:44.123 UTC Mon Nov 23 2026" */
	CLI_DO_SHOW_USERS,     /* sessions of the engine */
	CLI_DO_SHOW_LOGGING,   /* the last messages, if the engine keeps them */
	CLI_DO_SAVE,	       /* running to startup; prints "Building configuration...\n[OK]\n" */
	CLI_DO_ERASE_STARTUP,  /* after [confirm] was answered */
	CLI_DO_LOAD_STARTUP,   /* copy startup-config running-config: the file's lines on top of what runs */
	CLI_DO_CLEAR_SA,       /* .clear */
	CLI_DO_CLEAR_COUNTERS, /* clear crypto sa counters */
	CLI_DO_SWITCHOVER,     /* redundancy force-switchover: .show.interface ("" all), .show.group(_set) */
	CLI_DO_SEND_ARP,       /* standby send arp: likewise */
	CLI_DO_DEBUG,	       /* .debug .on */
	CLI_DO_SHOW_DEBUG,     /* show debugging */
	CLI_DO_CONDITION, /* debug condition: .on, .show.interface, .show.group(_set); off: .condition, .show.all too */
	CLI_DO_SHOW_CONDITIONS, /* show debug condition */
	CLI_DO_RESTART,		/* hotswan restart, reload: D9 restart, all stays in kernel and charon */
};

enum cli_debug { CLI_DEBUG_ALL, CLI_DEBUG_STANDBY, CLI_DEBUG_CRYPTO };
enum cli_pipe_kind {
	CLI_PIPE_NONE,
	CLI_PIPE_INCLUDE,
	CLI_PIPE_EXCLUDE,
	CLI_PIPE_BEGIN,
	CLI_PIPE_SECTION,
	CLI_PIPE_COUNT
};

struct cli_action {
	enum cli_action_kind kind;
	enum show_view view;
	struct show_args show;
	bool json; /* `| json` */
	enum cli_pipe_kind pipe;
	char pattern[CLI_PATTERN_MAX];
	struct {	  /* what is not set counts for all */
		bool ike; /* clear crypto session, isakmp, ikev2: IKE_SAs with all that hangs on them */
		uint8_t version; /* 1, 2 */
		uint32_t conn_id, spi;
		struct ipaddr local, peer;
		char map[NAME_MAX_LEN];
		char interface[INTERFACE_NAME_MAX];
	} clear;
	enum cli_debug debug;
	uint16_t debug_bits; /* CLI_DEBUG_STANDBY: enum hsrp_debug */
	uint16_t condition;  /* number of one */
	bool on;
};

/* --- Sessions -------------------------------------------------------------------------------------------------------- */

struct cli_session;

enum cli_status {
	CLI_OK,	     /* done; `out` is all there is to print */
	CLI_REFUSED, /* the same, but the line was refused */
	CLI_ACTION,  /* print `out`, then carry out cli_action(), then prompt */
	CLI_CLOSE,   /* print `out` and end the session */
};

/* `privilege` 0 to 15 as the session's user has by himself; below 15, `enable` asks for the secret. `origin` is shown
 * in "Configured from console by …", "! Last configuration change … by"; may be NULL. NULL on exhaustion. */
struct cli_session *cli_session_new(
	struct model *m, const struct cli_ops *ops, unsigned privilege, const char *origin);
void cli_session_free(struct cli_session *s);

/* One line without its end. Appends to `out`. */
enum cli_status cli_line(struct cli_session *s, const char *line, struct text *out);
/* Valid after CLI_ACTION until the next cli_line(). */
const struct cli_action *cli_action(const struct cli_session *s);

/* What to print before the next line: "Router(config)#", or a question ("Password: ", "Destination filename …? "). */
const char *cli_prompt(const struct cli_session *s, char out[CLI_PROMPT_MAX]);
bool cli_asks(
	const struct cli_session *s); /* the prompt is a question: "?" and Tab are ordinary characters */
bool cli_hides_input(const struct cli_session *s); /* … for a secret: no echo */

/* Ctrl-Z: like `end`, without a line in the journal. Ctrl-C: leaves a question, a banner, configuration mode. */
void cli_end(struct cli_session *s);
void cli_break(struct cli_session *s);

/* "?" behind `line`: the list, without prompt and line. */
void cli_help(struct cli_session *s, const char *line, struct text *out);
/* Tab behind `line`: the line with its last word completed, or as it is when that is not possible in one way. */
void cli_complete(struct cli_session *s, const char *line, struct text *out);

unsigned cli_privilege(const struct cli_session *s);
unsigned cli_page_length(const struct cli_session *s); /* `terminal length`; 0: no pager. 24 at first */
void cli_set_page_length(struct cli_session *s, unsigned lines);
bool cli_monitors(const struct cli_session *s); /* `terminal monitor`: wants log messages */
bool cli_in_configuration(const struct cli_session *s);

/* --- Pipes ------------------------------------------------------------------------------------------------------------- */

struct cli_filter;

/* NULL when the action has no pipe, or on exhaustion (then `*failed`). The pattern was checked with the line. */
struct cli_filter *cli_filter_new(const struct cli_action *a, bool *failed);
/* Takes output in pieces of any size; appends what passes. */
void cli_filter_text(struct cli_filter *f, const char *s, size_t n, struct text *out);
void cli_filter_end(struct cli_filter *f, struct text *out); /* the last line, and what `count` says; frees */

/* --- Running configuration ------------------------------------------------------------------------------------------------ */

/*
 * A position in the running configuration. It holds indices only: the model may change between slices, an object is
 * then missed or repeated, nothing worse.
 */
struct cli_writer {
	const struct model *model;
	char only_interface[INTERFACE_NAME_MAX];
	bool begun, done, lines_since_mark;
	unsigned depth, section;
	struct {
		unsigned mode, row;
		size_t at[2];
	} level[CLI_CONTEXT_MAX + 1];
};

/* The whole configuration, or one interface's ("interface FastEthernet0/0" and its lines, then "end"). */
void cli_writer_begin(struct cli_writer *w, const struct model *m, const char *only_interface);
/* Appends about `slice` bytes; true while there is more. The text begins with "version …" and ends with "end\n". */
bool cli_writer_next(struct cli_writer *w, struct text *out, size_t slice);

/* --- Configuration files ----------------------------------------------------------------------------------------------------- */

struct cli_loader;

/* `name` is what errors are reported under. The model is changed line by line; good lines are taken. */
struct cli_loader *cli_loader_new(struct model *m, const struct cli_ops *ops, const char *name);
/* Takes the file in pieces of whole lines or not; errors as "FILE:LINE: reason" lines into `errors`. */
void cli_loader_text(struct cli_loader *l, const char *s, size_t n, struct text *errors);
/* The last line; returns how many lines were refused; frees. */
unsigned cli_loader_end(struct cli_loader *l, struct text *errors);
/* All at once. */
unsigned cli_load(struct model *m, const struct cli_ops *ops, const char *name, const char *s, size_t n,
	struct text *errors);

/* Keeps the lines that are taken with their numbers; NULL: no more. */
struct cli_lines;
void cli_loader_remember(struct cli_loader *l, struct cli_lines *lines);
/* Loads a file and says, at its lines, what the whole names and does not define. How much there is to say, refused lines
 * (*refused) included. */
unsigned cli_check(struct model *m, const struct cli_ops *ops, const char *name, const char *s, size_t n,
	struct text *errors, unsigned *refused);

/* --- From the same table ---------------------------------------------------------------------------------------------------- */

void cli_command_reference(struct text *out); /* doc/commands.md */
void cli_fuzz_dictionary(struct text *out);   /* libFuzzer's format */

#endif
