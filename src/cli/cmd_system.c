/* Host name, passwords, our own switches, and what every configuration mode has. */
#include <string.h>

#include "cli/session.h"

static enum cli_status run_exit(struct cli_call *c)
{
	if (!c->loading || c->session->depth > 1) /* a file stays in configuration mode to its last line */
		cli_pop_to(c->session, c->session->depth - 1);
	return CLI_OK;
}

static enum cli_status run_end(struct cli_call *c)
{
	cli_pop_to(c->session, c->loading ? 1 : 0); /* a file stays in configuration mode to its last line */
	return CLI_OK;
}

/* Letters that no tool takes for a prompt. */
static bool check_hostname(struct cli_call *c)
{
	const char *name = cli_arg(c->args, "name")->s;

	if (!((name[0] | 0x20) >= 'a' && (name[0] | 0x20) <= 'z'))
		return cli_refuse(c, "Hostname must begin with a letter");
	for (; *name; name++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-", *name))
			return cli_refuse(c, "Hostname contains one or more illegal characters.");
	return true;
}

/* --- enable secret, enable password -------------------------------------------------------------------------------- */

static const uint32_t secret_types[] = {0, 4, 5, 8, 9};
static const uint32_t password_types[] = {0, 6, 7};

/* A hash that no password can ever have would lock everybody out: "$5$…" typed behind 8, a plain text behind 5. */
static bool is_hash_of(unsigned type, const char *text)
{
	switch (type) {
	case 5: return text[0] == '$' && text[1] == '1' && text[2] == '$' && strchr(text + 3, '$');
	case 8:
	case 9:
		return text[0] == '$' && text[1] == (char)('0' + type) && text[2] == '$' &&
			strchr(text + 3, '$');
	default: return true;
	}
}

static bool keep_secret(struct cli_call *c, struct secret *where, const uint32_t *types, bool hash)
{
	const struct cli_value *type = cli_arg(c->args, "type"), *text = cli_arg(c->args, "secret");
	struct secret s = {.set = true, .type = type->set ? (uint8_t)types[type->n] : 0};

	if (!str_copy(s.text, sizeof(s.text), text->s))
		return cli_refuse(c, "Secret is too long");
	if (hash && !is_hash_of(s.type, s.text))
		return cli_refuse(c, "ERROR: The secret you entered is not a valid encrypted secret.");
	if (hash && s.type == 0 && c->ops && c->ops->secret_hash && !c->ops->secret_hash(c->ops->arg, &s))
		return cli_refuse(c, "The secret could not be hashed");
	*where = s;
	return true;
}

static bool show_secret(const struct secret *s, const uint32_t *types, size_t count, struct cli_args *a)
{
	if (!s->set)
		return false;
	for (size_t i = 0; i < count; i++)
		if (types[i] == s->type && (s->type != 0 || types == secret_types))
			cli_put_number(a, "type", (uint32_t)i);
	cli_put_string(a, "secret", s->text);
	return true;
}

static bool set_secret(struct cli_call *c)
{
	return keep_secret(c, &c->model->enable_secret, secret_types, true);
}

static bool unset_secret(struct cli_call *c)
{
	c->model->enable_secret = (struct secret){0};
	return true;
}

static bool get_secret(const struct cli_target *t, struct cli_args *a)
{
	return show_secret(
		&t->model->enable_secret, secret_types, sizeof(secret_types) / sizeof(*secret_types), a);
}

static bool set_password(struct cli_call *c)
{
	return keep_secret(c, &c->model->enable_password, password_types, false);
}

static bool unset_password(struct cli_call *c)
{
	c->model->enable_password = (struct secret){0};
	return true;
}

static bool get_password(const struct cli_target *t, struct cli_args *a)
{
	return show_secret(&t->model->enable_password, password_types,
		sizeof(password_types) / sizeof(*password_types), a);
}

static bool check_route_tag(struct cli_call *c)
{
	uint32_t table = cli_arg(c->args, "table")->n;
	const struct route_tag *other;

	if (c->no)
		return true;
	if (table == ROUTE_TAG_TABLE_IKE)
		return cli_refuse(c,
			"Kernel table %u belongs to the IKE daemon: choose another one from 1 to %u", table,
			ROUTE_TAG_TABLE_MAX);
	vec_each (&c->model->route_tags, i, other)
		if (other->table == table && other->tag != cli_arg(c->args, "tag")->n)
			return cli_refuse(
				c, "Kernel table %u holds the routes of tag %u already", table, other->tag);
	return true;
}

static void note_route_tag(struct cli_call *c)
{
	if (!c->no)
		cli_note(c,
			"%% NOTE: Routes of tag %u keep their distance in table %u and get one more in the "
			"main table",
			cli_arg(c->args, "tag")->n, cli_arg(c->args, "table")->n);
}

/* --- The rows -------------------------------------------------------------------------------------------------------- */

static const uint32_t static_map_modes[] = {false, true};

static const struct cli_row rows[] = {
	{.modes = IN_CONFIGURATION,
		.syntax = "exit",
		.help = "Exit from this configuration mode",
		.flags = CLI_NO_NO,
		.run = run_exit},
	{.modes = IN(CONFIG),
		.syntax = "end",
		.help = "Exit from configure mode",
		.flags = CLI_NO_NO,
		.run = run_end},
	{.modes = IN(CONFIG),
		.syntax = "do LINE/4000",
		.help = "To run exec commands in config mode|Exec Command",
		.flags = CLI_NO_NO},
	{.modes = IN(CONFIG),
		.syntax = "version LINE",
		.help = "Version of the configuration language, ignored|Version",
		.flags = CLI_NO_NO | CLI_PARSE_ONLY,
		.run = NULL,
		.set = NULL},
	{.modes = IN(CONFIG),
		.syntax = "hostname ; WORD/63:name",
		.help = "Set system's network name|This system's network name",
		.rank = 200,
		.fields = {TEXT("name", struct model, hostname)},
		.check = check_hostname},
	{.modes = IN(CONFIG),
		.syntax = "enable secret ; [{0|4|5|8|9}:type] WORD/128:secret",
		.help = "Modify enable password parameters|Assign the privileged level secret|"
			"An UNENCRYPTED password follows|An SHA256 ENCRYPTED secret follows|An MD5 ENCRYPTED "
			"secret follows|"
			"A PBKDF2 ENCRYPTED secret follows|A SCRYPT ENCRYPTED secret follows|The 'enable' "
			"secret",
		.rank = 310,
		.flags = CLI_SECRET | CLI_HASHED,
		.set = set_secret,
		.unset = unset_secret,
		.get = get_secret},
	{.modes = IN(CONFIG),
		.syntax = "enable password ; [{0|6|7}:type] WORD/128:secret",
		.help = "|Assign the privileged level password|An UNENCRYPTED password follows|"
			"An ENCRYPTED password follows|A HIDDEN password follows|The 'enable' password",
		.rank = 320,
		.flags = CLI_SECRET,
		.set = set_password,
		.unset = unset_password,
		.get = get_password},
	{.modes = IN(CONFIG),
		.syntax = "hotswan reverse-route static-maps ; {always|per-sa}:mode",
		.help = "Extensions of this system|Reverse Route Injection|Routes of static crypto maps|"
			"Exist as long as the map is applied|Come and go with the IPsec SAs",
		.rank = 610,
		.fields = {CHOICE("mode", struct model, rri_per_sa, false, static_map_modes)},
		.touches = MODEL_RRI_MODE},
	{.modes = IN(CONFIG),
		.syntax = "hotswan route-tag <1-4294967295>:tag ; table <1-252>:table",
		.help = "|Injected routes of a tag for routing protocols|Tag of set reverse-route tag|"
			"Put them into a kernel table of their own as well|Kernel table",
		.rank = 611,
		.flags = CLI_IDENTITY,
		.list = &cli_list_route_tags,
		.fields = {KEY("tag", struct route_tag, tag), UINT("table", struct route_tag, table)},
		.check = check_route_tag,
		.after = note_route_tag,
		.touches = MODEL_ROUTE_TAG},
	{.modes = IN(CONFIG),
		.syntax = "hotswan compatibility ios-banner",
		.help = "|What other tools know a router by|First line of show version as IOS prints it",
		.rank = 620,
		.fields = {FLAG(NULL, struct model, ios_banner)}},
};
CLI_TABLE(cli_table_system, rows);
