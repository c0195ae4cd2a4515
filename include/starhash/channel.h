/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Channels: the ways in. One folder each under src/channel/ and one line in the table there.
 *
 *  1. A channel MUST make one turn of each subscriber input and hand it over by channel_rx(), which takes it over.
 *  2. It gets each turn back exactly once, by ops->answer(), at once or later, and then owns it again.
 *  3. It MUST NOT call channel_rx() from inside answer() or end().
 *  4. It MUST fill limits with what it can really send, and cut nothing itself.
 *  5. It MUST give a retransmitted input the same sequence number as the first time, or drop it.
 *  6. It MUST accept ops->end() for a peer whose link is gone; it then does nothing.
 *  7. It MUST count and drop what it cannot understand, log it once per kind and interval, and never crash.
 *  8. It MUST NOT log, trace or count the text of a turn: inputs may be secret.
 *  9. It MUST NOT know menu, engine, server or another channel.
 * 10. It MUST call channel_sent() once for each receipt that it was given, at once or later: when the text has left the
 *     process (an SMSC or SMPP gateway has taken every part; else its octets were written to the link), never when it is
 *     only queued, or when it can never leave any more, such as when the link is lost first. What is on its way when the
 *     channel is freed gets no receipt: nobody knows.
 * 11. It MAY answer overload itself when channel_rx() says -EBUSY, and has a text sent again later when it says -EAGAIN:
 *     the conversation's last one is still being worked on, or its subscriber texts too often (it keeps the turn then).
 * 12. A channel whose network sends again what is not acknowledged (TURN_TEXT) MUST NOT acknowledge an input before it has
 *     the turn back (and, where that says keeping, before ops->save_complete()), or before channel_save_text() was answered with 0; in
 *     time it has to do either, or to refuse the input for now, so that it is sent again. An input that comes again while its
 *     turn is open belongs to that turn: the channel makes no second one. Dialogs (TURN_BEGIN, TURN_CONTINUE) are
 *     not concerned: a phone waits for the answer itself.
 * 13. It MUST set the traits of its network before the server gets it. */
#pragma once

#include "starhash/number.h"
#include "starhash/request.h"
#include "starhash/text.h"

struct channel;
struct conf_row;
struct problems;
struct setting;

/* Whom a dialog is with. The first three make its identity; context is the channel's own: what its last turn said is
 * kept for end(). Numbers are packed by digits_pack(), so that no two texts are the same user or session. */
struct peer {
	struct channel *channel;
	uint64_t user;			/* IMSI or MSISDN, packed */
	uint64_t session;		/* the network's number of the dialog; TURN_TEXT: the service number, packed */
	uint32_t context[2];
};

enum turn_kind {
	TURN_BEGIN,		/* text: the dialled code */
	TURN_CONTINUE,		/* text: the answer to our last page */
	TURN_GONE,		/* the dialog is over on the other side; answered with ANSWER_NONE */
	TURN_TEXT,		/* text: a short message; the server knows whether it begins or goes on */
};

#define TURN_DIGEST_SIZE 16
#define TURN_PLAIN_MAX 64	/* octets of a text that may be kept */
#define TURN_TEXT_MAX 640	/* 160 octets of GSM-7 are at most 182 characters of 3 octets */

struct turn {
	struct peer peer;
	enum turn_kind kind;
	struct subscriber subscriber;	/* as far as the channel knows it */
	struct text_limits limits;
	char short_code[PACKED_SIZE];	/* TURN_TEXT: the number that was texted, digits */
	uint32_t sequence;		/* rule 5; 0: the channel cannot tell */
	uint32_t reference;		/* TURN_TEXT: the network's number of the message; 0: it has none */
	uint64_t receipt;		/* set by the server before it answers: rule 10; 0: nobody asks */
	uint64_t saved_receipt;		/* made by ops->resume_text(): the receipt of its text; else 0 */
	bool saving;		/* set by the server before it answers: ops->save_complete() is to come */
	/* The server's own while it has the turn. */
	bool is_plain;			/* TURN_TEXT: it holds no secret, and plain is what was texted */
	uint8_t plain_len;
	char plain[TURN_PLAIN_MAX];
	uint8_t digest[TURN_DIGEST_SIZE];
	uint16_t len;
	char text[TURN_TEXT_MAX];
};

enum answer_kind {
	ANSWER_ASK,		/* show the text and wait for an answer */
	ANSWER_END,		/* show the text, the dialog is over */
	ANSWER_NONE,		/* send nothing: the turn was a retransmission, or nobody is there any more */
};

/* A text that answers nothing. */
struct channel_text {
	const char *text;
	size_t len;
	const char *sender;		/* number or name from which it comes, where the channel can choose (-ENOTSUP: not this
					 * one); NULL: the link's own. An answer to it comes only to a number of the link */
	uint64_t receipt;		/* rule 10; 0: nobody asks */
};

/* What the server needs to know of a way in. Milliseconds. */
struct channel_timing {
	unsigned int answer_ms;		/* turn deadline */
	unsigned int idle_ms;		/* a subscriber's silence that ends a dialog */
	unsigned int dialog_ms;	/* whole dialog */
};

struct channel_ops {
	const char *kind;		/* "gsup", "console" */

	/* Send the answer and take the turn back. */
	void (*answer)(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len);

	/* End a dialog that has no open turn, with a last text. */
	void (*end)(struct channel *channel, const struct peer *peer, const char *text, size_t len);

