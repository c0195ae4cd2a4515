/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Simulates many phones behind one MSC. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/gsup/gsup_link.h"
#include "channel/gsup/ussd_codec.h"
#include "starhash/number.h"
#include "starhash/text.h"
#include "tool/simulator/msc.h"

#define TEXT_MAX 640
#define SESSION_BASE 0x20000000		/* as osmo-msc counts */
#define DIALOGS_MAX 65536
#define DIAL_INVOKE_ID 1

struct dialog {
	uint32_t session;		/* differs each time the slot is reused; 0: free */
	int8_t page;			/* invoke id of the waiting page */
	bool waits;
	char imsi[OSMO_IMSI_BUF_SIZE];
	unsigned int next_free;
};

struct msc {
	struct link_settings settings;
	struct gsup_link *link;
	const struct msc_ops *ops;
	void *user;
	struct dialog *dialogs;
	unsigned int size;
	unsigned int slot_bits;		/* of the session number; the other bits are the generation */
	unsigned int free_first;	/* index; size: none */
	unsigned int generation;
};

static struct dialog *dialog_find(struct msc *msc, uint32_t session)
{
	unsigned int slot = session & ((1u << msc->slot_bits) - 1);

	if (!session || slot >= msc->size || msc->dialogs[slot].session != session)
		return NULL;
	return &msc->dialogs[slot];
}

static struct dialog *dialog_get(struct msc *msc, const char *imsi)
{
	unsigned int slot = msc->free_first;
	struct dialog *dialog;

	if (slot == msc->size)
		return NULL;
	dialog = &msc->dialogs[slot];
	msc->free_first = dialog->next_free;
	dialog->session = SESSION_BASE | (msc->generation++ << msc->slot_bits & (SESSION_BASE - 1)) | slot;
	dialog->waits = false;
	osmo_strlcpy(dialog->imsi, imsi, sizeof(dialog->imsi));
	return dialog;
}

static void dialog_put(struct msc *msc, struct dialog *dialog)
{
	dialog->session = 0;
	dialog->next_free = msc->free_first;
	msc->free_first = dialog - msc->dialogs;
}

static void dialogs_clear(struct msc *msc)
{
	unsigned int i;

	msc->free_first = msc->size;
	for (i = msc->size; i-- > 0;)
		dialog_put(msc, &msc->dialogs[i]);
}

/* ---- sending ---- */

static int session_send(struct msc *msc, const char *imsi, uint32_t session, enum osmo_gsup_session_state state,
			uint8_t *component, int len)
{
	struct gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
		.imsi = digits_pack(imsi),
		.session_state = state,
		.session_id = session,
		.ss_info = component,
		.ss_info_len = len,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_USSD,
	};

	return gsup_link_send(msc->link, &message, 0);
}

static int text_send(struct msc *msc, const struct dialog *dialog, enum osmo_gsup_session_state state,
		     const struct ussd_envelope *envelope, const char *text)
{
	uint8_t component[USSD_COMPONENT_MAX];
	int len = ussd_write(envelope, text, strlen(text), component, sizeof(component));

	return len < 0 ? len : session_send(msc, dialog->imsi, dialog->session, state, component, len);
}

int msc_begin(struct msc *msc, const char *imsi, const char *code, uint32_t *session)
{
	struct ussd_envelope envelope = { USSD_INVOKE, USSD_PROCESS_REQUEST, DIAL_INVOKE_ID, USSD_STRING_MAX };
	struct dialog *dialog = dialog_get(msc, imsi);
	int rc;

	if (!dialog)
		return -EBUSY;
	*session = dialog->session;
	rc = text_send(msc, dialog, OSMO_GSUP_SESSION_STATE_BEGIN, &envelope, code);
	if (rc < 0)
		dialog_put(msc, dialog);
	return rc;
}

int msc_answer(struct msc *msc, uint32_t session, const char *text)
{
	struct ussd_envelope envelope = { USSD_RESULT, USSD_REQUEST, 0, USSD_STRING_MAX };
	struct dialog *dialog = dialog_find(msc, session);

	if (!dialog || !dialog->waits)
		return -ENOENT;
	envelope.invoke_id = dialog->page;
	dialog->waits = false;
	return text_send(msc, dialog, OSMO_GSUP_SESSION_STATE_CONTINUE, &envelope, text);
}

void msc_hang_up(struct msc *msc, uint32_t session)
{
	struct dialog *dialog = dialog_find(msc, session);

	if (!dialog)
		return;
	session_send(msc, dialog->imsi, dialog->session, OSMO_GSUP_SESSION_STATE_END, NULL, 0);
	dialog_put(msc, dialog);
}

static int location_send(struct msc *msc, const char *imsi, enum osmo_gsup_message_type type)
{
	const struct gsup_message message = { .message_type = type, .cn_domain = OSMO_GSUP_CN_DOMAIN_CS, .imsi = digits_pack(imsi) };

	return gsup_link_send(msc->link, &message, 0);
}

int msc_attach(struct msc *msc, const char *imsi)
{
	return location_send(msc, imsi, OSMO_GSUP_MSGT_UPDATE_LOCATION_REQUEST);
}

/* ---- receiving ---- */

