/*
 * Messages between the engine and the hsrp process: SOCK_SEQPACKET, one message a packet.
 *
 * Owns:  the encoding of struct message, both ways (one field list serves both), and its bounds.
 * Never: a socket. Decoding takes any bytes; what it lets through is within the limits of hsrp/hsrp.h.
 *
 * The hsrp process listens, the engine connects; a new connection replaces the old one, and the engine's absence
 * changes nothing. After the connect the engine sends its complete configuration:
 *
 *   engine                                       hsrp
 *     CONFIG_BEGIN                    ----->
 *     CONFIG_INTERFACE*, CONFIG_GROUP* ---->           (an interface before its groups)
 *     CONFIG_CHAIN*                   ----->           (at any place)
 *     CONFIG_END                      ----->     what was not named between begin and end is removed
 *                                     <-----     REPORT (phase CHANGED) for each group, then CONFIG_DONE with the id
 *     CONFIG_INTERFACE, CONFIG_GROUP, CONFIG_CHAIN,
 *     REMOVE_INTERFACE, REMOVE_GROUP  ----->     outside of begin and end: takes effect at once
 *                                     <-----     REPORT, LOG at any time
 *     STATUS_REQUEST id               ----->
 *                                     <-----     STATUS id *, NEIGHBOUR id *, STATUS_END id
 *     COMMAND id                      ----->
 *                                     <-----     COMMAND_DONE id (LEAVE: when all is gone, then the process exits 0)
 *
 * The hsrp process writes its own messages to the journal (stderr); LOG repeats them for the terminals of the engine,
 * which does not write them again. Debug lines come by LOG only, while DEBUG asks for them: the engine writes them.
 */
#ifndef DAEMON_MESSAGES_H
#define DAEMON_MESSAGES_H

#include "hsrp/hsrp.h"

enum {
	MESSAGE_VERSION = 8,
	MESSAGE_MAX = 2048, /* bytes of an encoded message */
	MESSAGE_LOG_MAX = 400,
};

enum message_type {
	/* engine to hsrp */
	MESSAGE_CONFIG_BEGIN = 1,
	MESSAGE_CONFIG_INTERFACE, /* .interface */
	MESSAGE_CONFIG_GROUP,	  /* .group */
	MESSAGE_CONFIG_END,
	MESSAGE_REMOVE_INTERFACE, /* .which: device; its groups go with it */
	MESSAGE_REMOVE_GROUP,	  /* .which: device, group and family */
	MESSAGE_STATUS_REQUEST,	  /* .which: device "" is all interfaces, group < 0 all groups */
	MESSAGE_COMMAND,	  /* .command, and .which inside it */
	/* hsrp to engine */
	MESSAGE_REPORT, /* .report */
	MESSAGE_LOG,	/* .log */
	MESSAGE_STATUS, /* .status */
	MESSAGE_STATUS_END,
	MESSAGE_CONFIG_DONE,
	MESSAGE_COMMAND_DONE, /* .result */
	/* engine to hsrp */
	MESSAGE_CONFIG_CHAIN, /* .chain, a part of it; without keys: it is removed */
	/* hsrp to engine */
	MESSAGE_NEIGHBOUR, /* .neighbour; between STATUS and STATUS_END */
	MESSAGE_TYPE_COUNT
};

enum message_command {
	MESSAGE_COMMAND_RESIGN = 1, /* an active group hands over: Resign, then as if just started; .which */
	MESSAGE_COMMAND_LEAVE,	    /* stop: all groups leave (design of a clean stop), the process exits 0 */
	MESSAGE_COMMAND_KEEP,	    /* exit at once, everything stays in the kernel for the next process */
	MESSAGE_COMMAND_DEBUG,	    /* .which.group: bits of enum hsrp_debug; lines come as LOG of level 7 */
	MESSAGE_COMMAND_SEND_ARP,   /* `standby send arp`; .which */
	MESSAGE_COMMAND_YIELD, /* as RESIGN, for groups whose standby router has the higher priority; .which */
	MESSAGE_COMMAND_CONDITION, /* debug lines of .which only, and of the others so named; "": of all again */
	MESSAGE_COMMAND_COUNT
};

struct message_which {
	char device[HSRP_DEVICE_MAX]; /* "" is all */
	int32_t group;		      /* negative is all */
	uint32_t family;	      /* enum ip_family; IP_NONE is both */
};

struct message {
	uint8_t type; /* enum message_type */
	uint32_t id;  /* chosen by the asker, repeated in the answer; 0 where nobody asked */
	union {
		struct hsrp_interface_config interface;
		struct hsrp_group_config group;
		struct hsrp_chain_config chain;
		struct message_which which;
		struct {
			uint8_t command; /* enum message_command */
			struct message_which which;
		} command;
		struct hsrp_report report;
		struct hsrp_status status;
		struct hsrp_neighbour neighbour;
		struct {
			uint8_t level; /* syslog: 3 error … 7 debug */
			char text
				[MESSAGE_LOG_MAX]; /* "%HSRP-5-STATECHANGE: FastEthernet0/0 Grp 1 state Standby -> Active" */
		} log;
		struct {
			int32_t error; /* 0 or -errno */
		} result;
	};
};

/* Encodes into `buf`; the number of bytes, or -EMSGSIZE when they do not fit, -EINVAL for an unknown type. */
int message_encode(const struct message *m, uint8_t *buf, size_t size);
/* Decodes one packet: 0, -EPROTONOSUPPORT for another version, -EBADMSG for anything else that is not a message. */
int message_decode(struct message *m, const uint8_t *buf, size_t len);

#endif
