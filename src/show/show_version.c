/*
 * show version: asks nobody, so that it always answers at once. Tools begin with it.
 *
 * Begins with our own name (D15). With `hotswan compatibility ios-banner` the first line is the one by which tools know an
 * IOS router, and so is the line about the machine; a line of ours then says whose software this is.
 */
#include "show/view.h"

/* The release whose outputs and defaults this software follows. */
#define IOS_RELEASE "15.9(3)M"

static void print_banner(struct text *out, const struct system_fact *y, bool ios)
{
	if (ios)
		text_printf(out,
			"Cisco IOS Software, hotswan Software (HOTSWAN-UNIVERSALK9-M), Version " IOS_RELEASE
			", RELEASE SOFTWARE (fc1)\n"
			"Compatibility banner: this is hotswan %s\n",
			y->version);
	else
		text_printf(out, "hotswan Software, Version %s\n", y->version);
	if (y->ike_version[0])
		text_printf(out, "IKE by strongSwan charon %s", y->ike_version);
	else
		text_add(out, "IKE by strongSwan charon (does not answer)");
	text_printf(out, ", kernel %s\n\n", y->kernel);
}

/* Only one line may read "… uptime is …": tools take the word before it for the host's name. */
static bool version_text(struct show *s, struct text *out)
{
	const struct facts *f = s->facts;
	const struct system_fact *y = &f->system;
	const char *host = f->model->hostname[0] ? f->model->hostname : "Router";
	bool ios = f->model->ios_banner;
	char uptime[UPTIME_TEXT_MAX];

	print_banner(out, y, ios);
	text_printf(out, "ROM: %s\n\n", y->kernel);
	text_printf(out, "%s uptime is %s\n", host, format_uptime(y->uptime_s, uptime));
	text_printf(out, "System returned to ROM by %s\n", y->started_by[0] ? y->started_by : "power-on");
	text_printf(out, "System image file is \"flash:hotswand-%s\"\n", y->version);
	if (y->config_file[0])
		text_printf(out, "Startup configuration is \"%s\"\n", y->config_file);
	text_printf(out, "Machine was started %s ago\n\n", format_uptime(y->machine_uptime_s, uptime));
	text_printf(out, "%s HOTSWAN (%s) processor (revision 1.0) with %lluK/%lluK bytes of memory.\n",
		ios ? "Cisco" : "hotswan", y->machine, (unsigned long long)(y->memory_kb - y->memory_free_kb),
		(unsigned long long)y->memory_free_kb);
	text_printf(out, "Processor board ID %s\n", y->board_id[0] ? y->board_id : "0");
	text_printf(out, "IPsec data plane: %s\n\n",
		f->missing & FACT_IKE || !f->ike_up ? "not known"
			: f->libipsec		    ? "charon (kernel-libipsec)"
						    : "kernel (XFRM)");
	text_add(out, "Configuration register is 0x2102\n");
	return false;
}

static bool version_json(struct show *s, struct text *out)
{
	const struct system_fact *y = &s->facts->system;
	struct json *j = &s->writer;

	(void)out;
	json_object(j, NULL);
	json_string(j, "software", "hotswan");
	json_string(j, "version", y->version);
	json_string(j, "ike_version", y->ike_version[0] ? y->ike_version : NULL);
	json_bool(j, "libipsec", s->facts->libipsec);
	json_string(j, "kernel", y->kernel);
	json_string(j, "machine", y->machine);
	json_string(j, "hostname", s->facts->model->hostname[0] ? s->facts->model->hostname : "Router");
	json_int(j, "uptime_s", y->uptime_s);
	json_int(j, "machine_uptime_s", y->machine_uptime_s);
	json_uint(j, "memory_kb", y->memory_kb);
	json_string(j, "config_file", y->config_file[0] ? y->config_file : NULL);
	json_object_end(j);
	return false;
}

const struct view view_version = {
	.name = "version",
	.required = FACT_SYSTEM,
	.text = version_text,
	.json = version_json,
};
