/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Channels: how subscribers reach the server. Each has a folder under src/channel/ and a line in the table there.
 *
 *  1. A channel MUST create one turn for each subscriber input and pass it to channel_rx(), which takes ownership.
 *  2. It gets each turn back exactly once, by ops->answer(), immediately or later, and then owns it again.
 *  3. It MUST NOT call channel_rx() from inside answer() or end().
 *  4. It MUST set the turn's limits to what it can really send, and never cut a text itself.
 *  5. It MUST give a retransmitted input the sequence number of the original, or drop it.
 *  6. It MUST accept ops->end() for a peer whose link is gone, and do nothing then.
 *  7. It MUST count and drop malformed input, log it once per kind and interval, and never crash.
 *  8. It MUST NOT log, trace or count the text of a turn: inputs may be secret.
 *  9. It MUST NOT know menu, engine, server or another channel.
 * 10. It MUST call channel_sent() once for each receipt that it was given, immediately or later: when the text has left the process (an
 *     SMSC or SMPP gateway has accepted every part; otherwise its octets were written to the link), or when it can no longer leave, such
 *     as after the link is lost; never when it is only queued. A text in flight when the channel is freed gets no receipt: its fate is
 *     unknown.
 * 11. It MAY answer overload itself when channel_rx() returns -EBUSY. On -EAGAIN it has the network send the text again later: the
 *     conversation's last text is still being processed, or the subscriber texts too often. It still owns the turn then.
 * 12. A channel whose network resends unacknowledged input (TURN_TEXT) MUST NOT acknowledge an input before it has the turn back (and,
 *     with saving set, before ops->save_complete()), or before channel_save_text() was answered with 0. In time it must do
 *     either, or refuse the input temporarily, so that it is sent again. An input that is resent while its turn is open belongs to
 *     that turn: the channel creates no second one. Dialogs (TURN_BEGIN, TURN_CONTINUE) are exempt: there the phone waits for the answer.
 * 13. It MUST set the traits of its network before it is added to the server.
 * 14. It MAY announce each batch of inputs that it reads and handles at once: channel_batch_begin() before the first one, with the time
 *     (monotonic, microseconds) and the earliest time at which any of them may have come; channel_batch_end() after the last one.
 *     \a more: 1 if more are known to wait on its link from then on, -1 if no longer, else 0. The server then handles the answers of
 *     running dialogs before it begins new ones. While \a full is set, the channel MAY refuse a dial of a batch itself, without making
 *     a turn; it counts those by channel_refused(). */
#pragma once

#include "starhash/number.h"
#include "starhash/request.h"
#include "starhash/text.h"

struct channel;
struct conf_row;
struct problems;
struct setting;

/* The other side of a dialog. The first three members identify it; context belongs to the channel: the value of the last turn is saved
 * for end(). Numbers are packed by digits_pack(), so that two different texts are never the same user or session. */
struct peer {
	struct channel *channel;
	uint64_t user;			/* IMSI or MSISDN, packed */
	uint64_t session;		/* the network's dialog id; TURN_TEXT: the short code, packed */
	uint32_t context;
};

enum turn_kind {
	TURN_BEGIN,		/* text: the dialled code */
	TURN_CONTINUE,		/* text: the answer to our last page */
	TURN_GONE,		/* the other side has ended the dialog; answered with ANSWER_NONE */
	TURN_TEXT,		/* text: a short message; the server decides whether it begins or continues a conversation */
};

#define TURN_DIGEST_SIZE 16
#define TURN_PLAIN_MAX 64	/* octets of a text that may be saved */
#define TURN_TEXT_MAX 640	/* 160 octets hold at most 182 GSM-7 characters, each up to 3 octets of UTF-8 */

