/* Authentication: see auth.h. */
#include "hsrp/auth.h"

#include <string.h>

void hsrp_auth_fill(const struct hsrp_auth *auth, struct hsrp_packet *p)
{
	memset(p->auth, 0, sizeof(p->auth));
	if (auth->kind != HSRP_AUTH_TEXT)
		return;
	for (size_t i = 0; i < sizeof(p->auth) && auth->text[i]; i++)
		p->auth[i] = (uint8_t)auth->text[i];
}

bool hsrp_auth_matches(const struct hsrp_auth *auth, const struct hsrp_packet *p)
{
	struct hsrp_packet expected;
	unsigned differ = 0;

	if (auth->kind != HSRP_AUTH_TEXT || p->has_md5)
		return false;
	hsrp_auth_fill(auth, &expected);
	for (size_t i = 0; i < sizeof(p->auth); i++)
		differ |= (unsigned)(expected.auth[i] ^ p->auth[i]);
	return differ == 0;
}
