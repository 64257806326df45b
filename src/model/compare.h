/*
 * The orders in which the model keeps its objects, as vec.h wants them: key against item, negative, 0 or positive.
 *
 * Owns:  what makes two objects the same one, and which comes first in the configuration.
 * Never: is needed outside src/model.
 */
#ifndef MODEL_COMPARE_H
#define MODEL_COMPARE_H

#include "model/model.h"

int model_compare_name(const void *key, const void *item); /* names */
int model_compare_acl(const void *key, const void *item); /* access lists: numbers as numbers, before names */
int model_compare_policy(const void *key, const void *item); /* ISAKMP policies by priority */
int model_compare_key(const void *key, const void *item);    /* pre-shared keys by prefix */
int model_compare_entry(const void *key, const void *item);  /* crypto map entries by sequence number */
int model_compare_chain_key(const void *key, const void *item);
int model_compare_group(const void *key, const void *item);    /* standby groups by number */
int model_compare_sequence(const void *key, const void *item); /* access list rules by sequence number */
int model_compare_route(const void *key, const void *item); /* static routes by prefix, gateway, interface */
int model_compare_route_tag(const void *key, const void *item);
int model_compare_interface(const void *key, const void *item); /* type, then unit numbers as numbers */
int model_compare_content(const void *key, const void *item);	/* access list rules of the same meaning */

#endif