struct turn {
	struct peer peer;
	enum turn_kind kind;
	struct subscriber subscriber;	/* as far as known to the channel */
	struct text_limits limits;
	char short_code[PACKED_SIZE];	/* TURN_TEXT: the short code that was texted, digits */
	uint32_t sequence;		/* rule 5; 0: unknown to the channel */
	uint32_t reference;		/* TURN_TEXT: the network's message reference; 0: none */
	uint64_t receipt;		/* set by the server before it answers: rule 10; 0: not wanted */
	uint64_t saved_receipt;		/* made by ops->resume_text(): the receipt of its text; else 0 */
	bool saving;		/* set by the server before it answers: ops->save_complete() will follow */
	/* For the server's use while it owns the turn. */
	struct turn *next;	/* the dial that came after it, while both wait */
	int64_t came_us;	/* when a dial that waits came, by the monotonic clock */
	bool is_plain;			/* TURN_TEXT: it contains no secret, and plain is its text */
	uint8_t plain_len;
	char plain[TURN_PLAIN_MAX];
	uint8_t digest[TURN_DIGEST_SIZE];
	uint16_t len;
	char text[TURN_TEXT_MAX];
};

enum answer_kind {
	ANSWER_ASK,		/* send the text and wait for an answer */
	ANSWER_END,		/* send the text and end the dialog */
	ANSWER_NONE,		/* send nothing: the turn was a retransmission, or the other side is gone */
	ANSWER_BUSY,		/* no text: say that we are busy, and end the dialog. Only to a TURN_BEGIN that came in a batch */
};

/* A text that is not an answer to a turn. */
struct channel_text {
	const char *text;
	size_t len;
	const char *sender;		/* sender number or name, where the channel can choose it (-ENOTSUP: not this one); NULL: the
					 * link's own. Answers come in only if it is a number of the link */
	uint32_t reference;		/* resume_text(): the network's number of the message; 0: it has none */
	uint64_t receipt;		/* rule 10; 0: not wanted */
};

/* Timers of a link, for the server, in milliseconds. */
struct channel_timing {
	unsigned int answer_ms;		/* turn deadline */
	unsigned int idle_ms;		/* silence of a subscriber after which a dialog ends */
	unsigned int dialog_ms;	/* whole dialog */
};

struct channel_ops {
	const char *kind;		/* "gsup", "console" */

	/* Send the answer and take back ownership of the turn. */
	void (*answer)(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len);

	/* End a dialog without an open turn, with a last text. */
	void (*end)(struct channel *channel, const struct peer *peer, const char *text, size_t len);

	/* Send a text outside a dialog. 0, -ENOTSUP, -ENOTCONN, -EMSGSIZE; -EBUSY: try again later; -EINVAL: malformed IMSI or number;
	 * -EDESTADDRREQ: the link needs an IMSI, and none is known. After a 0 rule 10 applies. */
	int (*notify)(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text);

	/* Begin a network-initiated dialog: send a text that waits for an answer, which comes as a TURN_CONTINUE of *\a peer, or as a
	 * TURN_GONE when the phone refuses. Returns as notify() does, or -EBUSY when the subscriber is in a dialog. NULL: not supported
	 * by the network. */
	int (*begin)(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text,
		     struct peer *peer);

	/* Channels for short messages; NULL for others. The answer to channel_save_text(): 0 when the text outlives the process, so that it
	 * may be acknowledged; -EPERM: it may be a secret and is not saved; or another -errno. */
	void (*text_saved)(struct channel *channel, struct turn *turn, int rc);

	/* Channels for short messages; NULL for others. The conversation whose last answered turn had saving set now outlives the
	 * process, or never will: all answered texts of \a peer may be acknowledged. */
	void (*save_complete)(struct channel *channel, const struct peer *peer);

	/* Channels for short messages; NULL for others. A text that an earlier process acknowledged but did not answer: create a turn for
	 * it, with \a text's receipt as its saved_receipt, and pass it on. Returns the result of channel_rx(). */
	int (*resume_text)(struct channel *channel, const struct subscriber *subscriber, const char *short_code,
			   const struct channel_text *text);

	/* One line of state for people. Returns the length as snprintf() does. */
	int (*describe)(const struct channel *channel, char *out, size_t size);

	void (*free)(struct channel *channel);
};