	/* Show a text to a subscriber who is in no dialog. 0, -ENOTSUP, -ENOTCONN, -EMSGSIZE; -EBUSY: put it off; -EINVAL: the IMSI
	 * or number is malformed; -EDESTADDRREQ: a link that takes an IMSI only was given none. Rule 10 after a 0. */
	int (*notify)(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text);

	/* Begin a dialog ourselves: show a text that waits for an answer, which comes as a TURN_CONTINUE of *\a peer, or as a
	 * TURN_GONE when the phone refuses. Returns as notify() does, or -EBUSY when the subscriber is in a dialog.
	 * NULL: the network cannot do it. */
	int (*begin)(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text,
		     struct peer *peer);

	/* Channels for short messages; NULL for others. The answer to channel_save_text(): 0 when the text outlives the process, so that
	 * it may be acknowledged; -EPERM: it may be a secret, and is not kept; or another -errno. */
	void (*text_saved)(struct channel *channel, struct turn *turn, int rc);

	/* Channels for short messages; NULL for others. The conversation that was last answered with a turn that says keeping
	 * outlives the process now, or never will: all of \a peer's answered texts may be acknowledged. */
	void (*save_complete)(struct channel *channel, const struct peer *peer);

	/* Channels for short messages; NULL for others. A text that an earlier process acknowledged and did not answer: make a
	 * turn of it with \a text's receipt as its kept, and hand it over. Returns what channel_rx() says. */
	int (*resume_text)(struct channel *channel, const struct subscriber *subscriber, const char *service,
			   const struct channel_text *text);

	/* One line of state for people. Returns the length as snprintf() does. */
	int (*describe)(const struct channel *channel, char *out, size_t size);

	void (*free)(struct channel *channel);
};

/* What a channel can do that a network of USSD dialogs cannot. The server asks for each property by itself, never for the kind of
 * channel. */
struct channel_traits {
	bool may_wait_long;		/* a subscriber may answer hours or days later; elsewhere a question with so much time is sent as
					 * a text (S6) */
	bool can_notify;		/* notify() reaches subscribers at any time, also during a dialog: it carries notifications and
					 * late results */
	bool ends_silently;		/* a dialog that is not answered in time, or is open when we stop, ends without a text, unless its
					 * question promised one */
	bool by_short_code;		/* a peer is an MSISDN and a short code: its dialog may go on by any link of this kind, and is none
					 * in the network, where a last text is one like others */
	bool saves_dialogs;		/* by_short_code, too: a dialog that waits outlives the process, and the account store returns it
					 * with the next text */
	bool leaves_phone_free;		/* other texts can be shown during a dialog (F29) */
	bool texts_stay;		/* texts stay on the phone: a changed password needs no other one (S4) */
};

/* Embedded as first member in each channel's own struct. */
struct channel {
	const struct channel_ops *ops;
	const char *name;		/* from the configuration, unique */
	struct channel_timing timing;
	struct channel_traits traits;
	enum trust trust;		/* what its inputs may do by themselves: from the configuration */
	bool limited;			/* each subscriber has so many inputs a minute as the server's settings say */
	unsigned int dialogs_share;	/* percent of the server's dialogs that it may hold; 0: all */
	unsigned int rate_in;		/* inputs a second that are taken; 0: no limit */
	unsigned int duplicate_s;	/* how long its network may send the same input again; 0: the server's own guess */
	/* set by the server: takes the turn over and returns 0, or leaves it and returns -EBUSY or -EAGAIN */
	int (*rx)(void *rx_user, struct turn *turn);
	/* set by the server: 0, or -errno when the text will never arrive */
	void (*sent)(void *rx_user, uint64_t receipt, int rc);
	/* set by the server: keep the text of an open turn; ops->text_saved() answers, at once or later, unless ops->answer() does */
	void (*save_text)(void *rx_user, struct turn *turn);
	void *rx_user;
};

static inline int channel_rx(struct turn *turn)
{
	struct channel *channel = turn->peer.channel;

	return channel->rx(channel->rx_user, turn);
}

static inline void channel_save_text(struct turn *turn)
{
	struct channel *channel = turn->peer.channel;

	channel->save_text(channel->rx_user, turn);
}

static inline void channel_sent(struct channel *channel, uint64_t receipt, int rc)
{
	if (receipt)
		channel->sent(channel->rx_user, receipt, rc);
}

static inline void turn_answer(struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	struct channel *channel = turn->peer.channel;

	channel->ops->answer(channel, turn, kind, text, len);
}

/* The table of channels, ended by NULL; src/channel/table.c. A channel's part of the daemon's configuration is
 * a group, or a list of groups, under its kind's name. */
struct channel_kind {
	const char *kind;
	const struct conf_row *rows;	/* of one group */
	size_t settings_size;		/* of the struct that the rows fill */

	/* What rows cannot say, such as timers in the wrong order. May be NULL. */
	void (*check)(const void *settings, const struct setting *group, struct problems *problems);

	/* The limits of what this link can send: menus are checked against the smallest of all links. */
	struct text_limits (*limits)(const void *settings);

	/* Its timers: the account's deadline must be shorter than each answer_ms (F8). */
	struct channel_timing (*timing)(const void *settings);

	/* Keep the numbering plan in \a settings: it outlives them. NULL: the channel has no numbers to read. */
	void (*set_plan)(void *settings, const struct numbering_plan *plan);

	/* Make it and begin to connect or listen. NULL after a log line that says why. \a settings outlive it. */
	struct channel *(*create)(void *ctx, const void *settings);
};

extern const struct channel_kind *const channel_table[];