static void dialog_failed(struct msc *msc, struct dialog *dialog)
{
	uint32_t session = dialog->session;

	dialog_put(msc, dialog);
	msc->ops->failed(msc->user, session);
}

/* Receive a page, a last text, or an error instead. */
static void dialog_rx(struct msc *msc, struct dialog *dialog, const struct gsup_message *message,
		      const struct ussd_component *component)
{
	uint32_t session = dialog->session;
	char text[TEXT_MAX];
	int len = ussd_text(component, text, sizeof(text));

	if (len < 0 || component->alphabet == USSD_NO_STRING) {
		dialog_failed(msc, dialog);
		return;
	}
	dialog->waits = component->kind == USSD_INVOKE && component->operation == USSD_REQUEST &&
			message->session_state != OSMO_GSUP_SESSION_STATE_END;
	dialog->page = component->invoke_id;
	if (message->session_state == OSMO_GSUP_SESSION_STATE_END)
		dialog_put(msc, dialog);
	msc->ops->page(msc->user, session, text, len, message->session_state != OSMO_GSUP_SESSION_STATE_END);
}

static void notify_rx(struct msc *msc, const struct gsup_message *message, const struct ussd_component *component)
{
	char text[TEXT_MAX], imsi[PACKED_SIZE];
	int len = ussd_text(component, text, sizeof(text));

	digits_unpack(message->imsi, imsi);
	session_send(msc, imsi, message->session_id, OSMO_GSUP_SESSION_STATE_END, NULL, 0);
	if (len >= 0)
		msc->ops->notify(msc->user, imsi, text, len);
}

static void session_rx(struct msc *msc, const struct gsup_message *message)
{
	struct dialog *dialog = dialog_find(msc, message->session_id);
	struct ussd_component component = { 0 };
	size_t pos = 0;

	if (message->ss_info && ussd_read(message->ss_info, message->ss_info_len, &pos, &component) < 0)
		component = (struct ussd_component){ 0 };
	if (dialog)
		dialog_rx(msc, dialog, message, &component);
	else if (message->session_state == OSMO_GSUP_SESSION_STATE_BEGIN && component.operation == USSD_NOTIFY)
		notify_rx(msc, message, &component);
}

static void link_rx(void *data, const struct gsup_message *message)
{
	struct msc *msc = data;
	struct dialog *dialog;
	char imsi[PACKED_SIZE];

	digits_unpack(message->imsi, imsi);
	switch (message->message_type) {
	case OSMO_GSUP_MSGT_PROC_SS_REQUEST:
	case OSMO_GSUP_MSGT_PROC_SS_RESULT:
		session_rx(msc, message);
		break;
	case OSMO_GSUP_MSGT_PROC_SS_ERROR:
		dialog = dialog_find(msc, message->session_id);
		if (dialog)
			dialog_failed(msc, dialog);
		break;
	case OSMO_GSUP_MSGT_INSERT_DATA_REQUEST:
		location_send(msc, imsi, OSMO_GSUP_MSGT_INSERT_DATA_RESULT);
		break;
	case OSMO_GSUP_MSGT_UPDATE_LOCATION_RESULT:
	case OSMO_GSUP_MSGT_UPDATE_LOCATION_ERROR:
		msc->ops->attached(msc->user, imsi,
				   message->message_type == OSMO_GSUP_MSGT_UPDATE_LOCATION_RESULT);
		break;
	default:
		break;
	}
}

static void link_event(void *data, enum link_event event)
{
	struct msc *msc = data;

	if (event == LINK_DOWN)
		dialogs_clear(msc);
	if (event == LINK_UP || event == LINK_DOWN)
		msc->ops->link(msc->user, event == LINK_UP);
}

static const struct gsup_link_ops link_ops = {
	.event = link_event,
	.rx = link_rx,
};

/* ---- life ---- */

struct msc *msc_new(void *ctx, const char *address, uint16_t port, const char *name, unsigned int dialogs,
		    const struct msc_ops *ops, void *user)
{
	struct msc *msc = talloc_zero(ctx, struct msc);

	OSMO_ASSERT(msc);
	msc->ops = ops;
	msc->user = user;
	/* An HLR retains the sessions of an MSC that died for a while, so the next MSC must not reuse their numbers. */
	OSMO_ASSERT(getrandom(&msc->generation, sizeof(msc->generation), 0) == sizeof(msc->generation));
	msc->size = OSMO_MIN(dialogs, DIALOGS_MAX);
	while (1u << msc->slot_bits < msc->size)
		msc->slot_bits++;
	msc->dialogs = talloc_zero_array(msc, struct dialog, msc->size);
	msc->settings = (struct link_settings){
		.name = talloc_strdup(msc, name),
		.address = talloc_strdup(msc, address),
		.port = port,
		.us = talloc_asprintf(msc, "MSC-%s", name),
	};
	OSMO_ASSERT(msc->dialogs);
	dialogs_clear(msc);
	msc->link = gsup_link_new(msc, &msc->settings, &link_ops, msc);
	if (!msc->link)
		TALLOC_FREE(msc);
	return msc;
}

void msc_free(struct msc *msc)
{
	if (!msc)
		return;
	gsup_link_free(msc->link);
	talloc_free(msc);
}