/* How a channel differs from a network of USSD dialogs. The server tests each property separately, never the kind of channel. */
struct channel_traits {
	bool may_wait_long;		/* a subscriber may answer hours or days later; elsewhere a question with such a time limit is
					 * sent as a text (S6) */
	bool can_notify;		/* notify() reaches subscribers at any time, also during a dialog: it carries notifications and
					 * late results */
	bool ends_silently;		/* a dialog that is not answered in time, or is open at shutdown, ends without a text, unless its
					 * question promised one */
	bool by_short_code;		/* a peer is an MSISDN and a short code: its dialog may continue on any link of this kind, and
					 * does not exist in the network, where a last text is like any other */
	bool saves_dialogs;		/* implies by_short_code: a waiting dialog outlives the process, and the account store returns it
					 * with the next text */
	bool leaves_phone_free;		/* other texts can arrive during a dialog (F29) */
	bool texts_stay;		/* texts stay on the phone: a changed password needs no extra text (S4) */
};

/* Embedded as first member in each channel's own struct. */
struct channel {
	const struct channel_ops *ops;
	const char *name;		/* from the configuration, unique */
	struct channel_timing timing;
	struct channel_traits traits;
	enum trust trust;		/* what its inputs may do without a one-time code: from the configuration */
	bool limited;			/* inputs per minute and subscriber are limited by the server's settings */
	unsigned int dialogs_share;	/* percent of the server's dialogs that it may use; 0: all */
	unsigned int rate_in;		/* inputs accepted per second; 0: no limit */
	unsigned int duplicate_s;	/* how long its network may resend the same input; 0: the server's default */
	/* set by the server: rule 14 */
	bool full;			/* one more dial would wait for too long */
	void (*batch_begin)(void *rx_user, int64_t now_us, int64_t came_us);
	void (*batch_end)(void *rx_user, int more);
	void (*refused)(void *rx_user, unsigned int dials);
	/* set by the server: takes ownership of the turn and returns 0, or leaves it and returns -EBUSY or -EAGAIN */
	int (*rx)(void *rx_user, struct turn *turn);
	/* set by the server: \a rc is 0, or -errno when the text will never arrive */
	void (*sent)(void *rx_user, uint64_t receipt, int rc);
	/* set by the server: save the text of an open turn; ops->text_saved() answers, immediately or later, unless ops->answer() does */
	void (*save_text)(void *rx_user, struct turn *turn);
	void *rx_user;
};

static inline int channel_rx(struct turn *turn)
{
	struct channel *channel = turn->peer.channel;

	return channel->rx(channel->rx_user, turn);
}

static inline void channel_batch_begin(struct channel *channel, int64_t now_us, int64_t came_us)
{
	if (channel->batch_begin)
		channel->batch_begin(channel->rx_user, now_us, came_us);
}

static inline void channel_batch_end(struct channel *channel, int more)
{
	if (channel->batch_end)
		channel->batch_end(channel->rx_user, more);
}

static inline void channel_refused(struct channel *channel, unsigned int dials)
{
	if (channel->refused)
		channel->refused(channel->rx_user, dials);
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

/* The NULL-terminated table of channels; src/channel/table.c. The configuration of a channel is a group, or a list of groups, named after
 * its kind. */
struct channel_kind {
	const char *kind;
	const struct conf_row *rows;	/* of one group */
	size_t settings_size;		/* of the struct that the rows fill */
	bool can_notify;		/* as the trait of its channels */

	/* Checks that rows cannot express, such as timers in the wrong order. May be NULL. */
	void (*check)(const void *settings, const struct setting *group, struct problems *problems);

	/* The limits of this link: menus are checked against the smallest of all links. */
	struct text_limits (*limits)(const void *settings);

	/* The timers of this link: the account's deadline must be shorter than each answer_ms (F8). */
	struct channel_timing (*timing)(const void *settings);

	/* Store a pointer to the numbering plan in \a settings; the plan outlives them. NULL: the channel reads no numbers. */
	void (*set_plan)(void *settings, const struct numbering_plan *plan);

	/* Create the channel and begin to connect or listen. NULL after logging why. \a settings outlive it. */
	struct channel *(*create)(void *ctx, const void *settings);
};

extern const struct channel_kind *const channel_table[];
